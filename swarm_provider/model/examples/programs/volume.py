import swarm_provider as swarm

data = swarm.Volume("db-data", node="node-1")
swarm.Service(
    "db",
    image="postgres:17",
    volumes=[{"type": "volume", "source": data, "target": "/var/lib/postgresql/data"}],
    deploy={"placement": {"constraints": ["node.hostname == node-1"]}},
)
