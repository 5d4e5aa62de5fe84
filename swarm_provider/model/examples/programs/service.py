import pulumi
import swarm_provider as swarm

backend = swarm.Network("backend")
web = swarm.Service(
    "web",
    image="nginx:1.27",
    environment={"MODE": "prod"},
    ports=["8080:80"],
    networks=[backend],
    deploy={
        "replicas": 2,
        "update_config": {"order": "start-first"},
        "resources": {"limits": {"memory": "128M"}},
    },
)
pulumi.export("image", web.image)
