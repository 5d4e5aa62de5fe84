"""Which advice is given, and when none is."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.advice import ADVICE
from swarm_provider.plan.ownership.advice import Advice, describe, on_config, on_service, on_swarm

NODES: list[Json] = [{"Spec": {"Role": "manager"}}, {"Spec": {"Role": "worker"}}]
LIMITED: Json = {"resources": {"limits": {"memory": "64M"}}}
LOCAL: Json = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
NFS: Json = {"volumes": [{**LOCAL["volumes"][0], "volume": {"driverOpts": {"type": "nfs"}}}]}


def names(nodes: list[Json] = NODES, **parts: Any) -> list[str]:
    deploy = {**LIMITED, **parts.pop("deploy", {})}
    return [one.name for one in on_service({"image": "bb:1", "deploy": deploy, **parts}, nodes)]


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
    assert [one.name for one in on_swarm(NODES)] == ["single-manager"]
    assert on_swarm(NODES[:1]) == on_swarm([NODES[0], NODES[0]]) == []


def test_config_with_a_credential_draws_advice_that_does_not_tell_it() -> None:
    (text,) = describe(on_config("app", "password = hunter22"))
    assert text.startswith("'app' seems to contain a credential") and text.endswith("(credential)")
    assert "hunter22" not in text


def many(name: str, number: int, detail: str = "") -> list[Advice]:
    return [Advice(name, "service", f"s{index}", detail) for index in range(number)]


def test_services_that_need_the_same_advice_share_a_line() -> None:
    found = [*many("no-limits", 3), *many("latest-image", 1, "'bb'"), *many("no-limits", 3)]
    assert describe(found) == [
        "s0 ('bb') uses an image without a version: tasks run what 'latest' was when it was deployed; use a tag or a "
        "digest (latest-image)",
        "s0, s1 and s2 have no memory limit: one task can use all the memory of its node; set "
        "deploy.resources.limits.memory (no-limits)",
    ]


def test_long_list_of_services_is_cut_short() -> None:
    (text,) = describe(many("no-limits", 100))
    assert text.startswith("s0, s1, s10, s11, s12 and 95 more have no memory limit")
    (text,) = describe(many("no-limits", 6))
    assert text.startswith("s0, s1, s2, s3, s4 and s5 have"), "one more name is as short as its number"


def test_each_credential_is_named() -> None:
    (text,) = describe(many("credential", 20, "DB_PASSWORD"))
    assert all(f"environment.DB_PASSWORD of s{index}" in text for index in range(20))


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", ADVICE)
def test_every_advice_has_its_sentence(name: str, number: int) -> None:
    of = "swarm" if name == "single-manager" else "service"
    (text,) = describe([Advice(name, of, f"s{index}", "x") for index in range(number)])
    assert text.endswith(f" ({name})")
    assert of == "swarm" or all(f"s{index}" in text for index in range(number))


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
