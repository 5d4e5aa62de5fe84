"""A changed service is converted once a form, from Read to the POST, however many phases ask for it.

The calls are counted in the plugin process itself: a profiler sees each time that a conversion really runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from swarm_provider.core import Json
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

COUNTING = """
import os, sys, threading
calls = os.open(os.environ["CALLS"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
def count(frame, event, arg):
    code = frame.f_code
    if event == "call" and code.co_name in ("to_spec", "effective") and "convert" in code.co_filename:
        os.write(calls, code.co_name.encode() + b"\\n")
sys.setprofile(count)
threading.setprofile(count)
"""
WEB: Json = {
    "image": "bb:1",
    "namespace": "shop",
    "resolveImage": "never",
    "wait": False,
    "command": ["sleep", "1000"],
    "environment": {"B": "2", "A": "1"},
    "ports": [{"target": 81, "mode": "host"}, {"target": 80, "mode": "host"}],
    "volumes": [{"type": "tmpfs", "target": "/t"}],
    "deploy": {"resources": {"limits": {"memory": "32M"}}, "updateConfig": {"order": "start-first"}},
}


@dataclass
class Counted:
    """A plugin process of a run that begins, and how often it converted something."""

    plugin: Plugin
    file: Path

    def calls(self) -> Counter[str]:
        return Counter(self.file.read_text().split())


@pytest.fixture
def counted(engine: Engine, docker: Docker, tmp_path: Path) -> Iterator[Counted]:
    (tmp_path / "sitecustomize.py").write_text(COUNTING)
    with Plugin(engine.host, env={"PYTHONPATH": str(tmp_path), "CALLS": str(tmp_path / "calls")}) as plugin:
        yield Counted(plugin, tmp_path / "calls")


def made(plugin: Plugin, name: str, inputs: Json) -> tuple[Json, Json]:
    news = plugin.inputs("Service", name, {**inputs, "name": name})
    _, state = plugin.create("Service", name, news)
    return news, state


def run(plugin: Plugin, name: str, news: Json, olds: Json, state: Json) -> list[str]:
    """Ask what Pulumi asks of a service in one `up`: Read, Check, Diff, the preview of the update, the update."""
    _, read, outputs = plugin.read("Service", name, name, olds, state)
    wanted = plugin.inputs("Service", name, {**news, "name": name}, read)
    answer = plugin.diff("Service", name, name, read, wanted, outputs)
    if answer.diffs:
        plugin.update("Service", name, name, read, wanted, outputs, preview=True)
        plugin.update("Service", name, name, read, wanted, outputs)
    return list(answer.diffs)


@pytest.mark.parametrize(
    "change",
    [
        {"environment": {"B": "2", "A": "other"}},
        {"deploy": {**WEB["deploy"], "replicas": 2}},
        {"deploy": {**WEB["deploy"], "labels": {"a": "b"}}},
        {"ports": WEB["ports"][:1], "user": "1", "init": True},
    ],
    ids=["environment", "replicas", "label", "several"],
)
def test_changed_service_is_converted_twice_and_compared_in_three_forms(
    counted: Counted, plugin: Plugin, docker: Docker, unique: str, change: Json
) -> None:
    olds, state = made(plugin, unique, WEB)
    sent_before = docker.service(unique)["Version"]["Index"]
    assert run(counted.plugin, unique, {**WEB, **change}, olds, state)
    assert docker.service(unique)["Version"]["Index"] > sent_before
    calls = counted.calls()
    assert 1 <= calls["to_spec"] <= 2, calls
    assert 1 <= calls["effective"] <= 3, calls


def test_unchanged_service_is_converted_once_and_compared_in_two_forms(
    counted: Counted, plugin: Plugin, docker: Docker, unique: str
) -> None:
    olds, state = made(plugin, unique, WEB)
    assert not run(counted.plugin, unique, WEB, olds, state)
    assert counted.calls() == {"to_spec": 1, "effective": 2}
