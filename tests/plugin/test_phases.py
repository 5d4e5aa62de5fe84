"""The phases of a run: what belongs into which of Pulumi's calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from swarm_provider.core.values import UNKNOWN
from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.errors import InputError
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plugin.handlers.registry import handlers
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.run.parts import Parts
from swarm_provider.plugin.run.phases import Phase, WrongPhase
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.swarms.reach import Ways
from tests.support.calls import urn
from tests.support.in_process import InProcess, Refused
from tests.support.memory_swarm import MemorySwarm

WEB = urn("Service", "web")
OTHER = urn("Service", "other")
USES: dict[str, tuple[Callable[[Run], Any], set[Phase]]] = {
    "note_labels": (lambda run: run.note_labels(WEB, proven=True, foreign=None), {Phase.READ}),
    "find": (lambda run: run.find(WEB, {}, {}), {Phase.READ}),
    "before": (lambda run: run.before(WEB), {Phase.PLAN, Phase.APPLY, Phase.DELETE}),
    "is_adopted": (lambda run: run.is_adopted(WEB, "service", "web"), {Phase.DELETE}),
    "forget": (lambda run: run.forget(WEB), {Phase.DELETE}),
    "register": (lambda run: run.register(WEB), {Phase.CHECK}),
    "claim": (lambda run: run.claim(WEB, "service", "web", "web"), {Phase.CHECK, Phase.DIFF, Phase.APPLY}),
    "handed_over": (lambda run: run.handed_over(WEB, {"familyId": "f", "baseName": "b"}), {Phase.CHECK}),
    "advise": (lambda run: run.advise(WEB, [], {}), {Phase.CHECK}),
    "publish": (lambda run: run.publish(WEB, {"name": "web"}), {Phase.CHECK}),
    "plan_label": (lambda run: run.plan_label(WEB, "n", "disk", "ssd"), {Phase.CHECK, Phase.DIFF, Phase.PLAN}),
    "plan_availability": (lambda run: run.plan_availability(WEB, "n", "drain"), {Phase.CHECK}),
    "plan_service": (lambda run: run.plan_service(WEB, "web", {}), {Phase.CHECK}),
    "keep": (lambda run: run.keep(WEB, "service", "web"), {Phase.DIFF}),
    "replace": (lambda run: run.replace(WEB, delete_first=True), {Phase.DIFF}),
    "take_along": (lambda run: run.take_along(WEB, {}, ["name"]), {Phase.DIFF}),
    "ignore_by_files": (lambda run: run.ignore_by_files(WEB, [("services", "web")]), {Phase.CHECK}),
    "ignore": (lambda run: run.ignore(WEB, [("services", "web")]), {Phase.DIFF}),
    "ignored": (lambda run: run.ignored(WEB), {Phase.DIFF, Phase.PLAN, Phase.APPLY}),
    "differ": (lambda run: run.differ(WEB, ("services", "web"), replaced=False), {Phase.DIFF}),
    "differing": (lambda run: run.differing(WEB), {Phase.PLAN, Phase.APPLY}),
    "forecasts_of": (lambda run: run.forecasts_of(WEB), {Phase.PLAN}),
    "taken_along": (lambda run: run.taken_along(WEB), {Phase.PLAN}),
    "made": (lambda run: run.made(WEB, "service", "web", "web", "id"), {Phase.APPLY}),
    "add_version": (lambda run: run.add_version(WEB, "family"), {Phase.APPLY}),
    "goes_first": (lambda run: run.goes_first(WEB), {Phase.PLAN, Phase.DELETE}),
    "is_replaced": (lambda run: run.is_replaced(WEB), {Phase.DELETE}),
    "is_another_ones": (lambda run: run.is_another_ones(WEB, "service", "web"), {Phase.DELETE}),
    "is_in_use_by_run": (lambda run: run.is_in_use_by_run(WEB, "service", "web"), {Phase.DELETE}),
    "leave": (lambda run: run.leave(WEB, "web"), {Phase.DELETE}),
    "all_left": (lambda run: run.all_left(WEB, ["web"]), {Phase.DELETE}),
}


def new_run() -> Run:
    settings = Settings(ConnectionSettings())
    return Run(Session(settings, EngineLog(None), Ways(settings)))


@pytest.mark.parametrize("name", USES)
@pytest.mark.parametrize("phase", Phase, ids=lambda phase: phase.name.lower())
def test_method_of_a_run_is_used_in_its_phases_only(name: str, phase: Phase) -> None:
    use, phases = USES[name]
    run = new_run()
    with run.during(WEB, phase):
        if phase in phases:
            use(run)
        else:
            with pytest.raises(WrongPhase, match=f"{name} belongs into "):
                use(run)


def test_every_method_that_has_a_phase_is_tried_above() -> None:
    bound = {name for each in (Run, Parts) for name, method in vars(each).items() if hasattr(method, "__wrapped__")}
    assert bound == {*USES, "keep_forecast"}


def test_handlers_keep_nothing_of_a_run() -> None:
    for token, handler in handlers(new_run()).items():
        kept = {name: value for name, value in vars(handler).items() if name not in ("run", "session", "_handlers")}
        assert all({*vars(value)} <= {"run", "session"} for value in kept.values()), token


def test_check_forgets_what_a_diff_before_it_found_of_parts() -> None:
    run = new_run()
    with run.during(WEB, Phase.CHECK):
        run.ignore_by_files(WEB, [("services", "a")])
    with run.during(WEB, Phase.DIFF):
        run.ignore(WEB, [("services", "b")])
        run.differ(WEB, ("services", "a"), replaced=True)
    with run.during(WEB, Phase.PLAN):
        assert [*run.ignored(WEB)] == [("services", "b"), ("services", "a")]
        assert run.differing(WEB) == {("services", "a"): True}
    with run.during(WEB, Phase.CHECK):
        run.ignore_by_files(WEB, [])
    with run.during(WEB, Phase.APPLY):
        assert not run.ignored(WEB)
        assert run.differing(WEB) == {}


@pytest.mark.parametrize("phase", Phase, ids=lambda phase: phase.name.lower())
def test_forecast_is_made_before_anything_is(phase: Phase) -> None:
    run = new_run()
    found = Restart(False, (), False)
    with run.during(WEB, phase):
        if phase in (Phase.CHECK, Phase.DIFF, Phase.PLAN):
            assert run.keep_forecast(WEB, "web", found)
        else:
            with pytest.raises(WrongPhase):
                run.keep_forecast(WEB, "web", found)


def test_phase_of_another_resource_does_not_count() -> None:
    run = new_run()
    with run.during(OTHER, Phase.CHECK), pytest.raises(WrongPhase, match="and not into no call"):
        run.claim(WEB, "service", "web", "web")


def test_phase_ends_with_its_call_also_when_that_fails() -> None:
    run = new_run()
    with pytest.raises(InputError), run.during(WEB, Phase.CHECK):
        raise InputError("no")
    with pytest.raises(WrongPhase):
        run.register(WEB)


def test_calls_of_one_resource_may_overlap() -> None:
    run = new_run()
    with run.during(WEB, Phase.DIFF):
        with run.during(WEB, Phase.DELETE):
            run.leave(WEB, "web")
        run.replace(WEB, delete_first=False)


def test_wrong_phase_is_told_as_a_fault_of_the_provider(run: InProcess) -> None:
    handler = run.provider._homes.current.handlers["swarm:index:Service"]

    async def wrong(*args: Any) -> None:
        handler.run.leave(WEB, "web")

    handler.check = wrong  # type: ignore[assignment,method-assign]
    with pytest.raises(Refused, match="internal error in the swarm provider, please report it: WrongPhase"):
        run.inputs("Service", "web", {"image": "bb:1"})


def test_call_before_configure_is_one_line(swarm: MemorySwarm) -> None:
    run = InProcess(swarm)
    with pytest.raises(Refused, match="is not configured yet"):
        run.inputs("Service", "web", {"image": "bb:1"})
    run._loop.close()


def test_resource_that_this_version_does_not_know_is_one_line(run: InProcess) -> None:
    with pytest.raises(Refused, match="has no resource 'swarm:index:Stone'"):
        run.inputs("Stone", "web", {})


def test_program_has_a_resource_from_its_check_on(run: InProcess) -> None:
    there = run.known
    assert not there.is_checked(WEB)
    run.inputs("Service", "web", {"image": "bb:1", "name": UNKNOWN})
    assert there.is_checked(WEB)


def test_resources_of_two_runs_know_nothing_of_each_other(swarm: MemorySwarm) -> None:
    with InProcess(swarm) as one, InProcess(swarm) as two:
        one.inputs("Service", "a", {"image": "bb:1", "ports": ["80:80"]})
        two.inputs("Service", "b", {"image": "bb:1", "ports": ["80:80"]})


def test_other_resources_may_lie_between_the_calls_of_one(swarm: MemorySwarm, run: InProcess) -> None:
    inputs = {name: run.inputs("Service", name, {"image": "bb:1", "wait": False}) for name in ("a", "b")}
    made = {name: run.create("Service", name, inputs[name]) for name in ("b", "a")}
    later = {name: run.inputs("Service", name, {"image": "bb:2", "wait": False}, inputs[name]) for name in ("a", "b")}
    for name in ("b", "a"):
        id, state = made[name]
        assert run.diff("Service", name, id, inputs[name], later[name], state).diffs
    assert swarm.names("service") == ["a", "b"]


def test_cancel_lets_nothing_wait(run: InProcess) -> None:
    run.cancel()
    assert run.known.session.cancelled.is_set()
