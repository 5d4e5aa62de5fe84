"""Swarm's scheduler, simulated: which tasks will find a node, and what leaves one.

Not here: tasks that an update restarts (change).

    evictions  Which tasks a change of nodes evicts: a drained node, a label that a constraint asks for
    filters    Swarm's scheduler filters: whether a node can take one more task, and the scheduler's words if not
    forecast   The scheduling forecast: which tasks of a service will find a node once a spec is submitted, and why not
    spread     How the scheduler spreads many equal tasks over nodes: by counting, not one task after the other
"""
