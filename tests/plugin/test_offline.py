"""Previews that change nothing, of every kind of resource, and previews without the swarm."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core.values import UNKNOWN, Secret
from tests.support.in_process import HOST, InProcess, Refused
from tests.support.memory_swarm import MemorySwarm

GIVEN: dict[str, dict[str, Any]] = {
    "Service": {"image": "bb:1", "wait": False},
    "Config": {"data": "one"},
    "Secret": {"data": Secret("hunter2-canary")},
    "Network": {},
    "Volume": {"node": "node1"},
    "Node": {"node": "node1", "availability": "pause"},
    "NodeLabel": {"node": "node1", "key": "disk", "value": "ssd"},
}
CHANGED: dict[str, dict[str, Any]] = {
    "Service": {"image": "bb:2"},
    "Config": {"data": "two"},
    "Secret": {"data": Secret("other-canary")},
    "Network": {"attachable": True, "replace": True},
    "Volume": {"name": "other"},
    "Node": {"availability": "drain"},
    "NodeLabel": {"value": "hdd"},
}
kinds = pytest.mark.parametrize("kind", GIVEN)


@kinds
def test_preview_of_a_new_resource_changes_nothing(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    run.create(kind, "x", run.inputs(kind, "x", GIVEN[kind]), preview=True)
    assert swarm.changes == []


@kinds
def test_preview_of_a_change_changes_nothing(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "x", **GIVEN[kind])
    before = len(swarm.changes)
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), preview=True, **{**GIVEN[kind], **CHANGED[kind]})
    assert found.changes
    assert swarm.changes[before:] == []


@kinds
def test_update_after_the_preview_does_what_the_preview_showed(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "x", **GIVEN[kind])
    given: dict[str, Any] = {**GIVEN[kind], **CHANGED[kind]}
    with InProcess(swarm) as preview:
        shown = preview.change(made, preview=True, **given)
    with InProcess(swarm) as later:
        done = later.change(made, **given)
    assert (done.changes, done.replaces) == (shown.changes, shown.replaces)
    promised = {key: value for key, value in shown.made.state.items() if value is not UNKNOWN and key[:2] != "__"}
    assert promised.items() <= done.made.state.items()


@kinds
def test_refresh_changes_nothing(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "x", **GIVEN[kind])
    before = len(swarm.changes)
    with InProcess(swarm) as later:
        assert later.refresh(made).id == made.id
    assert swarm.changes[before:] == []


@kinds
def test_second_up_finds_nothing_to_do(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "x", **GIVEN[kind])
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), **GIVEN[kind])
    assert (found.changes, found.replaces) == ([], [])


@kinds
def test_nobody_who_is_told_anything_reads_a_secret(swarm: MemorySwarm, kind: str) -> None:
    given: dict[str, Any] = {
        **GIVEN[kind],
        **({"environment": {"P": Secret("hunter2-canary")}} if kind == "Service" else {}),
    }
    with InProcess(swarm) as run:
        made = run.make(kind, "x", **given)
        run.change(made, preview=True, **{**given, **CHANGED[kind]})
    assert "canary" not in str([run.said, run.status])


# -------------------------------------------------------------------------------------- offline_preview


@pytest.mark.parametrize("kind", [kind for kind in GIVEN if kind != "Node"])
def test_offline_preview_goes_by_the_state(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "x", **GIVEN[kind])
    with InProcess({}, {"offlinePreview": True, "host": HOST}) as away:
        live = away.refresh(made)
        assert live.inputs == made.inputs
        assert away.change(live, preview=True, **GIVEN[kind]).changes == []
        assert any("offline_preview is set" in text for text in away.texts("warning"))


def test_offline_run_changes_nothing(run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess({}, {"offlinePreview": True, "host": HOST}) as away, pytest.raises(Refused, match="nobody answers"):
        away.destroy(made)


def test_swarm_that_does_not_answer_is_one_error(run: InProcess) -> None:
    made = [run.make("Config", name, data=name) for name in ("a", "b")]
    with InProcess({}) as away:
        with pytest.raises(Refused, match="nobody answers"):
            away.refresh(made[0])
        # the others need not say it again
        assert away.refresh(made[1]).state == made[1].state


def test_labels_that_look_like_ours_are_told_once(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("config", {"Name": "odd", "Data": "eA==", "Labels": {"swarm-provider.sequence": "many"}})
    for name in ("a", "b"):
        run.inputs("Config", name, {"data": name})
        run.inputs("Service", name, {"image": "bb:1", "configs": [name]})
    assert len([text for text in run.texts("warning") if "'odd'" in text]) == 1
