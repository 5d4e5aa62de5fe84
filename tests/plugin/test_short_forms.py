"""Short forms are expanded once: by whoever reads them first. Later steps find long forms, and leave them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import load
from swarm_provider.compose.children import Settings, filled, plan
from swarm_provider.core.names import camel, snake
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import ListOf, MapOf, ObjectOf, Type
from swarm_provider.plugin.protocol.values import decode, encode
from swarm_provider.resources.arguments.wire import to_wire
from swarm_provider.resources.program.registry import Program

SHORT: dict[str, Any] = {
    "image": "bb:1",
    "command": "sh -c 'echo $$HOME'",
    "entrypoint": "sleep 1d",
    "environment": ["A=1", "B"],
    "labels": ["a=1", "b"],
    "ports": ["8080:80", "9000-9001:90-91/udp", 70],
    "volumes": ["data:/data:ro", "/etc/x:/etc/x:rslave", "/y"],
    "extra_hosts": {"db": "10.0.0.1", "v6": "[::1]"},
    "healthcheck": {"test": "curl localhost"},
    "ulimits": {"nofile": 1024},
    "networks": {"back": {"aliases": ["x"]}, "front": None},
    "dns": "10.0.0.2",
    "configs": ["app"],
    "secrets": ["key"],
    "security_opt": ["no-new-privileges=true"],
    "deploy": {"labels": {"n": 1}},
}
FILE = """
services:
  web:
    image: "bb:1"
    command: "sh -c 'echo $$$$HOME'"
    environment: ["A=1", "B="]
    labels: ["a=1", "b"]
    ports: ["8080:80", "9000-9001:90-91/udp"]
    volumes: ["data:/data:ro", "/etc/x:/etc/x:rslave", "/y"]
    extra_hosts: {db: 10.0.0.1, v6: "[::1]"}
    healthcheck: {test: curl localhost}
    ulimits: {nofile: 1024}
    networks: [back]
    dns: 10.0.0.2
    configs: [app]
    platform: linux/x86_64
    deploy: {labels: {n: 1}}
networks: {back: {}}
configs: {app: {content: x}}
volumes: {data: {}}
"""


def types_of(kind: Type) -> Iterator[Type]:
    yield kind
    inner = {ListOf: ("item",), MapOf: ("value",)}.get(type(kind), ())
    for name in inner:
        yield from types_of(getattr(kind, name))
    if isinstance(kind, ObjectOf):
        for field in kind.fields:
            yield from types_of(field.type)


@pytest.fixture
def expanded() -> Iterator[list[Any]]:
    """Each value that a type of a service has made another one of, in order."""
    found: list[Any] = []

    def counting(before: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def count(value: Any) -> Any:
            result = before(value)
            if result != value:
                found.append(value)
            return result

        return count

    kinds = [kind for kind in {id(kind): kind for kind in types_of(SERVICE.shape)}.values() if kind.before is not None]
    originals = [kind.before for kind in kinds]
    for kind in kinds:
        assert kind.before is not None
        # frozen, and shared by all properties of that type
        object.__setattr__(kind, "before", counting(kind.before))
    yield found
    for kind, before in zip(kinds, originals, strict=True):
        object.__setattr__(kind, "before", before)


def checked(inputs: dict[str, Any]) -> dict[str, Any]:
    """What the plugin's Check makes of what arrives on the wire."""
    normal, problems = SERVICE.normal(decode(encode(inputs)))
    assert problems == []
    # the wire gives the keys of a mapping in any order, and the order of networks means nothing
    return {**normal, "networks": sorted(normal["networks"], key=lambda network: str(network["name"]))}


def in_long_forms() -> dict[str, Any]:
    return checked(to_wire(SERVICE.shape, SHORT))


def test_program_expands_each_and_the_plugin_leaves_them(expanded: list[Any]) -> None:
    sent = to_wire(SERVICE.shape, SHORT)
    assert len(expanded) == len({repr(value) for value in expanded}) == 17
    expanded.clear()
    assert checked(sent) and expanded == []


def test_plugin_expands_what_programs_in_other_languages_send(expanded: list[Any]) -> None:
    normal = checked({camel(key): value for key, value in SHORT.items()})
    assert len(expanded) == len({repr(value) for value in expanded}) == 17
    # maps of the wire have no order, and networks come from one
    assert SERVICE.shape.key(normal) == SERVICE.shape.key(in_long_forms())


def test_what_a_compose_file_says_is_expanded_where_it_is_read(tmp_path: Path, expanded: list[Any]) -> None:
    (tmp_path / "c.yml").write_text(FILE)
    planned = plan(load([tmp_path / "c.yml"], stack="s", env={}), "s", Settings(), {})
    (service,) = [child for child in planned.children if child.kind == "service"]
    names: dict[tuple[str, str], Any] = {(child.kind, child.key): child.key for child in planned.children}
    inputs = filled(service.inputs, {**planned.references, **names}, str)
    sent = to_wire(SERVICE.shape, {snake(key): value for key, value in inputs.items()})
    normal = checked(sent)
    assert expanded == []
    assert [port["target"] for port in normal["ports"]] == [80, 90, 91]


def test_mount_of_a_program_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(short_forms, "_volume_option", lambda entry, option, value: read.append(value))
    mount = Program().mount("data:/data:ro")
    to_wire(SERVICE.shape, {"volumes": [mount]})
    assert read == ["data:/data:ro"]
