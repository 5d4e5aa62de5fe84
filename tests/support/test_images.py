"""The stand-ins behave as far as the stacks here rely on the images that they stand in for."""

from __future__ import annotations

import json

import pytest

from tests.support.engine import Docker

pytestmark = pytest.mark.live


def test_todo_runs_without_any_config(docker: Docker, todo_images: tuple[str, str], unique: str) -> None:
    docker("service", "create", "--detach", "--name", unique, todo_images[0])
    docker.wait_running(unique)
    answer = json.loads(docker.exec_in(unique, "wget", "-qO-", "http://127.0.0.1/"))
    assert answer == {"application": "todo-list", "secrets": False, "config": None}


def test_todo_answers_with_its_config_but_never_with_its_secret(
    docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    docker("config", "create", f"{unique}-c", "-", stdin='{"Provider": "Postgres"}')
    docker("secret", "create", f"{unique}-s", "-", stdin='{"Password": "hunter2"}')
    docker(
        *("service", "create", "--detach", "--name", unique),
        *("--config", f"source={unique}-c,target=/app/config/config.json"),
        *("--secret", f"source={unique}-s,target=/app/config/secrets.json"),
        todo_images[0],
    )
    docker.wait_running(unique)
    answer = docker.exec_in(unique, "wget", "-qO-", "http://127.0.0.1/")
    assert json.loads(answer)["config"] == {"Provider": "Postgres"}
    assert json.loads(answer)["secrets"] is True
    assert "hunter2" not in answer
    assert "hunter2" in docker.exec_in(unique, "cat", "/app/config/secrets.json")


def test_postgres_keeps_rows_in_its_volume(docker: Docker, todo_images: tuple[str, str], unique: str) -> None:
    docker(
        *("service", "create", "--detach", "--name", unique, "--env", "POSTGRES_PASSWORD=x"),
        *("--mount", f"type=volume,source={unique},target=/data", "--env", "PGDATA=/data/db"),
        todo_images[1],
    )
    docker.wait_running(unique)
    ready = "until pg_isready -q -h /run/postgresql; do sleep 0.1; done; "
    sql = "psql -h /run/postgresql -U postgres -tA -c "
    docker.exec_in(unique, "sh", "-c", ready + sql + "'create table t as select 7 as n'")
    docker("service", "update", "--force", "--detach=false", "--quiet", unique)
    assert docker.exec_in(unique, "sh", "-c", ready + sql + "'select n from t'") == "7"
