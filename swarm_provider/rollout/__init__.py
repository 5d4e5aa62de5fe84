"""Doing and waiting: the only room with loops, sleeps and retries.

What is true of a snapshot is decided in plan; what Docker is called is known in dockerapi.

    diagnose    What a failed task had to say: its last output and its last health check
    interfaces  What this room needs from its neighbours: a swarm to ask, and a clock to wait on
    prune       Remove old versions of families, when nobody needs them any more (plan/families/pruning.py says which)
    remove      Removal that is finished when it says so
    retry       Updates that lost a race: Swarm itself and other people write to the same objects
    waiter      One caller of the watcher: what it waits for, what was seen of it so far, and what it was told
    watch       One watcher for everything that is waited for: services that converge, and services whose tasks go
"""
