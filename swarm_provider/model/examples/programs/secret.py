import pulumi
import swarm_provider as swarm

password = swarm.Secret("db-password", data=pulumi.Config().require_secret("dbPassword"))
swarm.Service(
    "db",
    image="postgres:17",
    environment={"POSTGRES_PASSWORD_FILE": "/run/secrets/db-password"},
    secrets=[{"source": password, "target": "db-password"}],
)
