"""Which entries of two lists are the same: as if each were looked for by itself, at the cost of one look."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.convert.list_matching import _KEYS, _identity, pairs
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change.property_diff import changes

PORTS = st.fixed_dictionaries(
    {"target": st.sampled_from([80, 81, UNKNOWN])},
    optional={"published": st.sampled_from([1, 2, 3]), "protocol": st.sampled_from(["tcp", "udp"])},
)
LISTS = st.lists(st.one_of(PORTS, PORTS.map(Secret), st.just(UNKNOWN)), max_size=7)


def one_by_one(left: list[Any], right: list[Any]) -> list[tuple[int, int]]:
    """Each entry of the right is given the first of the left that is free and has its identity."""
    found = []
    free_left, free_right = list(range(len(left))), list(range(len(right)))
    for key in _KEYS["ports"]:
        for there in list(free_right):
            wanted = _identity(key, right[there])
            here = next((i for i in free_left if wanted is not None and _identity(key, left[i]) == wanted), None)
            if here is not None:
                found.append((here, there))
                free_left.remove(here)
                free_right.remove(there)
    return sorted(found, key=lambda pair: pair[1])


@given(LISTS, LISTS)
def test_pairs_are_those_of_a_search_one_by_one(left: list[Any], right: list[Any]) -> None:
    assert pairs("ports", left, right) == one_by_one(left, right)


def test_what_is_no_plain_value_is_paired_too() -> None:
    assert pairs("volumes", [{"target": ["odd"]}], [{"target": ["odd"]}]) == [(0, 0)]


def test_lists_of_thousands_are_compared_in_a_moment() -> None:
    def ports(numbers: range) -> dict[str, Any]:
        return {"ports": [{"target": n, "published": n, "protocol": "tcp", "mode": "ingress"} for n in numbers]}

    began = time.process_time()
    assert len(changes(SERVICE.shape, ports(range(1, 6000)), ports(range(2, 6001)))) == 2
    words = [f"CAP_{n}" for n in range(6000)]
    assert changes(SERVICE.shape, {"capAdd": words}, {"capAdd": words[::-1]}) == []
    assert len(changes(SERVICE.shape, {"capAdd": words}, {"capAdd": words[1:]})) == 1
    # one by one it took more than a minute
    assert time.process_time() - began < 10
