"""Families of configs and secrets: names of versions, which is current, and which may go.

Not here: who owns them (ownership).

    naming   Families of configs and secrets: names of versions, and which version is current
    pruning  Which old versions of a family may be removed
"""
