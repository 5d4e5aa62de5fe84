import pulumi
import swarm_provider as swarm

settings = pulumi.Config()
shop = swarm.Stack(
    "shop",
    compose_file="shop.yml",
    env={"TAG": settings.require("imageTag")},
    secrets={"db-password": settings.require_secret("dbPassword")},
)
pulumi.export("image", shop.services["db"].image)
