"""Each rule of the policy pack: a service that breaks it, and one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.policies.services import RULES
from swarm_provider.plan.policies.stacks import STACK_RULES, Part

LIMITED: Json = {"resources": {"limits": {"memory": "64M"}}}
CHECKED: Json = {"healthcheck": {"test": ["CMD", "true"]}}
PUBLISHED: Json = {"ports": [{"target": 80, "published": 8080}]}
DATA: Json = {"volumes": [{"type": "volume", "source": "data", "target": "/data"}]}
ORDERED: Json = {"replicas": 2, "updateConfig": {"order": "start-first"}}
BY_NAME = {rule.name: rule for rule in RULES}


def service(deploy: Any = None, **parts: Any) -> Json:
    own = deploy if deploy is UNKNOWN else {**LIMITED, **(deploy or {})}
    return {"name": "web", "image": "bb:1", "deploy": own, **parts}


def mount(source: str, type_: str = "bind") -> Json:
    return service(volumes=[{"type": type_, "source": source, "target": "/x"}])


def host(**deploy: Any) -> Json:
    return service(deploy, ports=[{"target": 80, "published": 80, "mode": "host"}], **CHECKED)


GOOD = service(ORDERED, **PUBLISHED, **CHECKED)
BREAKING: list[tuple[str, Json, Json]] = [
    ("latest-image", service(image="bb"), {}),
    ("no-limits", {"name": "web", "image": "bb:1"}, {}),
    ("credential", service(environment={"DB_PASSWORD": "hunter22"}), {}),
    ("shared-local-volume", service({"replicas": 2}, **DATA), {}),
    ("unpinned-local-volume", service(**DATA), {}),
    ("single-replica", service({**ORDERED, "replicas": 1}, **PUBLISHED, **CHECKED), {}),
    ("single-replica", GOOD, {"minimum": 3}),
    ("no-healthcheck", service(ORDERED, **PUBLISHED), {}),
    ("no-healthcheck", service(ORDERED, **PUBLISHED, healthcheck={"disable": True}), {}),
    ("no-healthcheck", service(), {"published": False}),
    ("update-order", service({"replicas": 2}, **PUBLISHED, **CHECKED), {}),
    ("failure-ignored", service({"updateConfig": {"failureAction": "continue"}}), {}),
    ("no-restart", service({"restartPolicy": {"condition": "none"}}), {}),
    ("host-port", host(replicas=2), {}),
    ("host-port", host(), {}),
    ("host-mount", mount("/var/run/docker.sock"), {}),
    ("host-mount", mount("/var/run"), {}),
    ("host-mount", mount("/"), {}),
    ("host-mount", mount(r"\\.\pipe\docker_engine", "npipe"), {}),
    ("capability", service(capAdd=["CAP_SYS_ADMIN"]), {}),
    ("unconfined", service(securityOpt=["seccomp:unconfined"]), {}),
    ("forbidden-port", service(ORDERED, **CHECKED, ports=[{"target": 5432, "published": 15432}]), {}),
    ("registry", service(image="evil.example.com/bb:1"), {"allowed": ["docker.io", "registry.example.com/team"]}),
    ("registry", service(image="registry.example.com/teamster/bb:1"), {"allowed": ["registry.example.com/team"]}),
]
KEEPING: list[tuple[str, Json, Json]] = [
    *((rule.name, GOOD, {}) for rule in RULES),
    ("latest-image", service(image=UNKNOWN), {}),
    ("single-replica", service({"mode": "global"}, **PUBLISHED), {}),
    ("single-replica", service({"replicas": UNKNOWN}, **PUBLISHED), {}),
    ("single-replica", service(UNKNOWN, **PUBLISHED), {}),
    ("single-replica", service({"replicas": 0}, **PUBLISHED), {}),
    ("no-healthcheck", service(), {}),
    ("no-healthcheck", service(**PUBLISHED, healthcheck=UNKNOWN), {}),
    ("update-order", service({"replicas": 2}, **PUBLISHED, **DATA), {}),
    ("update-order", host(replicas=2), {}),
    ("no-restart", service({"mode": "replicated-job", "restartPolicy": {"condition": "none"}}), {}),
    ("host-port", host(replicas=1), {}),
    ("host-port", host(mode="global"), {}),
    ("host-port", host(replicas=4, placement={"maxReplicasPerNode": 1}), {}),
    ("host-mount", mount("/etc/localtime"), {}),
    ("host-mount", mount("/srv/data"), {}),
    ("host-mount", mount("/var/run/docker.sock"), {"exempt": ["w*"]}),
    ("host-mount", mount("/proc"), {"paths": ["/etc"]}),
    ("capability", service(capAdd=["NET_BIND_SERVICE"]), {}),
    ("unconfined", service(securityOpt=["no-new-privileges:true"]), {}),
    ("registry", service(image="registry.example.com/team/bb:1"), {"allowed": ["registry.example.com/team"]}),
    ("registry", service(image="bb:1"), {"allowed": ["docker.io"]}),
]


@pytest.mark.parametrize(("name", "inputs", "settings"), BREAKING)
def test_service_that_breaks_a_rule_is_told_with_its_name(name: str, inputs: Json, settings: Json) -> None:
    (text,) = BY_NAME[name].broken_by("service", inputs, settings)
    assert "web" in text and "hunter22" not in text


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_service_that_breaks_a_rule_breaks_no_other_one(name: str) -> None:
    inputs = next(inputs for rule, inputs, _ in BREAKING if rule == name)
    others = [rule for rule in RULES if rule.name != name and rule.broken_by("service", inputs, {})]
    assert [rule.name for rule in others] == []


@pytest.mark.parametrize(("name", "inputs", "settings"), KEEPING)
def test_service_that_keeps_a_rule_is_left_alone(name: str, inputs: Json, settings: Json) -> None:
    assert BY_NAME[name].broken_by("service", inputs, settings) == []


def test_every_rule_has_a_service_that_breaks_it() -> None:
    assert {name for name, _, _ in BREAKING} == set(BY_NAME)


def test_credential_in_a_config_breaks_the_rule_of_credentials() -> None:
    config = {"baseName": "app", "name": "app-1", "data": "password = hunter22"}
    (text,) = BY_NAME["credential"].broken_by("config", config, {})
    assert "'app'" in text and "hunter22" not in text
    assert BY_NAME["credential"].broken_by("config", {**config, "data": "theme = light"}, {}) == []
    assert BY_NAME["credential"].broken_by("config", config, {"exempt": ["app"]}) == []


# ------------------------------------------------------------------------------------------------------ stacks


def part(kind: str, name: str, *needs: str, **values: Any) -> Part:
    return Part(f"urn::{name}", kind, {"name": name, **values}, frozenset(f"urn::{need}" for need in needs))


def broken(name: str, *parts: Part, **settings: Any) -> list[tuple[str, str]]:
    (rule,) = (rule for rule in STACK_RULES if rule.name == name)
    return rule.broken_by(parts, settings)


SECRET = part("Secret", "db-1", baseName="db")


def test_secret_that_no_service_uses_is_told() -> None:
    ((text, urn),) = broken("unused", SECRET, part("Service", "web"))
    assert text.startswith("secret db is used by no service") and urn == SECRET.urn


@pytest.mark.parametrize(
    "user",
    [
        part("Service", "web", secrets=[{"source": "db"}]),
        part("Service", "web", secrets=[{"source": "db-1"}]),
        part("Service", "web", "db-1", secrets=UNKNOWN),
        part("Release", "shop", "db-1"),
    ],
)
def test_secret_that_a_service_uses_is_not_told(user: Part) -> None:
    assert broken("unused", SECRET, user) == []
    assert broken("unused", SECRET, part("Service", "web"), exempt=["db"]) == []


def test_memory_limits_of_all_replicas_are_held_against_the_budget() -> None:
    parts = [
        part("Service", "web", deploy={"replicas": 3, **LIMITED}),
        part("Service", "agent", deploy={"mode": "global", **LIMITED}),
        part("Service", "open"),
        part("Service", "later", deploy={"replicas": UNKNOWN, "resources": UNKNOWN}),
    ]
    ((text, urn),) = broken("memory-budget", *parts, memory="255M")
    assert "come to 256M, and 255M are allowed" in text and urn == ""
    assert broken("memory-budget", *parts, memory="256M") == []
    assert broken("memory-budget", *parts) == []


def test_service_with_secrets_in_a_network_that_is_not_encrypted_is_told() -> None:
    user = part("Service", "web", secrets=[{"source": "db"}], networks=[{"name": "back"}])
    ((text, urn),) = broken("open-network", part("Network", "back", driver="overlay"), user)
    assert "its network back is not encrypted" in text and urn == user.urn
    assert broken("open-network", part("Network", "back", driverOpts={"encrypted": ""}), user) == []
    assert broken("open-network", part("Network", "back"), part("Service", "web", networks=[{"name": "back"}])) == []
    assert broken("open-network", user) == []
