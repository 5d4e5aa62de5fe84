"""`depends_on` of a compose file as a real order: a database, then a migration, then the application."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = [pytest.mark.e2e, pytest.mark.long]

COMPOSE = """
services:
  app:
    image: bb:1
    command: sleep 600
    depends_on:
      migration: {condition: service_completed_successfully}
      db: {condition: service_healthy}
  migration:
    image: bb:1
    command: sh -c "sleep 1; echo ${STEP:-one}"
    depends_on: {db: {condition: service_healthy}}
    deploy: {mode: replicated-job, restart_policy: {condition: none}}
  db:
    image: bb:1
    command: sh -c "sleep 2; touch /ready; sleep 600"
    healthcheck: {test: "test -e /ready", interval: 0.5s, retries: 20}
"""
PROGRAM = """
import swarm_provider as swarm

swarm.Stack("s", compose_file="s.yml", name="UNIQUE", wait=False, env={"STEP": "STEP_NOW"})
"""


def started(docker: Docker, service: str) -> str:
    """When the newest task of a service began, as Docker tells it."""
    task = docker.tasks(service, running=False)[-1]
    assert task["Status"]["State"] in ("running", "complete")
    container = task["Status"]["ContainerStatus"]["ContainerID"]
    return str(docker.json("container", "inspect", container)[0]["State"]["StartedAt"])


def ended(docker: Docker, service: str) -> str:
    task = docker.tasks(service, running=False)[-1]
    return str(
        docker.json("container", "inspect", task["Status"]["ContainerStatus"]["ContainerID"])[0]["State"]["FinishedAt"]
    )


def test_migration_runs_after_the_database_and_before_the_application_once_per_change(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app, migration, db = (f"{unique}_{key}" for key in ("app", "migration", "db"))
    stack = project(PROGRAM.replace("UNIQUE", unique).replace("STEP_NOW", "one"))
    stack.write("s.yml", COMPOSE)
    stack.up().assert_ok()
    docker.wait_running(app)
    # what stands in depends_on is waited for, although the Stack does not wait
    # Swarm says "running" once the container is healthy
    (healthy,) = [task["Status"]["Timestamp"] for task in docker.tasks(db)]
    assert healthy < started(docker, migration)
    assert ended(docker, migration) < started(docker, app)
    assert len(docker.tasks(migration, running=False)) == 1

    # unchanged: it does not run again, also where its neighbour changes
    stack.write("s.yml", COMPOSE.replace("command: sleep 600", "command: sleep 601"))
    assert stack.up().assert_ok().changes == {"update": 1}
    assert len(docker.tasks(migration, running=False)) == 1

    # changed: it runs again, before the application does
    docker.wait_settled(app)
    before = docker.task_ids(app)
    stack.program(PROGRAM.replace("UNIQUE", unique).replace("STEP_NOW", "two"))
    stack.write("s.yml", COMPOSE.replace("command: sleep 600", "command: sleep 602"))
    assert stack.up().assert_ok().changes == {"update": 2}
    docker.wait_settled(app)
    docker.wait_running(app)
    assert len(docker.tasks(migration, running=False)) == 2
    assert ended(docker, migration) < started(docker, app)
    assert docker.task_ids(app) != before
    stack.assert_no_changes()
