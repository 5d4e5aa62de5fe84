"""S9: a database keeps its data in a named volume over updates of the service."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import stack, step_of, write_yaml
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

DATABASE = """
    version: "3.7"
    services:
      todo-db:
        image: diamol/postgres:11.5
        environment:
          PGDATA: "/var/lib/postgresql/data/pgdata"
          POSTGRES_PASSWORD: only-for-this-test
        volumes:
          - todo-db-data:/var/lib/postgresql/data
        deploy:
          replicas: 1
          update_config: {monitor: 1s}
    volumes:
      todo-db-data:
"""
READY = "until pg_isready -q -h /run/postgresql; do sleep 0.1; done; "


def sql(docker: Docker, service: str, text: str) -> str:
    """Run SQL in the service's database on this node, once that answers; return the rows as text."""
    # a worker can be asked for containers, not for tasks
    (container,) = docker.lines("ps", "-q", "--filter", f"label=com.docker.swarm.service.name={service}")
    return docker("exec", container, "sh", "-c", f'{READY}psql -h /run/postgresql -U postgres -qtA -c "{text}"')


def test_s9_database_keeps_its_rows_over_updates_of_its_service(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, "db.yml"))
    write_yaml(app, "db.yml", DATABASE)
    app.up().assert_ok()
    service, volume = f"{unique}_todo-db", f"{unique}_todo-db-data"
    sql(docker, service, "create table todo as select 'buy milk' as item")
    app.assert_no_changes()
    made = docker.json("volume", "inspect", volume)[0]
    assert made["Labels"]["com.docker.stack.namespace"] == unique
    (old,) = docker.task_ids(service)
    limits = "deploy:\n          resources: {limits: {cpus: '0.50', memory: 500M}}"
    write_yaml(app, "db.yml", DATABASE.replace("deploy:", limits))

    updated = app.up("--diff").assert_ok()

    assert set(step_of(updated, "Service").detailed_diff) == {
        "deploy.resources.limits.cpus",
        "deploy.resources.limits.memory",
    }
    assert docker.task_ids(service).isdisjoint({old}), "the container was replaced"
    assert sql(docker, service, "select item from todo") == "buy milk"
    assert docker.json("volume", "inspect", volume)[0]["CreatedAt"] == made["CreatedAt"]
    app.assert_no_changes()


def test_s9_preview_warns_when_a_database_would_start_empty(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, "db.yml"))
    write_yaml(app, "db.yml", DATABASE)
    app.up().assert_ok()
    write_yaml(app, "db.yml", DATABASE.replace("todo-db-data", "other-data"))

    preview = app.preview(diff=True).assert_ok()

    said = [line for line in preview.output.splitlines() if "empty" in line]
    assert any(f"{unique}_other-data" in line and f"{unique}_todo-db-data" in line for line in said), preview
    assert f"{unique}_todo-db-data" in docker("volume", "ls", "-q")
