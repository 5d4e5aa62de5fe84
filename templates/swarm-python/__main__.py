"""${DESCRIPTION}"""

import pulumi

import swarm_provider as swarm

settings = pulumi.Config()
stack = swarm.Stack("${PROJECT}", compose_file="compose.yml", env={"IMAGE": settings.require("image")})

pulumi.export("images", {key: service.image for key, service in stack.services.items()})
