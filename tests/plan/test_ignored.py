from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core.values import Secret
from swarm_provider.model import RESOURCES
from swarm_provider.plan.change.ignored_changes import misplaced

SHAPE = RESOURCES["swarm:index:Service"].shape


def port(published: int, target: int) -> dict[str, Any]:
    return {"published": published, "target": target}


def test_value_of_a_removed_entry_is_told_where_it_has_gone() -> None:
    # the program wants 9101:81; Pulumi has put the first entry's value there
    (told,) = misplaced(SHAPE, {"ports": [port(9100, 80), port(9101, 81)]}, {"ports": [port(9100, 81)]}, PUBLISHED)
    assert told.startswith('ignore_changes "ports[*].published" keeps values by their position in the list:')
    assert "ports[0] (target 81) has the value of another entry, the former ports[0] (target 80)" in told


PUBLISHED = ["ports[*].published"]


@pytest.mark.parametrize(
    ("old", "new", "ignored"),
    [
        ({"ports": [port(1, 80)]}, {"ports": [port(1, 80), port(2, 81)]}, PUBLISHED),
        ({"ports": [port(1, 80), port(2, 81)]}, {"ports": [port(1, 80)]}, PUBLISHED),
        ({"ports": [port(1, 80)]}, {"ports": []}, PUBLISHED),
        ({"ports": [port(1, 80), port(2, 81)]}, {"ports": [port(3, 81)]}, ["ports[1].published", "deploy.replicas"]),
        ({"dns": ["1.1.1.1"]}, {"dns": ["1.1.1.1"]}, ["dns[*]"]),
        (
            {"labels": {"a": "1"}},
            {"labels": {"a": "1", "b": "2"}},
            ["labels[*]", 'labels["a"]', "labels.b", "nothing.x"],
        ),
    ],
)
def test_entry_that_keeps_its_own_value_is_not_told(old: Any, new: Any, ignored: list[str]) -> None:
    assert misplaced(SHAPE, old, new, ignored) == []


def test_one_position_is_told_as_all_of_them() -> None:
    old, new = {"ports": [port(1, 80), port(2, 81)]}, {"ports": [port(1, 81)]}
    assert len(misplaced(SHAPE, old, new, ["ports[0].published"])) == 1


def test_lists_below_objects_are_looked_at() -> None:
    def of(*names: str) -> dict[str, Any]:
        return {"deploy": {"placement": {"constraints": list(names)}}}

    (told,) = misplaced(SHAPE, of("a==1", "b==2"), of("a==1"), ["deploy.placement.constraints[*]"])
    assert "deploy.placement.constraints had 2 entries and has 1 now" in told


def test_secret_entries_are_looked_into() -> None:
    old, new = {"ports": Secret([port(1, 80), port(2, 81)])}, {"ports": [Secret(port(1, 81))]}
    assert len(misplaced(SHAPE, old, new, PUBLISHED)) == 1
