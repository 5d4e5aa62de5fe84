"""Which swarm a state lives on, asked of the swarms themselves.

What it means is decided in plan/ownership/swarm_identity.py.

    configuration  What CheckConfig finds out
    homes          Which swarm each resource of a state lives on, and who looks after it there
    marks          The mark in a resource's outputs that says which swarm it lives on (plan/ownership/swarm_identity.py)
    reach          Reaching a swarm by its id, not by its address alone
"""
