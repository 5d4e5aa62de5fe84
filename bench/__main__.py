"""`python -m bench`: measure everybody alternately, and write RESULTS.md, results.svg and results.json.

Each size is measured in one run on one engine: in each round everybody does all steps, one after the other. Parts that
are measured again replace what was kept of them; the rest stays.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench import cpu, functions, parallel_diff, release, scale, stack, state, telling
from bench.contenders import FEW, STEPS, UNCHANGED, Contender, Ours, contenders
from bench.ending import delays
from bench.measure import Run
from bench.page import markdown
from bench.picture import picture
from bench.results import DOCKER, Results, Sample, key_of
from bench.workload import Workload
from tests.support.engine import Engine, start_engine
from tests.support.interposer import Interposer
from tests.support.pulumi import find_cli

HERE = Path(__file__).parent
ASKED_FOR = ("cpu", "telling", "release", "stack", "state", "paralleldiff", "scale")
"""Parts that need another checkout or other engines, vary what is Pulumi's, or have a simulated swarm: measured for
those who name them."""
PARTS = ("deploys", "ready", "memory", "ending", "functions", *ASKED_FOR)
ENDING = ((1, 10), (20, 3))
"""Services updated at once, and how often."""
LARGE = 499
"""Services that make 1,001 resources: a config each, a secret, a network, the component."""


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument(
        "--parts",
        default=",".join(part for part in PARTS if part not in ASKED_FOR),
        help="what to measure (default: %(default)s; cpu, release and state need --against, telling fetches or builds "
        "--engines)",
    )
    parser.add_argument(
        "--against",
        type=Path,
        help="another checkout with its own .venv, which `cpu`, `release` and `state` compare with",
    )
    parser.add_argument("--sizes", default="10,50,200", help="sizes, submitted only (default: %(default)s)")
    parser.add_argument("--running", default="50", help="numbers of services that are waited for; '' for none")
    parser.add_argument("--engines", default=" ".join(telling.ENGINES), help="of `telling` (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is measured (default: %(default)s)")
    parser.add_argument("--without", default="", help="names of those who are left out, separated by '|'")
    parser.add_argument("--slow", action="store_true", help="measure in each round also those that take minutes")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for the results (default: %(default)s)")
    options = parser.parse_args()
    os.environ.setdefault("DOCKER_CONFIG", tempfile.mkdtemp(prefix="spdocker"))
    # a shell makes jobs in the background ignore it; Pulumi's language host would end five seconds late each time
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # as a user's machine has it: compiled modules are kept
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    options.out.mkdir(exist_ok=True)
    kept = options.out / "results.json"
    found = Results.read(kept)
    for part in options.parts.split(","):
        if part == "deploys":
            plan = [(int(size), False) for size in options.sizes.split(",") if size]
            plan += [(int(size), True) for size in options.running.split(",") if size]
            out = [words for words in options.without.split("|") if words]
            for size, wait in plan:
                key = key_of(size, wait=wait)
                found.facts[key] = _fact(f"{options.rounds} rounds")
                sample = found.samples.setdefault(key, Sample(size, wait))
                _measure(sample, options.rounds, out, slow=options.slow, save=lambda: found.write(kept))
        elif part == "ready":
            found.ready = _ready()
        elif part == "memory":
            found.large = _large()
        elif part == "ending":
            found.ending = _ending()
        elif part == "functions":
            found.functions = functions.table([500, 1000, 5000])
        elif part == "telling":
            for name in options.engines.split():
                told = telling.told(name, options.rounds)
                found.telling[name], found.telling_after[name] = told.whole, told.after
                found.facts[f"telling, engine {name}"] = _fact(f"{options.rounds} rounds", telling.load())
                found.write(kept)
        elif part in ("cpu", "release", "state") and options.against is None:
            parser.error(f"the part {part} needs --against, the folder of another checkout with its own .venv")
        elif part == "release":
            _release(found, options.against, options.rounds)
        elif part == "stack":
            found.stack = stack.alternate(options.rounds, _settle)
            found.facts[part] = _fact(f"{options.rounds} rounds", telling.load())
        elif part == "paralleldiff":
            found.parallel_diff = parallel_diff.alternate(options.rounds)
            found.facts[part] = _fact(f"{options.rounds} rounds", telling.load())
        elif part == "state":
            found.state = state.weigh(options.against)
        elif part == "scale":
            found.scale = {str(size): scale.plain(scale.measure(size)) for size in scale.SIZES}
        elif part == "cpu":
            found.cpu = cpu.alternate(options.against, options.rounds)
        else:
            parser.error(f"no part {part!r}; choose from {', '.join(PARTS)}")
        if part not in ("deploys", "telling", "release", "stack", "paralleldiff"):
            found.facts[part] = _fact()
        found.write(kept)
    (options.out / "RESULTS.md").write_text(markdown(found))
    (options.out / "results.svg").write_text(picture(found))
    print(f"wrote {options.out / 'RESULTS.md'}")


def _fact(*more: str) -> str:
    machine = f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}"
    return ", ".join([f"{datetime.now(UTC):%Y-%m-%d}", machine, *more])


def _release(found: Results, against: Path, rounds: int) -> None:
    found.release = {str(size): Sample(size, size == release.RUNNING) for size in release.SIZES}

    def add(size: int, title: str, step: str, done: Run) -> None:
        found.release[str(size)].add(title, step, done.seconds, done.memory)
        print(f"{size:4} {title:38} {step:18} {done.seconds:7.2f} s", flush=True)

    calls = release.alternate(against, rounds, add, _settle)
    found.release_calls = calls
    found.facts["release"] = _fact(f"{rounds} rounds", f"beside a Stack of {cpu.commit(against)}", telling.load())


def _measure(sample: Sample, rounds: int, out: list[str], *, slow: bool, save: Callable[[], None]) -> None:
    """Measure a size once more, without those called as `out` says; what is kept of those stays."""
    size, wait = sample.size, sample.wait
    workload = Workload(size, 1 if wait else 0)
    engine = start_engine()
    try:
        engine.images("bb")
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="spbench") as folder:
                for contender in contenders(engine, workload, Path(folder), find_cli(), wait=wait):
                    if contender.title in out or (number and not slow and _is_slow(contender)):
                        continue
                    if not number:
                        sample.forget(contender.title)
                    _all_steps(sample, contender, number)
                    _settle(engine)
            save()
        with tempfile.TemporaryDirectory(prefix="spbench") as folder, Interposer(Path(folder), engine.host) as between:
            _count_calls(sample, workload, engine, between, Path(folder), wait=wait)
        save()
    finally:
        engine.down()


def _is_slow(contender: Contender) -> bool:
    """Say whether once is enough: docker waits for one service after the other, and a variant is there to be seen."""
    return contender.wait and (contender.name == DOCKER or contender.title.endswith(FEW))


def _count_calls(
    sample: Sample, workload: Workload, engine: Engine, between: Interposer, folder: Path, *, wait: bool
) -> None:
    """Once more, not timed: what each plugin process asks the daemon."""
    ours = Ours(engine, workload, folder / "counted", wait=wait, cli=find_cli(), host=between.host, checkpoints=False)
    for step in STEPS:
        between.begin()
        ours.step(step)
        sample.calls[step] = [dict(calls) for calls in between.counts.values()]


def _all_steps(sample: Sample, contender: Contender, number: int) -> None:
    for step in STEPS:
        if step in UNCHANGED and contender.title != contender.name:
            # a variant of another one: there is nothing to save, and nothing to do side by side
            continue
        done = contender.step(step)
        if done is None:
            continue
        sample.add(contender.title, step, done.seconds, done.memory)
        print(f"{sample.size:4} {number + 1} {contender.title:38} {step:18} {done.seconds:7.2f} s", flush=True)
        state = getattr(contender, "state_bytes", 0)
        if step == "first deploy" and state:
            sample.state[contender.title] = round(state / (2 * sample.size + 3))


def _settle(engine: Engine) -> None:
    """Wait until the last contender's objects are gone, whoever removed them; docker leaves its configs."""
    api = engine.docker.api
    end = time.monotonic() + 120
    while time.monotonic() < end:
        left = list(api.containers(all=True))
        for config in api.configs():
            api.remove_config(config["ID"])
        if not left and not api.services() and not [n for n in api.networks() if n["Name"].startswith("bench_")]:
            return
        time.sleep(0.5)
    raise RuntimeError("the engine does not come to rest")


def _ready() -> dict[str, list[float]]:
    """How long the plugin takes until it serves, beside the import of Pulumi's gRPC runtime alone."""
    plugin = [sys.executable, "-m", "swarm_provider.plugin"]
    bare = [sys.executable, "-c", "import grpc.aio; from pulumi.runtime.proto import provider_pb2_grpc; print()"]
    found: dict[str, list[float]] = {"plugin": [], "bare": []}
    for _ in range(9):
        for name, command in (("plugin", plugin), ("bare", bare)):
            begun = time.monotonic()
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            found[name].append(round(time.monotonic() - begun, 3))
            process.terminate()
            process.wait()
            process.stdout.close()
    return found


def _large() -> dict[str, float]:
    """The memory that each kind of process takes at most, with 1,000 resources."""
    peaks: dict[str, float] = {}
    engine = start_engine()
    try:
        engine.images("bb")
        with tempfile.TemporaryDirectory(prefix="spbench") as folder:
            work = Workload(LARGE, 0)
            ours = Ours(engine, work, Path(folder) / "large", wait=False, cli=find_cli(), checkpoints=False)
            for step in ("first deploy", "preview, no change", "rotate all"):
                done = ours.step(step)
                for kind, peak in done.memory.items() if done else ():
                    peaks[kind] = round(max(peaks.get(kind, 0.0), peak), 1)
    finally:
        engine.down()
    return peaks


def _ending() -> dict[str, list[float]]:
    engine = start_engine()
    try:
        engine.images("bb")
        return {str(size): [round(delay, 3) for delay in delays(engine, size, rounds)] for size, rounds in ENDING}
    finally:
        engine.down()


if __name__ == "__main__":
    main()
