"""`swarm-provider rollback` on a real engine: what returns, in which order, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.cli.__main__ import main
from swarm_provider.core import labels
from tests.support.engine import Docker

pytestmark = pytest.mark.live

FIRST, SECOND = "20260101T000000Z-aaaaaaaa", "20260102T000000Z-bbbbbbbb"
QUICK = ("--update-monitor", "1s", "--rollback-monitor", "1s", "--stop-signal", "SIGKILL")


def member(docker: Docker, stack: str, name: str, *args: str) -> None:
    own = ("--label", f"{labels.NAMESPACE}={stack}")
    name = f"{stack}_{name}"
    docker("service", "create", "--detach", "--name", name, *own, *QUICK, *args, "bb:1", "sleep", "100000")
    docker.wait_running(name)


def changed(docker: Docker, stack: str, name: str, *args: str) -> None:
    docker("service", "update", "--detach", *args, f"{stack}_{name}")
    docker.wait_settled(f"{stack}_{name}")


def run_label(name: str) -> tuple[str, str]:
    return "--label", f"{labels.RUN}={name}"


def spec(docker: Docker, stack: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = docker.service(f"{stack}_{name}")["Spec"]
    return found


def test_services_of_the_latest_deploy_return_in_its_order(
    docker: Docker, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("db", "web", "still"):
        member(docker, unique, name, *run_label(FIRST))
    before = {name: spec(docker, unique, name) for name in ("db", "web", "still")}
    still = docker.task_ids(f"{unique}_still")
    for name in ("db", "web"):
        changed(docker, unique, name, "--label-add", f"{labels.RUN}={SECOND}", "--env-add", "LEVEL=debug")
    after = {name: spec(docker, unique, name) for name in before}

    assert main(["rollback", unique, "--dry-run", "--host", docker.host]) == 0
    told = capsys.readouterr().out
    assert f"the latest deploy is {SECOND}" in told
    assert f"{unique}_db returns: 1 task of {unique}_db restarts because environment changes" in told
    assert f"{unique}_still stays: not changed by the latest deploy" in told
    assert {name: spec(docker, unique, name) for name in before} == after

    assert main(["rollback", unique, "--host", docker.host]) == 0
    told = capsys.readouterr().out
    assert told.index(f"{unique}_db runs what ran before") < told.index(f"{unique}_web runs what ran before")
    assert {name: spec(docker, unique, name) for name in before} == before
    assert docker.task_ids(f"{unique}_still") == still
    db, web = (docker.service(f"{unique}_{name}")["UpdateStatus"] for name in ("db", "web"))
    assert db["CompletedAt"] <= web["StartedAt"]

    assert main(["rollback", unique, "--host", docker.host]) == 1
    assert "nothing to roll back: no service of stack" in capsys.readouterr().err
    assert {name: spec(docker, unique, name) for name in before} == before


def test_stack_of_docker_returns_after_a_yes_and_nothing_does_where_a_config_is_gone(
    docker: Docker, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in "12":
        docker("config", "create", f"{unique}-{number}", "-", stdin=number)
    member(docker, unique, "web", "--config", f"{unique}-1")
    member(docker, unique, "db")
    changed(docker, unique, "web", "--config-rm", f"{unique}-1", "--config-add", f"{unique}-2")
    changed(docker, unique, "db", "--env-add", "LEVEL=debug")
    newer = {name: spec(docker, unique, name) for name in ("web", "db")}

    docker("config", "rm", f"{unique}-1")
    assert main(["rollback", unique, "--yes", "--host", docker.host]) == 1
    message = capsys.readouterr().err
    assert f"nothing was done: what ran before cannot run again, since {unique}_web needs config {unique}-1" in message
    assert message.count("\n") == 1
    assert {name: spec(docker, unique, name) for name in newer} == newer

    docker("service", "rm", f"{unique}_web")
    assert main(["rollback", unique, "--host", docker.host]) == 1
    said = capsys.readouterr().err
    assert f"nothing tells whether the same deploy changed {unique}_db; pass --yes" in said
    assert spec(docker, unique, "db") == newer["db"]
    assert main(["rollback", unique, "--yes", "--host", docker.host]) == 0
    assert spec(docker, unique, "db")["TaskTemplate"]["ContainerSpec"].get("Env") is None


def test_service_that_does_not_run_again_is_told_and_those_after_it_stay(
    docker: Docker, unique: str, capsys: pytest.CaptureFixture[str]
) -> None:
    member(docker, unique, "db", *run_label(FIRST), "--constraint", "node.labels.gone != yes")
    member(docker, unique, "web", *run_label(FIRST))
    for name, extra in (("db", ("--constraint-rm", "node.labels.gone != yes")), ("web", ())):
        run = ("--label-add", f"{labels.RUN}={SECOND}", "--env-add", "LEVEL=debug")
        changed(docker, unique, name, *run, *extra)
    newer = spec(docker, unique, "web")
    (node,) = docker.lines("node", "ls", "--format", "{{.ID}}")
    docker("node", "update", "--label-add", "gone=yes", node)
    try:
        assert main(["rollback", unique, "--host", docker.host]) == 1
    finally:
        docker("node", "update", "--label-rm", "gone", node)
    told = capsys.readouterr().err
    assert f"swarm-provider: {unique}_db: " in told and "no suitable node" in told
    assert f"{unique}_web stays as it is, since {unique}_db does not run" in told
    assert spec(docker, unique, "web") == newer


def test_stack_that_is_not_there_is_one_line(docker: Docker, unique: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rollback", unique, "--host", docker.host]) == 1
    assert capsys.readouterr().err == f"swarm-provider: {docker.host} has no service of a stack {unique!r}\n"
