"""The rules of the policy pack: what an organisation may forbid that Swarm takes. Pure.

What Swarm refuses is no rule here (model/rules), and advice is asked of plan/ownership, which has it for everybody.

    parameters  What a rule can be told: the schema of each of its parameters, with its default
    services    The rules on one service or config, and what they say
    stacks      The rules on all resources of a program together
"""
