import swarm_provider as swarm

swarm.NodeLabel("raid", node=["node-1", "node-2"], key="storage", value="raid")
swarm.Service(
    "db",
    image="postgres:17",
    deploy={"placement": {"constraints": ["node.labels.storage == raid"]}},
)
