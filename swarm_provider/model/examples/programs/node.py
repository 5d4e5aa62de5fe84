import swarm_provider as swarm

swarm.Node("maintenance", node="node-2", availability="drain")
