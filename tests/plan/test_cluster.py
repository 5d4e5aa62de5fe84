"""Which swarm a state lives on, and what another one at its address means."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from swarm_provider.plan.ownership.swarm_identity import KEY, NOWHERE, Cluster, Record, record_of, succession

A = Cluster("a", "unix:///run/a.sock", "node-1", 1)
B = Cluster("b", "ssh://ops@b", "node-2", 3, {"ca_file": "ca.pem", "verify": True})
C = Cluster("c", "tcp://c:2376", "node-3", 1)


def read(data: object) -> Record | None:
    return record_of({KEY: data})


@pytest.mark.parametrize("record", [Record(A), Record(B, (A, C))])
def test_record_reads_back_what_it_wrote(record: Record) -> None:
    assert read(record.text) == record


@pytest.mark.parametrize(
    "data",
    [None, 5, NOWHERE, "", "{", "[]", "{}", '{"id": "a"}', '{"id": "a", "address": "x", "managers": "many"}',
     '{"id": "a", "address": "x", "former": [5]}', '{"id": "a", "address": "x", "managers": 1e999}'],
)  # fmt: skip
def test_what_is_no_record_is_none(data: Any) -> None:
    assert read(data) is None
    assert record_of({}) is None


def test_first_swarm_has_no_former_one() -> None:
    assert succession(None, A, [A.address]) == Record(A)


def test_same_swarm_at_another_address_keeps_what_was_before() -> None:
    moved = replace(B, address="ssh://ops@b2")
    assert succession(Record(B, (A,)), moved, ["ssh://ops@b2"]) == Record(moved, (A,))


def test_another_host_of_the_list_leaves_the_record_as_it_is() -> None:
    moved = replace(B, address="ssh://ops@b2")
    assert succession(Record(B, (A,)), moved, ["ssh://ops@b2", B.address]) == Record(B, (A,))


def test_swarm_that_has_got_more_managers_is_not_lost_with_the_first() -> None:
    more = replace(A, managers=3)
    assert succession(Record(A, (C,)), more, [A.address]) == Record(more, (C,))
    other = replace(more, address="tcp://a2:2376", host="node-9")
    assert succession(Record(A), other, [other.address, A.address]) == Record(more)


def test_another_swarm_keeps_the_ones_before_oldest_first() -> None:
    assert succession(Record(B, (A,)), C, [C.address]) == Record(C, (A, B))


def test_return_to_a_swarm_takes_it_out_of_the_former_ones() -> None:
    assert succession(Record(B, (A, C)), A, [A.address]) == Record(A, (C, B))


def test_resource_lives_where_its_mark_says_and_without_one_on_the_first_swarm() -> None:
    record = Record(C, (A, B))
    assert [record.home(mark) for mark in ("b", "c", "", "x")] == ["b", "c", "a", "x"]
    assert Record(C).home("") == "c"
    assert [record.find(id) for id in ("a", "c", "x")] == [A, C, None]


@pytest.mark.parametrize(
    ("old", "lost"),
    [
        (A, True),
        (replace(A, managers=3), False),  # the others have it still
        (replace(A, managers=0), False),
        (replace(A, host="laptop"), False),  # the same path of a socket on another machine
        (replace(A, host=""), False),
        (replace(A, address="unix:///run/other.sock"), False),
        (replace(A, id=""), False),
    ],
)
def test_swarm_is_lost_only_where_its_only_manager_made_a_new_one(old: Cluster, lost: bool) -> None:
    new = replace(A, id="new", host=old.host)
    if old.host == "laptop":
        new = replace(new, host=A.host)
    assert old.is_lost_to(new) is lost
    assert not old.is_lost_to(old)


def test_record_says_nothing_that_is_not_needed() -> None:
    assert set(json.loads(Record(A).text)) == {"id", "address", "host", "managers", "former"}
