"""Processor time of a preview that changes nothing, beside that of another checkout: both alternated in one run.

Only the two processes of ours count, program and plugin: what the CLI and its language host use is Pulumi's. Each
checkout brings its own `.venv`, made by its own `tools/setup.sh dev`, so that each runs as its user has it.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import Ours
from bench.workload import Workload
from tests.support.engine import REPO, start_engine
from tests.support.pulumi import find_cli

SERVICES = 200
KINDS = ("program", "plugin")
"""The processes that run our code."""
LOOK_EVERY_S = 0.02
"""How often the processes are looked at: what one uses after the last look is lost."""


@dataclass
class Alternated:
    """Processor seconds of two checkouts, `before` and `now`.

    Attributes:
        commits: which checkout -> its commit.
        seconds: which checkout -> kind of process -> seconds, one entry for each round.
    """

    commits: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, which: str, used: dict[str, float]) -> None:
        for kind in KINDS:
            self.seconds.setdefault(which, {}).setdefault(kind, []).append(round(used[kind], 2))

    def median(self, which: str, *kinds: str) -> float | None:
        """What kinds of processes use together, the median of the rounds; None where nothing was measured."""
        found = self.seconds.get(which)
        if not found:
            return None
        return statistics.median(map(sum, zip(*(found[kind] for kind in kinds or KINDS), strict=True)))


def alternate(against: Path, rounds: int, services: int = SERVICES) -> Alternated:
    """Deploy once with each checkout, each to an engine of its own, then let them preview in turn.

    Args:
        against: the other checkout.
        rounds: times that each is measured; once more before that fills the caches.
        services: size of the stack.
    """
    found, work = Alternated(), Workload(services, 0)
    with tempfile.TemporaryDirectory(prefix="spbench") as folder, ExitStack() as engines:
        contenders: dict[str, Ours] = {}
        for which, root in (("before", against.resolve()), ("now", REPO)):
            found.commits[which] = commit(root)
            engine = start_engine()
            engines.callback(engine.down)
            engine.images("bb")
            venv = root / ".venv" if root != REPO else Path(sys.prefix)
            place = Path(folder) / which
            contenders[which] = Ours(engine, work, place, wait=False, cli=find_cli(), checkpoints=False, venv=venv)
            contenders[which].look_every = LOOK_EVERY_S
            contenders[which].do("first deploy")
        for number in range(rounds + 1):
            for which, contender in contenders.items():
                used = contender.do("preview, no change").cpu
                print(f"{services:4} {number} {which:8} {used}", flush=True)
                if number:
                    found.add(which, dict(used))
    return found


def commit(root: Path) -> str:
    """Return the commit of a checkout."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
