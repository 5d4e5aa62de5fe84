"""Bytes of state per resource, by kind, beside those of another checkout: both deploy the same stack once."""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from bench.contenders import Ours
from bench.cpu import commit
from bench.workload import Workload
from tests.support.engine import REPO, start_engine
from tests.support.pulumi import find_cli

SERVICES = 10
KINDS = ("Service", "Config", "Secret", "Network")


@dataclass
class Weighed:
    """The state of two checkouts, `before` and `now`.

    Attributes:
        commits: which checkout -> its commit.
        kinds: which checkout -> kind of resource -> bytes of one, the median.
        all: which checkout -> bytes of the whole state.
    """

    commits: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, dict[str, int]] = field(default_factory=dict)
    all: dict[str, int] = field(default_factory=dict)

    def ratio(self, kind: str = "") -> float | None:
        """Return now through before, of a kind, or without one of the whole state; None where it was not measured."""
        found = {which: self.kinds[which][kind] for which in self.kinds} if kind else self.all
        return found["now"] / found["before"] if found else None


def weigh(against: Path) -> Weighed:
    """Deploy once with each checkout, each to an engine of its own, and weigh what the backend has then.

    Args:
        against: the other checkout.
    """
    found = Weighed()
    with tempfile.TemporaryDirectory(prefix="spbench") as folder:
        # folders of equal length: the state has the program's path
        for which, root, name in (("before", against.resolve(), "old"), ("now", REPO, "new")):
            found.commits[which] = commit(root)
            engine = start_engine()
            try:
                engine.images("bb")
                venv = root / ".venv" if root != REPO else Path(sys.prefix)
                work, place = Workload(SERVICES, 0), Path(folder) / name
                ours = Ours(engine, work, place, wait=False, cli=find_cli(), venv=venv)
                ours.do("first deploy")
                (file,) = ours.project.backend.glob(".pulumi/stacks/*/dev.json")
                found.kinds[which], found.all[which] = of_kinds(json.loads(file.read_text())), file.stat().st_size
            finally:
                engine.down()
            print(which, found.kinds[which], found.all[which], flush=True)
    return found


def of_kinds(state: dict[str, dict[str, dict[str, list[dict[str, str]]]]]) -> dict[str, int]:
    """Return the bytes of one resource of each kind."""
    sizes: defaultdict[str, list[int]] = defaultdict(list)
    for resource in state["checkpoint"]["latest"]["resources"]:
        sizes[resource["type"].rpartition(":")[2]].append(len(json.dumps(resource)))
    return {kind: round(statistics.median(sizes[kind])) for kind in KINDS}
