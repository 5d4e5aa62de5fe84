"""Which changes of mounts leave a service without the data that it had."""

from __future__ import annotations

import pytest

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.change.volume_data import EmptyStart, describe, other_options, starting_empty


def service(source: object, target: str = "/data", type_: str = "volume") -> Json:
    mount = {"type": type_, "target": target}
    return {"volumes": [mount if source is None else {**mount, "source": source}]}


def test_renamed_volume_starts_empty_and_both_names_are_told() -> None:
    (found,) = starting_empty(service("old"), service("new"))
    assert found == EmptyStart("/data", "old", "new")
    assert "/data starts empty" in describe(found)
    assert "'old'" in describe(found) and "'new'" in describe(found)


def test_named_volume_that_becomes_anonymous_starts_empty() -> None:
    (found,) = starting_empty(service("old"), service(None))
    assert "an anonymous volume" in describe(found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (service("same"), service("same")),
        (service("old"), service("new", target="/other")),
        (service(None), service("new")),
        (service("old"), {}),
        ({}, service("new")),
        (service("old"), service(UNKNOWN)),
        (service("old"), {"volumes": UNKNOWN}),
        (service("/srv/old", type_="bind"), service("/srv/new", type_="bind")),
    ],
)
def test_mounts_that_lose_no_data_are_not_spoken_of(old: Json, new: Json) -> None:
    assert starting_empty(old, new) == []


def driven(name: str, **options: object) -> Json:
    return {"volumes": [{"type": "volume", "source": name, "target": "/data", "volume": options}]}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (driven("v", driver="nfs", driverOpts={"a": "1"}), driven("v", driver="nfs", driverOpts={"a": "2"}), ["v"]),
        (driven("v", driver="nfs"), driven("v"), ["v"]),
        (driven("v"), driven("v", driver="local"), []),
        (driven("v"), driven("v", labels={"a": "b"}, nocopy=True), []),
        (driven("v", driver="nfs"), driven("w", driver="other"), []),
        (driven("v", driver="nfs"), {}, []),
        (driven("v", driverOpts={"device": "a"}), driven("v", driverOpts={"device": UNKNOWN}), []),
        (driven("v", driver="nfs"), driven("v", driver=UNKNOWN), []),
    ],
)
def test_volumes_whose_options_change_under_the_same_name_are_found(old: Json, new: Json, expected: list[str]) -> None:
    assert list(other_options(old, new)) == expected
