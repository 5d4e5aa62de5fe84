"""Whether a rollout is done, on its way or lost, and why; and how a stack stands right now.

Not here: the loop that waits (the room `rollout`).

    causes               Why a rollout does not get on
    health               How a service stands apart from what is asked of it
    history              What was seen of one rollout so far, and what the latest snapshot shows
    spec_drift           Whether a service still is what was sent
    stack_status         How a stack stands right now
    state                Where one rollout stands: what was sent, what is seen, and the readings that the rules share
    terminal_conditions  What waiting does not cure
    verdict              Is a rollout done, on its way, or lost? A pure function of what the daemon shows and what was
                         seen before
"""
