"""The one rule book: a `Service` and a compose file are refused for the same reasons, in the same words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import load
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.errors import InputError
from swarm_provider.model.rules import refusals
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.handlers.family.config import ConfigHandler
from swarm_provider.plugin.handlers.network import NetworkHandler
from swarm_provider.plugin.handlers.service.handler import ServiceHandler
from swarm_provider.plugin.handlers.volume import VolumeHandler
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.operations import Request
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.swarms.reach import Ways

SETTINGS = Settings(ConnectionSettings())
HOST = {"target": 80, "published": 80, "mode": "host"}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"image": "BB"}, "image", "must be lowercase"),
    (
        {"deploy": {"resources": {"limits": {"cpus": "0.0001"}}}},
        "deploy.resources.limits.cpus",
        "must be at least 0.001 cpus",
    ),
    (
        {"deploy": {"resources": {"reservations": {"memory": "1b"}}}},
        "deploy.resources.reservations.memory",
        "must be at least 4 MiB",
    ),
    ({"deploy": {"placement": {"constraints": ["nonsense"]}}}, "deploy.placement.constraints", "has no operator"),
    (
        {"deploy": {"placement": {"constraints": ["node.role == wor>ker"]}}},
        "deploy.placement.constraints",
        "has an invalid key or value",
    ),
    ({"healthcheck": {"test": ["CMD", "x"], "interval": "1ns"}}, "healthcheck.interval", "must be at least 1ms"),
    (
        {"deploy": {"update_config": {"max_failure_ratio": 7}}},
        "deploy.update_config.max_failure_ratio",
        "must be between 0 and 1",
    ),
    ({"deploy": {"update_config": {"delay": "-1s"}}}, "deploy.update_config.delay", "cannot be negative"),
    ({"deploy": {"rollback_config": {"monitor": "-1s"}}}, "deploy.rollback_config.monitor", "cannot be negative"),
    ({"deploy": {"restart_policy": {"window": "-1s"}}}, "deploy.restart_policy.window", "cannot be negative"),
    ({"deploy": {"mode": "global", "replicas": 2}}, "deploy.replicas", "cannot have replicas"),
    (
        {"deploy": {"mode": "replicated-job", "update_config": {"parallelism": 2}}},
        "deploy.update_config",
        "a job cannot have an update_config",
    ),
    ({"deploy": {"endpoint_mode": "dnsrr"}, "ports": ["80:80"]}, "ports", "need endpoint_mode vip"),
    ({"ports": ["80:80", "80:81"]}, "ports", "port 80/tcp is published twice"),
    ({"volumes": ["/a:/x", "/b:/x"]}, "volumes", "two mounts have the target '/x'"),
    ({"volumes": [{"type": "tmpfs", "source": "a", "target": "/x"}]}, "volumes", "a tmpfs has no source"),
    ({"volumes": [{"type": "bind", "target": "/x"}]}, "volumes", "a mount of type 'bind' needs a source"),
    (
        {"volumes": [{"type": "tmpfs", "target": "/x", "bind": {"propagation": "slave"}}]},
        "volumes",
        "options of 'bind' are not allowed in a mount of type 'tmpfs'",
    ),
    (
        {"volumes": [{"type": "bind", "source": "/a", "target": "/x", "bind": {"propagation": "slav"}}]},
        "volumes",
        "must be one of private, rprivate, shared, rshared, slave, rslave, not 'slav'",
    ),
    ({"volumes": [{"type": "bind", "source": "/a"}]}, "volumes", "'target' is missing"),
    ({"healthcheck": {"test": ["CMD"]}}, "healthcheck", "has no command after CMD"),
    ({"extra_hosts": ["a:b"]}, "extra_hosts", "a host needs an IP address, or host-gateway"),
    (
        {"healthcheck": {"test": ["CMD", "x"], "disable": True}},
        "healthcheck",
        "'test' and 'disable' are mutually exclusive",
    ),
    (
        {"credential_spec": {"file": "a", "registry": "b"}},
        "credential_spec",
        "only one of config, file and registry can be set",
    ),
    ({"deploy": {"mode": "replicatd"}}, "deploy.mode", "did you mean 'replicated'?"),
    ({"deploy": {"endpoint_mode": "dns"}}, "deploy.endpoint_mode", "must be one of vip, dnsrr, not 'dns'"),
    ({"deploy": {"update_config": {"failure_action": "stop"}}}, "deploy.update_config.failure_action", "not 'stop'"),
    ({"deploy": {"restart_policy": {"condition": "never"}}}, "deploy.restart_policy.condition", "not 'never'"),
    ({"ports": [{"target": 80, "published": 70000}]}, "ports", "must be at most 65535, not 70000"),
    (
        {"configs": [{"source": "a", "target": "/x"}, {"source": "b", "target": "/x"}]},
        "configs",
        "two configs have the target '/x'",
    ),
]


def check(handler: type[Handler], request: Request, news: dict[str, Any]) -> None:
    run = Run(Session(SETTINGS, EngineLog(None), Ways(SETTINGS)))
    with run.during(request.urn, Phase.CHECK):
        asyncio.run(handler(run).check(request, {}, news))


def of_service(given: dict[str, Any], name: str = "web") -> list[tuple[str, str]]:
    """What Check of the plugin says; it needs no swarm to say it."""
    news = {"image": "bb:1", **given}
    with pytest.raises(InputError) as caught:
        check(ServiceHandler, Request(f"urn:pulumi:d::p::swarm:index:Service::{name}", name), news)
    return [(problem.path, problem.message) for problem in caught.value.problems]


def of_compose(folder: Path, given: dict[str, Any]) -> list[tuple[str, str]]:
    lines = [f"    {key}: {json.dumps(value)}\n" for key, value in {"image": "bb:1", **given}.items()]
    configs = json.dumps({"a": {"content": "1"}, "b": {"content": "2"}})
    (folder / "c.yml").write_text(f"services:\n  web:\n{''.join(lines)}configs: {configs}\n")
    with pytest.raises(InputError) as caught:
        load([str(folder / "c.yml")], stack="s", env={})
    for problem in caught.value.problems:
        assert problem.file.endswith("c.yml") and problem.line >= 3
    return [(problem.path.removeprefix("services.web."), problem.message) for problem in caught.value.problems]


@pytest.mark.parametrize(("given", "path", "words"), WRONG, ids=[words for _, _, words in WRONG])
def test_service_and_compose_file_are_refused_in_the_same_words(
    tmp_path: Path, given: dict[str, Any], path: str, words: str
) -> None:
    [(there, message)] = of_service(given)
    assert words in message
    [(here, same)] = of_compose(tmp_path, given)
    assert same == message
    # a position may stand for what several files gave, so files are told the list
    assert here.partition("[")[0] == path
    assert there.partition("[")[0] == path


def test_many_ports_that_are_published_twice_are_one_line() -> None:
    assert of_service({"ports": ["1-65535:1-65535", "1-65535:1-65535"]}) == [
        ("ports", "1/tcp and 65534 more ports are published twice; remove one")
    ]


@pytest.mark.parametrize("name", ["a" * 64, "-web", "we b", "web."])
def test_name_of_a_service(name: str) -> None:
    [(path, message)] = of_service({}, name)
    assert path == "name"
    assert repr(name) in message


@pytest.mark.parametrize(
    ("kind", "name", "right"),
    [
        ("network", "a.b", False),
        ("network", "a" * 64, False),
        ("network", "a-b_c", True),
        ("config", "a.b", True),
        ("config", "a b", False),
        ("secret", "a.", False),
        ("volume", "a/b", False),
        ("volume", " ", False),
        ("volume", "a.b", True),
    ],
)
def test_names_of_objects(kind: str, name: str, right: bool) -> None:
    assert (refusals.name(kind, name) == []) is right


def test_handlers_of_networks_configs_and_volumes_ask_for_the_name() -> None:
    wrong: list[tuple[type[Handler], dict[str, Any]]] = [
        (NetworkHandler, {"name": "a.b"}),
        (ConfigHandler, {"baseName": "a b", "data": "x"}),
        (VolumeHandler, {"name": "a/b"}),
    ]
    for handler, news in wrong:
        with pytest.raises(InputError, match="cannot be the name of a"):
            check(handler, Request("urn:pulumi:d::p::swarm:index:X::x", "x"), news)


def test_zero_is_no_limit_and_breaks_no_rule() -> None:
    zero = {"deploy": {"resources": {"limits": {"cpus": "0", "memory": "0"}}}, "healthcheck": {"interval": "0s"}}
    assert refusals.service({"name": "web", "image": "bb:1", **zero}) == []


def test_what_is_not_known_yet_breaks_no_rule() -> None:
    for key in ("image", "deploy", "healthcheck", "ports", "configs", "volumes", "name", "dns"):
        assert refusals.service({"name": "web", "image": "bb:1", key: UNKNOWN}) == []
    inner = {"placement": UNKNOWN, "resources": UNKNOWN, "updateConfig": UNKNOWN, "mode": UNKNOWN}
    assert refusals.service({"name": "web", "image": "bb:1", "deploy": inner}) == []


def test_secret_values_are_looked_at_too() -> None:
    [problem] = refusals.service({"name": "web", "image": "bb:1", "ports": Secret([HOST, HOST])})
    assert problem.path == "ports"
