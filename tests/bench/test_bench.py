"""What `make bench` measures is what it says, at sizes that take seconds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import functions, release, scale, stack, state
from bench.__main__ import HERE
from bench.contenders import STEPS
from bench.measure import Run, run
from bench.page import markdown
from bench.picture import picture
from bench.promises import GRACE_S, promises
from bench.results import LOOP, NOTHING, OURS, UNSAVED, Results, Sample, key_of
from tests.support.engine import REPO

PREVIEW, DEPLOY = "preview, no change", "first deploy"


def sample(size: int, *, wait: bool, step: str, **seconds: float) -> Results:
    titles = {"ours": OURS, "nothing": NOTHING, "loop": LOOP}
    made = Sample(size, wait)
    for who, value in seconds.items():
        # the median of three, whatever their order
        for each in (value * 3, value, value / 3):
            made.add(titles[who], step, each, {})
    return Results(samples={key_of(size, wait=wait): made})


def measured(found: Results, words: str) -> float | None:
    (promise,) = [promise for promise in promises(found) if promise.what.startswith(words)]
    return promise.measured


def test_promise_of_previews_is_the_ratio_of_the_medians() -> None:
    found = sample(200, wait=False, step=PREVIEW, ours=6.0, nothing=4.0)
    assert measured(found, "no-change preview of 200 services / do-nothing") == pytest.approx(1.5)


def test_promise_of_deploys_counts_the_loop_and_pulumi() -> None:
    found = sample(200, wait=False, step=DEPLOY, ours=12.0, nothing=6.0, loop=2.0)
    assert measured(found, "first deploy of 200 / ") == pytest.approx(1.5)
    assert measured(found, f"first deploy of 200{UNSAVED} / ") is None
    found = sample(50, wait=True, step=DEPLOY, ours=8.2, nothing=3.6, loop=4.0)
    assert measured(found, "first deploy of 50 until all run / ") == pytest.approx(1.0)


def test_what_was_not_measured_is_left_empty() -> None:
    assert all(promise.measured is None for promise in promises(Results()))
    assert "| 12  |  |" in markdown(Results())


def test_processor_time_is_compared_by_medians_of_both_processes_together() -> None:
    found = Results()
    for before, now in ((4.0, 2.0), (6.0, 3.0), (400.0, 0.1)):
        found.cpu.add("before", {"program": before, "plugin": before, "cli": 100.0})
        found.cpu.add("now", {"program": now, "plugin": now, "cli": 100.0})
    found.cpu.commits = {"before": "aaaaaaa", "now": "bbbbbbb"}
    assert (found.cpu.median("before"), found.cpu.median("now", "plugin")) == (12.0, 2.0)
    assert "| **now / before** | | 0.33 | 0.33 | 0.33 |" in markdown(found)


def test_processor_time_of_a_command_counts_each_of_its_processes(tmp_path: Path) -> None:
    burn = "import os, time\nwhile sum(os.times()[:2]) < 0.3: pass\ntime.sleep(0.3)"
    command = ["sh", "-c", f"{sys.executable} -c '{burn}' & {sys.executable} -c '{burn}'; wait"]
    used = run(command, folder=tmp_path, environment={}, look_every=0.02).cpu
    assert 0.5 <= sum(used.values()) <= 2


def test_state_is_weighed_by_kind_and_as_a_whole() -> None:
    def resource(kind: str, size: int) -> dict[str, str]:
        return {"type": f"swarm:index:{kind}", "urn": "x" * size}

    resources = [resource(kind, size) for kind in state.KINDS for size in (10, 20, 900)]
    kinds = state.of_kinds({"checkpoint": {"latest": {"resources": resources}}})
    assert kinds == {kind: len(json.dumps(resource(kind, 20))) for kind in state.KINDS}
    found = Results()
    assert found.state.ratio() is None
    half = {kind: size // 2 for kind, size in kinds.items()}
    commits = {"before": "aaaaaaa", "now": "bbbbbbb"}
    found.state = state.Weighed(commits, {"before": half, "now": kinds}, {"before": 100, "now": 110})
    assert measured(found, "state of a stack / that of aaaaaaa") == pytest.approx(1.1)
    assert "| **now / before** | 2.0" in markdown(found)


def test_results_are_kept_for_later_parts(tmp_path: Path) -> None:
    found = sample(10, wait=True, step=DEPLOY, ours=2.0)
    found.ending = {"1": [0.1]}
    found.cpu.add("now", {"program": 1.0, "plugin": 1.0})
    found.state = state.Weighed({"now": "bbbbbbb"}, {}, {"now": 5})
    found.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == found


def test_a_service_of_thousands_is_compared_with_one_of_hundreds() -> None:
    def cost(cpu: float, memory: float) -> dict[str, object]:
        return {"cpu": cpu, "memory": memory, "calls": {"GET /services": 1}}

    found = Results(
        scale={
            "500": {step: cost(2.0, 70.0) for step in scale.STEPS},
            "5000": {step: cost(24.0, 100.0 + number) for number, step in enumerate(scale.STEPS)},
        }
    )
    assert measured(found, "5,000 services on 100 simulated nodes, deploy") == pytest.approx(1.2)
    assert measured(found, "5,000 services on 100 simulated nodes: memory") == 102.0
    assert "| 5000 | rotate a config | 24.0 s | 4.80 ms | 102 MiB | 1 × GET /services |" in markdown(found)


@pytest.mark.long
def test_plugins_of_their_own_deploy_to_a_simulated_swarm() -> None:
    found = scale.measure(30)
    assert found["preview, no change"].calls["GET /services"] == 1
    assert found["rotate a config"].calls["POST /services/update"] == 30 // scale.SHARE


NOT_REACHED = {
    "Release of 200, preview, no change / Stack of the commit before",
    "Release of 1,000, memory of the plugin",
}
"""What is still to be done; whoever reaches a bound takes its line from here."""


def test_results_that_are_published_keep_every_promise_and_are_those_that_were_recorded() -> None:
    recorded = Results.read(HERE / "results.json")
    for promise in promises(recorded):
        assert promise.measured is not None, f"{promise.what}: not measured"
        assert (promise.measured > promise.bound) == (promise.what in NOT_REACHED), promise
    assert (HERE / "RESULTS.md").read_text(encoding="utf-8") == markdown(recorded)
    assert (HERE / "results.svg").read_text(encoding="utf-8") == picture(recorded)


@pytest.mark.parametrize("part", functions.PARTS)
def test_pure_part_works_on_a_swarm_on_paper(part: str, tmp_path: Path) -> None:
    assert functions.PARTS[part](functions.Swarm(4, tmp_path))


@pytest.mark.long
@pytest.mark.timeout(900)
def test_pure_parts_are_linear_up_to_5000_services(tmp_path: Path) -> None:
    small, large = functions.Swarm(500, tmp_path), functions.Swarm(5000, tmp_path)
    for part in functions.PARTS:
        before, after = functions.cost(part, small), functions.cost(part, large)
        assert after.seconds / before.seconds <= 15, f"{part}: {before} -> {after}"
        assert after.mebibytes / max(before.mebibytes, 0.5) <= 15, f"{part}: {before} -> {after}"


@pytest.mark.long
@pytest.mark.live
@pytest.mark.timeout(1800)
def test_bench_measures_everybody_and_every_call(tmp_path: Path) -> None:
    options = ["--sizes", "3,12", "--running", "2", "--rounds", "1", "--parts", "deploys,ready", "--out", str(tmp_path)]
    subprocess.run([sys.executable, "-m", "bench", *options], cwd=REPO, check=True)
    found = Results.read(tmp_path / "results.json")
    assert json.loads((tmp_path / "results.json").read_text())["facts"]
    for one in found.samples.values():
        assert len(one.seconds) == (7 if one.wait else 6), "everybody"
        assert set(one.seconds[OURS]) == set(STEPS)
    calls = [
        sorted(sum(process.values()) for process in one.calls[PREVIEW])
        for one in found.samples.values()
        if not one.wait
    ]
    assert calls[0] == calls[1], "the calls of a preview do not grow with the services"
    assert max(calls[0]) <= 12
    ElementTree.fromstring((tmp_path / "results.svg").read_text())


def test_promises_of_telling_compare_each_scenario_with_the_oldest_engine() -> None:
    found = Results(
        telling={
            "20.10": {"crash": [9.0, 10.0, 99.0], "denied": [4.0]},
            "go": {"crash": [12.0], "denied": [7.0], "only-here": [50.0]},
        }
    )
    assert measured(found, "a failure is told on engine go / on 20.10") == pytest.approx(1.475)
    assert "| denied | 4.00 (once) | 7.00 (once) |" in markdown(found)
    assert measured(found, "an image that cannot be pulled is told on engine go") == pytest.approx(7.0)
    assert "| only-here |  | 50.00 (once) |" in markdown(found)


def of_releases(size: int, **seconds: float) -> Results:
    """What a step took of everybody; the step of the large stack takes five times as long."""
    titles = {"release": release.RELEASE, "stack": release.STACK, "one": release.ONE, "loop": release.LOOP}
    samples = {str(each): Sample(each, each == release.RUNNING) for each in release.SIZES}
    for who, value in seconds.items():
        samples[str(size)].add(titles[who], DEPLOY, value, {})
    samples[str(release.LARGE)].add(release.RELEASE, DEPLOY, 5 * seconds["release"], {"plugin": 99.0})
    return Results(release=samples, release_calls={PREVIEW: [8, 2]})


def test_promises_of_a_release_are_ratios_of_medians() -> None:
    found = of_releases(release.SUBMITTED, release=4.0, stack=25.0, one=2.0, loop=1.0)
    assert measured(found, "Release of 200, first deploy / Stack") == 4 / 25
    assert measured(found, "Release of 200, first deploy / (do-nothing") == 4 / 3
    assert measured(found, "Release, first deploy, a service of 1,000") == 1.0
    assert measured(found, "Release of 200, preview, no change: API calls") == 8
    assert measured(found, "Release of 1,000, memory") == 99
    running = of_releases(release.RUNNING, release=23.0, one=2.0, loop=20.0)
    assert measured(running, "Release of 50, until all run") == 1.0
    assert Results().release == {} and "Release" not in markdown(Results())
    assert "As one resource: 200 services" in markdown(found)


@pytest.mark.e2e
def test_release_is_measured_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("SUBMITTED", 3), ("RUNNING", 2), ("LARGE", 4)):
        monkeypatch.setattr(release, name, size)
    seen: set[tuple[int, str, str]] = set()
    calls = release.alternate(REPO, 1, lambda size, who, step, done: seen.add((size, who, step)), lambda engine: None)
    assert {who for size, who, _ in seen if size == 3} == {release.STACK, release.RELEASE, release.ONE, release.LOOP}
    assert {(size, step) for size, who, step in seen if who == release.RELEASE} == {
        (size, step) for size in (2, 3, 4) for step in release.STEPS
    }
    assert max(calls[PREVIEW]) <= 12


def test_stack_is_compared_with_a_provider_of_its_shape_by_medians() -> None:
    found = Results()
    for factor in (1.0, 100.0, 2.0):
        for title, seconds, used in ((NOTHING, 4.0, 3.0), (OURS, 6.0, 3.3)):
            for step in stack.STEPS:
                kinds = {"program": used / 3, "plugin": used / 3, "cli": used / 3, "other": 99.0}
                found.stack.add(
                    title, step, Run(factor * seconds, {}, {kind: factor * it for kind, it in kinds.items()})
                )
    assert measured(found, "Stack of 200, preview, no change: processor time") == pytest.approx(1.1, abs=0.01)
    assert measured(found, "Stack of 200, rotate all, no checkpoints") == pytest.approx(1.5)
    assert measured(found, "Stack of 200, destroy, no checkpoints") == pytest.approx(1.5)
    assert "| **ours / do-nothing** | 1.50 | 1.10 |" in markdown(found)
    assert not any(promise.what.startswith("Stack of") for promise in promises(Results()))


@pytest.mark.long
@pytest.mark.e2e
def test_stack_is_measured_beside_a_provider_of_its_shape() -> None:
    found = stack.alternate(1, lambda engine: None, services=2)
    for title in stack.TITLES:
        assert set(found.seconds[title]) == set(stack.STEPS)
        assert min(used for rounds in found.cpu[title].values() for used in rounds) > 0.1


def test_telling_is_late_by_what_has_passed_since_the_engine_has_the_fact() -> None:
    found = Results(
        telling={"20.10": {"paused": [4.0], "denied": [0.3]}, "go": {"paused": [90.0], "denied": [9.0]}},
        telling_after={"20.10": {"paused": [3.0], "denied": [0.1]}, "go": {"paused": [3.0], "denied": [5.0]}},
    )
    # the engine took its time for the pause; of what it denied we spoke late, beside the time that it may take to heal
    assert "| paused | 4.00 (once), +3.00 | 90.00 (once), +3.00 |" in markdown(found)
    assert "| denied | 0.30 (once), +0.10 | **9.00 (once), +5.00** |" in markdown(found)
    assert measured(found, "a failure is told after engine go's own record") == pytest.approx(5.0 / GRACE_S)


def test_parallel_diff_stands_beside_its_absence() -> None:
    found = Results(parallel_diff={"unset": [4.0, 8.0, 6.0], "true": [3.0, 3.0, 9.0]})
    assert "| preview, no change | 6.00 (4.00–8.00) | 3.00 (3.00–9.00) | 0.50 |" in markdown(found)
