"""Decisions. Values in, values out: no I/O, no clock, no random numbers, no environment.

Each folder has one topic. Not here: waiting (rollout), asking Docker (dockerapi), Pulumi's protocol (plugin).

    change/      What differs between what is asked for and what is there, and which tasks an update restarts
    facts/       What Docker's JSON says of services, tasks and nodes, read once for all topics
    families/    Families of configs and secrets: names of versions, which is current, and which may go
    ownership/   Whose an object is, on which swarm, and what people are advised of
    policies/    The rules of the policy pack: what an organisation may forbid that Swarm takes
    rollout/     Whether a rollout is done, on its way or lost, and why; and how a stack stands right now
    scheduling/  Swarm's scheduler, simulated: which tasks will find a node, and what leaves one
"""
