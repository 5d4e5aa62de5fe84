"""What `PULUMI_PARALLEL_DIFF=true` does for a preview that changes nothing: with and without it, in turn."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.contenders import Ours
from bench.cpu import SERVICES
from bench.workload import Workload
from tests.support.engine import start_engine
from tests.support.pulumi import find_cli

VARIABLE = "PULUMI_PARALLEL_DIFF"
SETTINGS = ("unset", "true")


def alternate(rounds: int, services: int = SERVICES) -> dict[str, list[float]]:
    """Deploy once, then preview in turn; each is measured so many times, once more before that fills the caches."""
    found: dict[str, list[float]] = {setting: [] for setting in SETTINGS}
    engine = start_engine()
    try:
        engine.images("bb")
        with tempfile.TemporaryDirectory(prefix="spbench") as folder:
            ours = Ours(
                engine, Workload(services, 0), Path(folder) / "ours", wait=False, cli=find_cli(), checkpoints=False
            )
            ours.do("first deploy")
            for number in range(rounds + 1):
                for setting in SETTINGS:
                    ours.project.environment.pop(VARIABLE, None)
                    ours.project.environment |= {VARIABLE: setting} if setting != "unset" else {}
                    seconds = ours.do("preview, no change").seconds
                    print(f"{services:4} {number} {VARIABLE} {setting:5} {seconds:6.2f} s", flush=True)
                    if number:
                        found[setting].append(round(seconds, 3))
    finally:
        engine.down()
    return found
