"""Drift: whatever somebody changes on a service by hand is read back with its live value, and put right by an update.

One service per field, of no running task, so that the whole table costs three rounds: all are made, all are changed
with the docker CLI (or, where that has no word, the API), all are read, compared, repaired and read again. Each round
is a plugin process of its own, as each run of Pulumi is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from swarm_provider.core import Json
from swarm_provider.model.service import SPEC_INPUTS
from swarm_provider.model.types.kinds import ListOf, MapOf, ObjectOf, Type
from tests.plugin.drift_lines import BASE, FIELDS, NO_DRIFT
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

QUICK = (
    "image",
    "environment-removed",
    "port-published",
    "mount-source",
    "config-other",
    "limit-memory",
    "selinux",
    "update-order",
)
NAMES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in FIELDS]


@dataclass
class Seen:
    """What a run saw of one service: the live inputs, and path -> kind of each difference."""

    inputs: Json
    differences: dict[str, int]


class Bench:
    """The services of the fields, before, after the change by hand, and after the repair."""

    def __init__(self, docker: Docker, names: Sequence[str]) -> None:
        self.docker = docker
        self.version = str(docker.api.version()["ApiVersion"])
        self.news: dict[str, Json] = {}
        self.state: dict[str, tuple[Json, Json]] = {}
        for number in ("1", "2"):
            for kind in ("config", "secret"):
                docker(kind, "create", f"drift-{number}", "-", stdin=number)
            docker("network", "create", "--driver", "overlay", f"drift-{number}")
        with Plugin(docker.host) as plugin:
            for name in names:
                inputs = plugin.inputs("Service", name, {**BASE, **FIELDS[name].before})
                self.state[name] = inputs, plugin.create("Service", name, inputs)[1]
        with Plugin(docker.host) as plugin:
            self.clean = {name: self.look(plugin, name) for name in names}
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.change, names))
        with Plugin(docker.host) as plugin:
            self.drift = {name: self.look(plugin, name) for name in names}
            for name in names:
                self.repair(plugin, name)
        with Plugin(docker.host) as plugin:
            self.repaired = {name: self.look(plugin, name) for name in names}

    def change(self, name: str) -> None:
        how = FIELDS[name].change
        if not callable(how):
            self.docker("service", "update", "--detach", "--no-resolve-image", *how, name)
            return
        live = self.docker.service(name)
        how(live["Spec"])
        self.docker.update_service(live, live["Spec"])

    def look(self, plugin: Plugin, name: str) -> Seen:
        """What a plain `pulumi preview` does: Read, Check, Diff."""
        inputs, state = self.state[name]
        _, live, state = plugin.read("Service", name, name, inputs, state)
        self.state[name] = live, state
        self.news[name] = plugin.inputs("Service", name, {**BASE, **FIELDS[name].before}, live)
        found = plugin.diff("Service", name, name, live, self.news[name], state)
        return Seen(live, {path: detail.kind for path, detail in found.detailedDiff.items()})

    def repair(self, plugin: Plugin, name: str) -> None:
        (live, state), news = self.state[name], self.news[name]
        self.state[name] = news, plugin.update("Service", name, name, live, news, state)


@pytest.fixture(scope="module")
def bench(engine: Engine, request: pytest.FixtureRequest) -> Iterator[Bench]:
    names = [name for name in FIELDS if name in QUICK or request.config.getoption("--long")]
    with engine.cleaned():
        yield Bench(engine.docker, names)


def at(value: Any, path: str) -> Any:
    """The value at a property path, "" where there is none."""
    for word, quoted, index in re.findall(r'\.?([^.\[\]"]+)|\["([^"]+)"\]|\[(\d+)\]', path):
        if isinstance(value, dict):
            value = value.get(word or quoted, "")
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            return ""
    return value


@pytest.mark.parametrize("name", NAMES)
def test_field_changed_by_hand_is_shown_with_its_live_value_and_repaired(bench: Bench, name: str) -> None:
    field, drift = FIELDS[name], bench.drift[name]
    assert bench.clean[name].differences == {}
    if field.since and _number(bench.version) < _number(field.since):
        assert drift.differences == {}
        return
    shown = [path for path in drift.differences if path == field.path or is_below(path, field.path)]
    above = [path for path in drift.differences if is_below(field.path, path)]
    assert shown or above, drift.differences
    assert at(drift.inputs, field.path) == field.live
    assert bench.repaired[name].differences == {}


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def is_below(path: str, prefix: str) -> bool:
    return path.startswith((f"{prefix}.", f"{prefix}["))


def test_the_table_has_every_flag_of_docker_service_update(docker: Docker) -> None:
    """A flag that a newer docker brings needs its line above, or a reason below why it changes no field."""
    flags = set(re.findall(r"--[a-z-]+", docker("service", "update", "--help")))
    used = {word for field in FIELDS.values() if not callable(field.change) for word in field.change}
    others = {"--detach", "--no-resolve-image", "--quiet", "--rollback", "--with-registry-auth", "--replicas"}
    removals = {flag for flag in flags if flag.endswith("-rm") and f"{flag[:-2]}add" in used}
    # older clients have no such flag, so the lines above go by the API
    newer = {"--max-concurrent", "--oom-score-adj", "--health-start-interval", "--memory-swap", "--memory-swappiness"}
    assert flags - used - others - removals - newer == set()


def leaves(kind: Type, path: str) -> Iterator[str]:
    if isinstance(kind, ObjectOf) and kind.fields:
        for entry in kind.fields:
            yield from leaves(entry.type, f"{path}.{entry.wire}".lstrip("."))
    elif isinstance(kind, ListOf) and isinstance(kind.item, ObjectOf):
        yield from leaves(kind.item, f"{path}[]")
    elif isinstance(kind, MapOf) and isinstance(kind.value, ObjectOf):
        yield from leaves(kind.value, f"{path}.*")
    else:
        yield path


def test_the_table_has_a_line_for_every_input_of_a_service() -> None:
    """A new input needs its line above, or a reason why nobody can change it by hand."""
    paths = {path for entry in SPEC_INPUTS for path in leaves(entry.type, entry.wire)}
    lines = [(re.sub(r"\[\d+\]", "[]", line.path), line) for line in FIELDS.values()]

    def has_line(path: str) -> bool:
        return any(
            shown == path
            or (is_below(shown, path) and "[]" not in shown[len(path) + 2 :])
            or (is_below(path, shown) and repr(path.rpartition(".")[2]) in repr(line.live))
            for shown, line in lines
        )

    assert {path for path in paths if not has_line(path)} == NO_DRIFT.keys()
