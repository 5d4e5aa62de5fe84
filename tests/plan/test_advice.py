"""Which advice is given, and when none is."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.advice import ADVICE
from swarm_provider.plan.ownership.advice import on_config, on_service, on_swarm

NODES: list[Json] = [{"Spec": {"Role": "manager"}}, {"Spec": {"Role": "worker"}}]
LIMITED: Json = {"resources": {"limits": {"memory": "64M"}}}
LOCAL: Json = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
NFS: Json = {"volumes": [{**LOCAL["volumes"][0], "volume": {"driverOpts": {"type": "nfs"}}}]}


def names(nodes: list[Json] = NODES, **parts: Any) -> list[str]:
    deploy = {**LIMITED, **parts.pop("deploy", {})}
    return [name for name, _ in on_service({"image": "bb:1", "deploy": deploy, **parts}, nodes)]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, []),
        ({"image": "bb"}, ["latest-image"]),
        ({"image": "bb:latest"}, ["latest-image"]),
        ({"image": "bb@sha256:" + "0" * 64}, []),
        ({"image": UNKNOWN}, []),
        ({"deploy": {"resources": {"limits": {"cpus": "1"}}}}, ["no-limits"]),
        ({"deploy": {"resources": UNKNOWN}}, []),
        ({"environment": {"DB_PASSWORD": "hunter22"}}, ["credential"]),
        ({"environment": {"DB_PASSWORD": Secret("hunter22")}}, []),
        ({"environment": {"DB_PASSWORD_FILE": "/run/secrets/db"}}, []),
        (LOCAL, ["unpinned-local-volume"]),
        ({**LOCAL, "deploy": {"placement": {"constraints": ["node.labels.a == b"]}}}, []),
        ({**LOCAL, "deploy": {"replicas": 2}}, ["shared-local-volume"]),
        ({**LOCAL, "deploy": {"replicas": 0}}, []),
        ({**LOCAL, "deploy": {"mode": "global"}}, []),
        (NFS, []),
    ],
)
def test_service_gets_the_advice_that_fits(parts: Json, expected: list[str]) -> None:
    assert names(**parts) == expected


def test_volumes_draw_no_advice_on_a_swarm_of_one_node() -> None:
    assert names(NODES[:1], **LOCAL) == []


def test_single_manager_of_several_nodes_draws_advice() -> None:
    assert [name for name, _ in on_swarm(NODES)] == ["single-manager"]
    assert on_swarm(NODES[:1]) == on_swarm([NODES[0], NODES[0]]) == []


def test_config_with_a_credential_draws_advice_that_does_not_tell_it() -> None:
    ((name, text),) = on_config("app", "password = hunter22")
    assert name == "credential"
    assert "hunter22" not in text


def test_every_name_is_known() -> None:
    given = {
        "latest-image",
        "no-limits",
        "credential",
        "unpinned-local-volume",
        "shared-local-volume",
        "single-manager",
    }
    assert set(ADVICE) == given
