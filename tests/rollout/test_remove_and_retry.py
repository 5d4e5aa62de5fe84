"""Removals that meet what Swarm is still working on, and updates that lose a race.

The daemon's refusals are scripted, in its own words: these races cannot be made at will. tests/rollout/test_live.py
does the same against real engines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from swarm_provider.errors import (
    Cancelled,
    Conflict,
    ConnectionFailed,
    DockerError,
    NotFound,
    OutOfSequence,
    RolloutFailed,
)
from swarm_provider.rollout.remove import remove_network, remove_object, remove_service
from swarm_provider.rollout.retry import ATTEMPTS, restart_update, update_with_retry
from tests.rollout.replay import VirtualClock

Json = dict[str, Any]
IN_USE = DockerError("rpc error: code = FailedPrecondition desc = network n1 is in use by service s1", status=400)
CONFIG_IN_USE = Conflict("config 'app-1' is in use by the following service: todo_web", status=400)
NETWORK_GOING = DockerError("network n1 not found", status=500)
NO_LEADER = DockerError("rpc error: code = Unknown desc = The swarm does not have a leader", status=503)


class Daemon:
    """Answers each call with the next of its answers; the last one again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self._answers = answers
        self.calls: list[tuple[Any, ...]] = []

    def _next(self, call: str, *args: Any) -> Any:
        self.calls.append((call, *args))
        answers = self._answers[call]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def remove(self, kind: str, name_or_id: str) -> Any:
        return self._next("remove", kind, name_or_id)

    async def list(self, kind: str, *, bypass_cache: bool = False) -> Any:
        return self._next(f"list_{kind}")

    async def tasks(self, *, service_ids: Any = None) -> Any:
        return self._next("tasks")

    async def inspect(self, kind: str, name_or_id: str) -> Any:
        return self._next("inspect", kind, name_or_id)

    async def update(self, kind: str, id: str, version: int, spec: Json, **options: Any) -> Any:
        return self._next("update", version, spec)


def _run(work: Callable[..., Any], daemon: Daemon, *args: Any, **settings: Any) -> Any:
    return asyncio.run(work(daemon, *args, clock=VirtualClock(), **settings))


# ------------------------------------------------------------------------------------------------ removals


def test_network_in_use_is_removed_when_it_is_free() -> None:
    said: list[str] = []
    daemon = Daemon(remove=[IN_USE, IN_USE, True], list_network=[[{"Id": "n1"}], []])
    assert _run(remove_network, daemon, "n1", name="todo_default", progress=said.append) is True
    assert said == [
        "network todo_default: rpc error: code = FailedPrecondition desc = network n1 is in use by service s1",
        "network todo_default: waiting for its removal",
    ]


def test_network_is_not_gone_before_it_is_off_the_list() -> None:
    daemon = Daemon(remove=[True], list_network=[[{"Id": "n1"}], [{"Id": "n1"}], [{"Id": "n2"}]])
    assert _run(remove_network, daemon, "n1")
    assert [call[0] for call in daemon.calls] == ["remove", "list_network", "list_network", "list_network"]


def test_network_that_swarm_is_removing_already_is_waited_for() -> None:
    daemon = Daemon(remove=[NETWORK_GOING], list_network=[[{"Id": "n1"}], []])
    assert _run(remove_network, daemon, "n1") is False


def test_network_that_stays_in_use_is_an_error_that_says_by_whom() -> None:
    with pytest.raises(RolloutFailed, match=r"network back cannot be removed; still after 5 s: .*in use by service s1"):
        _run(remove_network, Daemon(remove=[IN_USE]), "n1", name="back", timeout=5)


def test_network_that_stays_listed_is_an_error() -> None:
    daemon = Daemon(remove=[True], list_network=[[{"Id": "n1"}]])
    with pytest.raises(RolloutFailed, match="network back: removal accepted, but the network still exists after 5 s"):
        _run(remove_network, daemon, "n1", name="back", timeout=5)


def test_config_in_use_is_removed_when_it_is_free() -> None:
    said: list[str] = []
    daemon = Daemon(remove=[CONFIG_IN_USE, True])
    assert _run(remove_object, daemon, "config", "c1", name="app-1", progress=said.append) is True
    assert said == ["config app-1: config 'app-1' is in use by the following service: todo_web"]


def test_object_that_was_gone_already_is_no_error() -> None:
    assert _run(remove_object, Daemon(remove=[False]), "secret", "s1") is False


def test_removal_outlives_an_election_of_managers() -> None:
    said: list[str] = []
    daemon = Daemon(remove=[NO_LEADER, ConnectionFailed("no manager answers"), True])
    assert _run(remove_object, daemon, "secret", "s1", progress=said.append) is True
    assert said[-1] == "secret s1: no response from the swarm, retrying (no manager answers)"


def test_removal_without_a_manager_ends_after_a_minute() -> None:
    daemon = Daemon(remove=[ConnectionFailed("no manager answers")])
    with pytest.raises(ConnectionFailed):
        _run(remove_service, daemon, "s1", timeout=600)
    assert 40 < len(daemon.calls) < 60


def test_update_outlives_a_daemon_that_restarts() -> None:
    live = {"ID": "s1", "Version": {"Index": 7}, "Spec": {"Name": "web"}}
    daemon = Daemon(inspect=[ConnectionFailed("refused"), live], update=[ConnectionFailed("closed"), ["a warning"]])
    done = _run(update_with_retry, daemon, "service", "s1", lambda found: {**found["Spec"], "Labels": {}})
    assert done is not None and done.warnings == ("a warning",)
    assert [call[0] for call in daemon.calls] == ["inspect", "inspect", "update", "inspect", "update"]


def test_refusal_for_another_reason_is_not_repeated() -> None:
    daemon = Daemon(remove=[DockerError("permission denied", status=403)])
    with pytest.raises(DockerError, match="permission denied"):
        _run(remove_object, daemon, "secret", "s1")
    assert len(daemon.calls) == 1


def test_cancelled_removal_stops_waiting() -> None:
    async def run() -> None:
        stop = asyncio.Event()
        stop.set()
        daemon: Any = Daemon(remove=[IN_USE])
        with pytest.raises(Cancelled, match="network back"):
            await remove_network(daemon, "n1", name="back", cancelled=stop, clock=VirtualClock())

    asyncio.run(run())


def _task(state: str, desired: str = "remove", node: str = "node1", service: str = "s1") -> Json:
    return {
        "ID": "t1",
        "ServiceID": service,
        "NodeID": node,
        "Slot": 2,
        "DesiredState": desired,
        "Status": {"State": state},
    }


UP = [{"ID": "node1", "Status": {"State": "ready"}, "Description": {"Hostname": "node-b"}}]
DOWN = [{"ID": "node1", "Status": {"State": "down"}, "Description": {"Hostname": "node-b"}}]


def test_service_without_tasks_is_gone_after_a_look_at_the_tasks_alone() -> None:
    daemon = Daemon(remove=[True], tasks=[[_task("running", service="s2")]])
    assert _run(remove_service, daemon, "s1") is True
    assert [call[0] for call in daemon.calls] == ["remove", "tasks"]


def test_service_is_gone_when_its_containers_are() -> None:
    said: list[str] = []
    daemon = Daemon(
        remove=[True],
        list_service=[[]],
        list_node=[UP],
        tasks=[[_task("running")], [_task("running")], [_task("shutdown")]],
    )
    assert _run(remove_service, daemon, "s1", name="todo_web", progress=said.append) is True
    assert said == ["1 stopping (todo_web.2 on node-b)"]
    assert sum(call[0] == "tasks" for call in daemon.calls) == 3


def test_containers_on_a_lost_node_are_not_waited_for() -> None:
    daemon = Daemon(remove=[True], list_service=[[]], list_node=[DOWN], tasks=[[_task("running")]])
    assert _run(remove_service, daemon, "s1") is True


def test_container_that_does_not_stop_is_an_error_that_names_it() -> None:
    daemon = Daemon(remove=[True], list_service=[[]], list_node=[UP], tasks=[[_task("running")]])
    with pytest.raises(RolloutFailed, match=r"todo_web: timed out after 30 s \(1 stopping \(todo_web.2 on node-b"):
        _run(remove_service, daemon, "s1", name="todo_web", timeout=30)


# ------------------------------------------------------------------------------------------------- updates


def _live(index: int, label: str) -> Json:
    return {"ID": "s1", "Version": {"Index": index}, "Spec": {"Name": "web", "Labels": {"a": label}}}


def test_lost_race_is_repeated_on_top_of_the_newer_spec() -> None:
    daemon = Daemon(
        inspect=[_live(7, "x"), _live(9, "y")], update=[OutOfSequence("update out of sequence"), ["old image"]]
    )

    def change(live: Json) -> Json:
        return {**live["Spec"], "Labels": {**live["Spec"]["Labels"], "b": "1"}}

    updated = _run(update_with_retry, daemon, "service", "s1", change)
    sent = [call for call in daemon.calls if call[0] == "update"]
    assert sent == [
        ("update", 7, {"Name": "web", "Labels": {"a": "x", "b": "1"}}),
        ("update", 9, {"Name": "web", "Labels": {"a": "y", "b": "1"}}),
    ]
    assert updated.version_index == 10
    assert updated.warnings == ("old image",)


def test_change_that_is_not_needed_any_more_is_not_sent() -> None:
    daemon = Daemon(inspect=[_live(7, "x")], update=[None])
    assert _run(update_with_retry, daemon, "service", "s1", lambda live: None) is None
    assert all(call[0] != "update" for call in daemon.calls)


def test_races_that_are_always_lost_end() -> None:
    daemon = Daemon(inspect=[_live(7, "x")], update=[OutOfSequence("update out of sequence")])
    with pytest.raises(OutOfSequence):
        _run(update_with_retry, daemon, "service", "s1", lambda live: dict(live["Spec"]))
    assert sum(call[0] == "update" for call in daemon.calls) == ATTEMPTS


def test_update_of_what_does_not_exist_says_so() -> None:
    with pytest.raises(NotFound, match="config c1 does not exist"):
        _run(update_with_retry, Daemon(inspect=[None]), "config", "c1", lambda live: live)


def test_refused_update_is_not_repeated() -> None:
    daemon = Daemon(inspect=[_live(7, "x")], update=[DockerError("invalid mount", status=400)])
    with pytest.raises(DockerError, match="invalid mount"):
        _run(update_with_retry, daemon, "service", "s1", lambda live: dict(live["Spec"]))
    assert sum(call[0] == "update" for call in daemon.calls) == 1


def test_update_begun_anew_leaves_the_spec_as_it_was() -> None:
    plain = {"ID": "s1", "Version": {"Index": 7}, "Spec": {"Name": "web", "UpdateConfig": {"Delay": 5, "Order": "x"}}}
    nudged = {**plain, "Version": {"Index": 8}, "Spec": {"Name": "web", "UpdateConfig": {"Delay": 6, "Order": "x"}}}
    daemon = Daemon(inspect=[plain, plain, nudged], update=[None])
    _run(restart_update, daemon, "s1")
    assert [call for call in daemon.calls if call[0] == "update"] == [
        ("update", 7, nudged["Spec"]),
        ("update", 8, plain["Spec"]),
    ]


def test_spec_that_somebody_changed_meanwhile_is_not_taken_back() -> None:
    plain = {"ID": "s1", "Version": {"Index": 7}, "Spec": {"Name": "web", "UpdateConfig": {"Delay": 5}}}
    other = {**plain, "Version": {"Index": 9}, "Spec": {"Name": "web", "UpdateConfig": {"Delay": 100}}}
    daemon = Daemon(inspect=[plain, plain, other], update=[None])
    _run(restart_update, daemon, "s1")
    assert sum(call[0] == "update" for call in daemon.calls) == 1
