"""What Docker's JSON says of services, tasks and nodes, read once for all topics.

No judgement here: only reading.

    constraints  Placement constraints as Swarm reads them: which nodes may run a task
    tasks        What a service, its tasks and the nodes say in Docker's API JSON, in words that a verdict can use
"""
