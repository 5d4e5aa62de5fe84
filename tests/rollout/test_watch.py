"""The watcher over recorded rollouts: how often it asks, what it says, and how it ends."""

from __future__ import annotations

import asyncio
import copy
import itertools
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

import pytest

from swarm_provider.core.foreign import shown
from swarm_provider.core.masking import SecretFilter
from swarm_provider.errors import Cancelled, ConnectionFailed, DockerError, RolloutFailed
from swarm_provider.rollout.waiter import Outcome
from swarm_provider.rollout.watch import Watcher
from tests.plan.streams import Stream, load
from tests.rollout.replay import Replay, VirtualClock


async def _converge(
    swarm: Replay, clock: VirtualClock, stream: Stream, secrets: Iterable[str] = (), **settings: Any
) -> Outcome:
    return await Watcher(swarm, clock, SecretFilter(secrets)).converge(
        swarm.ids()[0], stream.sent, int(stream.json["version_index"]), **settings
    )


def _start(*names: str) -> tuple[VirtualClock, Replay, list[Stream]]:
    clock = VirtualClock()
    streams = [load(name) for name in names]
    return clock, Replay(clock, *streams), streams


def _copies(stream: Stream, count: int) -> list[Stream]:
    """The same rollout as if of many services."""
    copies = []
    for number in range(count):
        text = copy.deepcopy(stream.json)
        for look in text["looks"]:
            if look.get("service"):
                look["service"] = {**look["service"], "ID": f"service{number}"}
            look["tasks"] = [
                {**task, "ServiceID": f"service{number}", "ID": f"{task['ID']}{number}"}
                for task in look.get("tasks", [])
            ]
        copies.append(Stream(text))
    return copies


def test_service_that_runs_gives_its_last_state() -> None:
    clock, swarm, (stream,) = _start("1.41-create")
    outcome = asyncio.run(_converge(swarm, clock, stream))
    assert outcome.text == "2/2 running"
    assert outcome.service["Spec"]["Name"] == stream.sent["Name"]


def test_progress_is_said_once_per_change() -> None:
    clock, swarm, (stream,) = _start("1.41-update-with-delay")
    said: list[str] = []
    asyncio.run(_converge(swarm, clock, stream, progress=said.append))
    assert said[-1] == "2/2 running"
    assert all(before != after for before, after in itertools.pairwise(said))
    assert any("to be replaced" in text for text in said)


def test_fifty_services_cost_the_calls_of_one() -> None:
    streams = _copies(load("1.41-create"), 50)
    clock = VirtualClock()
    swarm = Replay(clock, *streams)

    async def run() -> list[Outcome]:
        watcher = Watcher(swarm, clock)
        return await asyncio.gather(
            *(watcher.converge(id, stream.sent) for id, stream in zip(swarm.ids(), streams, strict=True))
        )

    outcomes = asyncio.run(run())
    assert [outcome.text for outcome in outcomes] == ["2/2 running"] * 50
    per_moment = Counter(swarm.calls)
    assert set(per_moment.values()) == {1}
    assert {what for _, what in per_moment} == {"list service", "list node", "list tasks"}


class _Unchanged(Replay):
    """Gives a list of which nothing has changed once more, as `dockerapi` does."""

    def __init__(self, clock: VirtualClock, *streams: Stream) -> None:
        super().__init__(clock, *streams)
        self._before: dict[str, Any] = {}

    async def list(self, kind: str, *, bypass_cache: bool = False) -> Any:
        return self._once(kind, await super().list(kind, bypass_cache=bypass_cache))

    async def tasks(self, *, service_ids: Iterable[str] | None = None) -> Any:
        return self._once("tasks", await super().tasks(service_ids=service_ids))

    def _once(self, what: str, found: Any) -> Any:
        if self._before.get(what) != found:
            self._before[what] = found
        return self._before[what]


def test_rollout_in_which_nothing_changes_is_looked_at_less_and_less_often_and_once_a_second_at_least() -> None:
    stream = load("1.41-slow-to-become-healthy")
    text = copy.deepcopy(stream.json)
    text["looks"] = [
        # nothing more happens than that its task starts
        *[look for look in text["looks"] if look["at"] < 2],
    ]
    clock = VirtualClock()
    swarm = _Unchanged(clock, Stream(text))
    with pytest.raises(RolloutFailed):
        asyncio.run(_converge(swarm, clock, Stream(text), timeout=120))
    looks = sorted({at for at, what in swarm.calls if what == "list service"})
    gaps = [later - before for before, later in itertools.pairwise(looks)]
    assert gaps[4] == pytest.approx(0.3, abs=0.05)
    assert gaps[-1] == pytest.approx(0.9, abs=0.05)
    assert len(looks) < 200


def test_64_waiting_services_with_secrets_of_their_own_do_not_block_the_loop() -> None:
    streams = _copies(load("1.41-create"), 64)
    clock = VirtualClock()
    swarm = Replay(clock, *streams)
    secrets = SecretFilter(f"password-of-all-{number:08x}" for number in range(336))
    spent: defaultdict[float, float] = defaultdict(float)

    def progress(text: str) -> None:
        began = time.perf_counter()
        shown(text, secrets)
        spent[clock.now()] += time.perf_counter() - began

    async def run() -> None:
        watcher = Watcher(swarm, clock, secrets)

        async def converge(id: str, stream: Stream) -> None:
            # each learns its own while the others wait already
            secrets.add([f"password-of-{id}-hunter2"])
            await watcher.converge(id, stream.sent, progress=progress)

        await asyncio.gather(*(converge(id, stream) for id, stream in zip(swarm.ids(), streams, strict=True)))

    asyncio.run(run())
    assert len(spent) >= 2
    assert max(spent.values()) < 0.15, spent


def test_failed_rollout_shows_the_output_of_its_task() -> None:
    clock, swarm, (stream,) = _start("1.41-crash-loop")
    swarm.default_log = "starting\nno configuration found\n"
    with pytest.raises(RolloutFailed) as failure:
        asyncio.run(_converge(swarm, clock, stream))
    text = str(failure.value)
    assert "rec-crash-loop.1 on node1: exited with code 1" in text
    assert text.endswith("last output:\n    starting\n    no configuration found")


@pytest.mark.parametrize("answers", [["", "begin\nend\n"], ["begin\n", "begin\nend\n"], ["begin\nend\n", ""]])
def test_output_that_arrives_late_or_goes_with_its_container_is_told_all_the_same(
    answers: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon tells that a task has ended before it gives out its last lines."""
    clock, swarm, (stream,) = _start("1.41-one-shot-fails")
    given = iter(answers)

    async def task_logs(task_id: str, tail: int = 20) -> str:
        return next(given)

    monkeypatch.setattr(swarm, "task_logs", task_logs)
    with pytest.raises(RolloutFailed) as failure:
        asyncio.run(_converge(swarm, clock, stream))
    assert str(failure.value).endswith("last output:\n    begin\n    end")
    assert next(given, None) is None


def test_secrets_in_a_tasks_output_are_masked() -> None:
    clock, swarm, (stream,) = _start("1.41-crash-loop")
    swarm.default_log = "connecting as admin with hunter2-hunter2\nkey: line two of it\n"
    with pytest.raises(RolloutFailed) as failure:
        asyncio.run(_converge(swarm, clock, stream, secrets=["hunter2-hunter2", "line one\nline two of it\n"]))
    assert "hunter2" not in str(failure.value)
    assert "line two" not in str(failure.value)
    assert "connecting as admin with [secret]" in str(failure.value)


def test_image_that_is_refused_is_told_in_the_registrys_words() -> None:
    clock, swarm, (stream,) = _start("1.41-image-missing")
    swarm.registry = DockerError("its registry denies access", status=403, call="look up image 'nope:1'")
    with pytest.raises(RolloutFailed) as failure:
        asyncio.run(_converge(swarm, clock, stream))
    assert str(failure.value).endswith("; look up image 'nope:1' failed: its registry denies access")


def test_image_that_only_the_node_cannot_fetch_says_where_to_look() -> None:
    clock, swarm, (stream,) = _start("1.41-image-missing")
    with pytest.raises(RolloutFailed, match="the manager can pull it; check the node's network access"):
        asyncio.run(_converge(swarm, clock, stream))


def _pulled_slowly(stream: Stream) -> Stream:
    """The same rollout with tasks that prepare for half a minute more."""
    looks = [
        {**look, "at": look["at"] + 30.0} if number >= 2 else look for number, look in enumerate(stream.json["looks"])
    ]
    assert {task["Status"]["State"] for task in looks[1]["tasks"]} == {"preparing"}
    return Stream({**stream.json, "looks": looks})


@pytest.mark.parametrize("answers", [True, False])
def test_pull_that_takes_long_is_explained_only_where_its_registry_does_not_answer(answers: bool) -> None:
    stream, clock = _pulled_slowly(load("1.41-create")), VirtualClock()
    swarm = Replay(clock, stream)
    if not answers:
        swarm.registry = DockerError("its registry timed out", call="look up image 'bb:1'")
    told: list[tuple[float, str]] = []
    outcome = asyncio.run(_converge(swarm, clock, stream, warn=lambda text: told.append((clock.now(), text))))
    # the pull succeeds all the same
    assert outcome.text == "2/2 running"
    if answers:
        assert told == []
        return
    [(at, text)] = told
    assert at < 8
    assert text == ("rec-create.1 on node1: still preparing; look up image 'bb:1' failed: its registry timed out")


def test_cancel_ends_the_waiting_at_once() -> None:
    clock, swarm, (stream,) = _start("1.41-crash-loop")

    async def run() -> None:
        stop = asyncio.Event()
        waiting = asyncio.create_task(_converge(swarm, clock, stream, cancelled=stop))
        while clock.now() < 5:
            await asyncio.sleep(0)
        stop.set()
        with pytest.raises(Cancelled, match=r"stopped waiting for rec-crash-loop \(0/1 running"):
            await waiting
        assert clock.now() < 7

    asyncio.run(run())


def test_timeout_names_what_it_waits_for() -> None:
    clock, swarm, (stream,) = _start("1.41-crash-loop")
    with pytest.raises(RolloutFailed) as failure:
        asyncio.run(_converge(swarm, clock, stream, timeout=10))
    assert "rec-crash-loop: timed out after 10 s (0/1 running, 1 restarting" in str(failure.value)
    assert "exited with code 1" in str(failure.value)


def test_crash_loop_waits_for_what_still_converges() -> None:
    """A worker that exits until its database runs gets its minute from then on."""
    clock, swarm, (worker, database) = _start("1.41-crash-loop", "1.41-slow-to-become-healthy")

    async def run() -> tuple[float, float]:
        watcher = Watcher(swarm, clock)
        first, second = swarm.ids()
        failing = asyncio.create_task(watcher.converge(first, worker.sent))
        await watcher.converge(second, database.sent)
        ready = clock.now()
        with pytest.raises(RolloutFailed):
            await failing
        return ready, clock.now()

    ready, given_up = asyncio.run(run())
    assert ready > 20
    assert given_up - ready > 55


def test_lost_manager_is_waited_for() -> None:
    clock, swarm, (stream,) = _start("1.41-create")
    said: list[str] = []

    async def run() -> Outcome:
        swarm.fault = ConnectionFailed("no manager answers at tcp://m1")
        waiting = asyncio.create_task(_converge(swarm, clock, stream, progress=said.append))
        while clock.now() < 30:
            await asyncio.sleep(0)
        swarm.fault = None
        return await waiting

    assert asyncio.run(run()).text == "2/2 running"
    assert said[0] == "no response from the swarm, retrying (no manager answers at tcp://m1)"


def test_manager_that_stays_lost_is_an_error_for_everybody() -> None:
    clock, swarm, streams = _start("1.41-create", "1.41-crash-loop")
    swarm.fault = ConnectionFailed("no manager answers at tcp://m1")

    async def run() -> list[BaseException | Outcome]:
        watcher = Watcher(swarm, clock)
        waits = (watcher.converge(id, stream.sent) for id, stream in zip(swarm.ids(), streams, strict=True))
        return await asyncio.gather(*waits, return_exceptions=True)

    results = asyncio.run(run())
    assert [type(result) for result in results] == [ConnectionFailed, ConnectionFailed]
    assert 55 < clock.now() < 70


def test_watcher_can_wait_again_after_it_was_idle() -> None:
    clock, swarm, (stream,) = _start("1.41-create")

    async def run() -> tuple[Outcome, Outcome]:
        watcher = Watcher(swarm, clock)
        first = await watcher.converge(swarm.ids()[0], stream.sent)
        await clock.sleep(1)
        return first, await watcher.converge(swarm.ids()[0], stream.sent)

    first, second = asyncio.run(run())
    assert first.text == second.text
