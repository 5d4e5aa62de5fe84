"""How the scheduler spreads many equal tasks over nodes: by counting, not one task after the other. Pure.

Each task goes to the node with the fewest tasks of its service, of those to the one with the fewest tasks at all. A
node that refuses one such task refuses all that follow, so what it takes is a number (its room), and the tasks rise
over the nodes like water over a floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swarm_provider.core import Json
from swarm_provider.plan.scheduling.filters import NodeUsage, TaskRequirements, room


def spread(
    requirements: TaskRequirements, nodes: Sequence[Json], here: Mapping[str, NodeUsage], wanted: int
) -> dict[str, int]:
    """Return how many of `wanted` tasks each node gets; fewer in all where the nodes have no room for more.

    Args:
        requirements: what one task asks of its node.
        nodes: as in GET /nodes; of equal ones the first gets the task.
        here: what the tasks on each node take, by its id.
        wanted: how many tasks have to find a node.
    """
    rooms = {node["ID"]: room(requirements, node, here[node["ID"]], wanted) for node in nodes}
    rooms = {id: most for id, most in rooms.items() if most}
    if sum(rooms.values()) <= wanted:
        return rooms
    have = {id: here[id].of(requirements.service) for id in rooms}

    def filled_to(level: int) -> dict[str, int]:
        return {id: min(most, max(0, level - have[id])) for id, most in rooms.items()}

    # the highest level that the tasks reach on every node with room
    low, high = min(have.values()), max(have.values()) + wanted + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sum(filled_to(middle).values()) <= wanted else (low, middle)
    placed = filled_to(low)
    left = wanted - sum(placed.values())
    next_ones = [id for id in rooms if have[id] + placed[id] == low and placed[id] < rooms[id]]
    for id in sorted(next_ones, key=lambda id: here[id].tasks + placed[id])[:left]:
        placed[id] += 1
    return {id: count for id, count in placed.items() if count}
