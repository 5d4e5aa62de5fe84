"""The table of templates against a real engine: what is told is refused, and what is taken draws no word."""

from __future__ import annotations

from typing import Any

import pytest

from tests.model.template_cases import ACCEPTED, NOT_FORETOLD, REFUSED
from tests.support.engine import Docker

pytestmark = pytest.mark.live
MOUNT = {"Type": "volume", "Source": "a", "Target": "/x"}


def is_taken(docker: Docker, name: str, **container: Any) -> bool:
    """Whether the manager makes a service of this container's spec (without any task)."""
    api = docker.api
    task = {"ContainerSpec": {"Image": "bb:1", **container}}
    body = {"Name": name, "TaskTemplate": task, "Mode": {"Replicated": {"Replicas": 0}}}
    answer = api._post_json(api._url("/services/create"), body)
    if answer.status_code < 300:
        api.remove_service(answer.json()["ID"])
        return True
    assert "expanding" in answer.json()["message"]
    return False


def test_engine_says_what_the_table_says(docker: Docker, unique: str) -> None:
    for text in ACCEPTED:
        assert is_taken(docker, unique, Env=[f"A={text}"]), text
    for text in (*REFUSED, *NOT_FORETOLD):
        assert not is_taken(docker, unique, Env=[f"A={text}"]), text


@pytest.mark.parametrize(
    ("container", "taken"),
    [
        ({"Hostname": "{{.foo}}"}, False),
        ({"Mounts": [{**MOUNT, "Source": "{{.foo}}"}]}, False),
        ({"Mounts": [{**MOUNT, "Target": "/{{.foo}}"}]}, False),
        ({"Mounts": [{**MOUNT, "VolumeOptions": {"Labels": {"a": "{{.foo}}"}}}]}, False),
        ({"Mounts": [{**MOUNT, "VolumeOptions": {"DriverConfig": {"Options": {"a": "{{.foo}}"}}}}]}, False),
        ({"Mounts": [{**MOUNT, "VolumeOptions": {"DriverConfig": {"Name": "{{.foo}}"}}}]}, True),
        ({"Env": ["{{.foo}}=1", "{{.foo}}"]}, True),
        ({"Args": ["{{.foo}}"], "Labels": {"a": "{{.foo}}"}}, True),
    ],
)
def test_engine_expands_these_places_and_no_others(
    docker: Docker, unique: str, container: dict[str, Any], taken: bool
) -> None:
    assert is_taken(docker, unique, **container) is taken
