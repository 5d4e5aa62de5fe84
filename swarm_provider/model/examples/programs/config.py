import json

import swarm_provider as swarm

settings = swarm.Config("settings", data=json.dumps({"theme": "light"}))
swarm.Service(
    "web",
    image="nginx:1.27",
    configs=[{"source": settings, "target": "/etc/app/settings.json"}],
)
