"""`python -m bench`: measure everybody alternately, in one run, and write bench/RESULTS.md and bench/results.svg."""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from bench import results
from bench.contenders import STEPS, Contender, Ours, contenders
from bench.results import Sample
from bench.workload import Workload
from tests.support.engine import Engine, start_engine
from tests.support.interposer import Interposer
from tests.support.pulumi import find_cli

HERE = Path(__file__).parent


def main() -> None:
    """Parse the command line, measure, write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="10,50,200", help="sizes, submitted only (default: %(default)s)")
    parser.add_argument("--running", default="50", help="numbers of services that are waited for; '' for none")
    parser.add_argument("--rounds", type=int, default=5, help="times that each is measured (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder for RESULTS.md and results.svg")
    options = parser.parse_args()
    plan = [(int(size), False) for size in options.sizes.split(",") if size]
    plan += [(int(size), True) for size in options.running.split(",") if size]
    samples = [_measured(size, wait, options.rounds) for size, wait in plan]
    facts = {
        "measured": datetime.now(UTC).date().isoformat(),
        "machine": f"{os.cpu_count()} processors, {platform.system()}, Python {platform.python_version()}",
        "rounds": options.rounds,
        "plugin ready": _ready(),
    }
    options.out.mkdir(exist_ok=True)
    (options.out / "RESULTS.md").write_text(results.markdown(samples, facts) + "\n![medians](results.svg)\n")
    (options.out / "results.svg").write_text(results.picture(samples))
    print(f"wrote {options.out / 'RESULTS.md'}")


def _measured(size: int, wait: bool, rounds: int) -> Sample:
    """One size, on an engine of its own; in each round everybody does all steps, one after the other."""
    sample = Sample(size, wait)
    workload = Workload(size, 1 if wait else 0)
    engine = start_engine()
    os.environ.setdefault("DOCKER_CONFIG", tempfile.mkdtemp(prefix="spdocker"))
    try:
        engine.images("bb")
        for number in range(rounds):
            with tempfile.TemporaryDirectory(prefix="spbench") as folder:
                for contender in contenders(engine, workload, Path(folder), find_cli(), wait=wait):
                    _all_steps(sample, contender, number)
                    _settle(engine)
        with tempfile.TemporaryDirectory(prefix="spbench") as folder, Interposer(Path(folder), engine.host) as between:
            _count_calls(sample, workload, engine, between, Path(folder), wait=wait)
    finally:
        engine.down()
    return sample


def _count_calls(
    sample: Sample, workload: Workload, engine: Engine, between: Interposer, folder: Path, *, wait: bool
) -> None:
    """Once more, not timed: what each plugin process asks the daemon."""
    ours = Ours(engine, workload, folder / "counted", wait=wait, cli=find_cli(), host=between.host)
    for step in STEPS:
        between.begin()
        ours.step(step)
        sample.calls[step] = [dict(calls) for calls in between.counts.values()]


def _all_steps(sample: Sample, contender: Contender, number: int) -> None:
    for step in STEPS:
        done = contender.step(step)
        if done is None:
            continue
        sample.add(contender.title, step, done.seconds, done.memory)
        print(f"{sample.size:4} {number + 1} {contender.title:38} {step:18} {done.seconds:7.2f} s", flush=True)
        state = getattr(contender, "state_bytes", 0)
        if step == "first deploy" and state:
            sample.state[contender.title] = state / (2 * sample.size + 3)


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


def _ready() -> str:
    """How long the plugin takes until it serves, beside the import of Pulumi's gRPC runtime alone."""
    plugin = [sys.executable, "-m", "swarm_provider.plugin"]
    bare = [sys.executable, "-c", "import grpc.aio; from pulumi.runtime.proto import provider_pb2_grpc; print()"]
    found: dict[str, list[float]] = {"plugin": [], "bare": []}
    for _ in range(7):
        for name, command in (("plugin", plugin), ("bare", bare)):
            begun = time.monotonic()
            process = subprocess.Popen(command, stdout=subprocess.PIPE)
            assert process.stdout is not None
            process.stdout.readline()
            found[name].append(time.monotonic() - begun)
            process.terminate()
            process.wait()
            process.stdout.close()
    ours, floor = statistics.median(found["plugin"]), statistics.median(found["bare"])
    return f"{ours:.2f} s, the bare import {floor:.2f} s, ratio {ours / floor:.2f}"


if __name__ == "__main__":
    main()
