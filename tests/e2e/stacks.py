"""What the scenario tests share: the to-do list's files in a project, programs of one stack, what docker shows."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.engine import REPO, Docker
from tests.support.pulumi import PulumiProject, Result, Step

IMAGE = "diamol/ch06-todo-list:latest"

QUICK = """
    version: "3.7"
    services:
      todo-web:
        deploy: {update_config: {monitor: 1s}}
"""
"""Merged over a step of the to-do list: its updates are watched for 1 s, not Swarm's 5 s. Nothing else changes."""


def copy_todo(app: PulumiProject) -> None:
    """Copy stacks/todo into the project, with quick.yml beside it."""
    shutil.copytree(REPO / "stacks" / "todo", app.folder / "stacks" / "todo")
    write_yaml(app, "stacks/todo/quick.yml", QUICK)


def write_yaml(app: PulumiProject, path: str, text: str) -> None:
    """Write a file whose lines are indented as the test is."""
    lines = [line for line in text.splitlines() if line.strip()]
    cut = len(lines[0]) - len(lines[0].lstrip())
    app.write(path, "\n".join(line[cut:] for line in lines) + "\n")


def stack(name: str, *files: str, more: str = "") -> str:
    """A program with one Stack of that name from files of the project; `more` are further arguments."""
    return "\n".join(
        [
            "import pulumi",
            "import swarm_provider as swarm",
            f"todo = swarm.Stack({name!r}, compose_file={list(files)!r}{', ' + more if more else ''})",
        ]
    )


def todo(*files: str) -> tuple[str, ...]:
    """Paths of files of the to-do list, with quick.yml as the last."""
    return tuple(f"stacks/todo/{name}" for name in (*files, "quick.yml"))


def step_of(result: Result, kind: str, key: str = "") -> Step:
    """The step of the one resource of that kind that changes and whose logical name ends with `key`."""
    found = [
        step
        for step in result.steps
        if step.type == f"swarm:index:{kind}" and step.name.endswith(key) and step.op not in ("same", "refresh")
    ]
    assert len(found) == 1, f"{len(found)} steps of {kind} {key!r}\n{result}"
    return found[0]


def names(docker: Docker, kind: str, prefix: str) -> list[str]:
    """Names of the configs, secrets, networks, services or volumes that begin with `prefix`, sorted."""
    listed = docker.lines(kind, "ls", "--format", "{{.Name}}")
    return sorted(name for name in listed if name.startswith(prefix))


def replicas(docker: Docker, service: str) -> str:
    """What `docker service ls` shows, such as 2/2."""
    listed = dict(line.split()[:2] for line in docker.lines("service", "ls", "--format", "{{.Name}} {{.Replicas}}"))
    return str(listed[service])


def wait_for(what: str, happens: Any, timeout: float = 60) -> None:
    """Wait until `happens()` is true."""
    end = time.monotonic() + timeout
    while not happens():
        assert time.monotonic() < end, f"not after {timeout:g} s: {what}"
        time.sleep(0.2)


class Events:
    """What the engine said happened, in its order: (type, action, name) with the seconds of each."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, str]] = []

    def add(self, event: dict[str, Any]) -> None:
        attributes = event["Actor"].get("Attributes") or {}
        name = attributes.get("com.docker.swarm.service.name") or attributes.get("name", "")
        self.seen.append((event["Type"], event["Action"], name))

    def position(self, type_: str, action: str, name: str, *, last: bool = False) -> int:
        """Where in the order this happened first (or last)."""
        found = [index for index, entry in enumerate(self.seen) if entry == (type_, action, name)]
        assert found, f"no {type_} {action} {name} in {self.seen}"
        return found[-1 if last else 0]

    def fewest_running(self, service: str, before: int) -> int:
        """The smallest number of the service's containers that ran at one time, if `before` ran at first."""
        fewest = running = before
        for type_, action, name in self.seen:
            if type_ == "container" and name == service:
                running += {"start": 1, "die": -1}.get(action, 0)
                fewest = min(fewest, running)
        return fewest


@contextmanager
def events_of(docker: Docker) -> Iterator[Events]:
    """Note what happens on the node of `docker` inside the block."""
    found = Events()
    stream = docker.api.events(decode=True)

    def listen() -> None:
        for event in stream:
            found.add(event)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield found
        # what was done last is told a moment later
        time.sleep(0.5)
    finally:
        stream.close()
        listener.join(timeout=5)
