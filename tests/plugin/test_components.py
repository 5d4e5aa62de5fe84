"""Components of programs in other languages: the plugin's process runs the Python class, against a resource monitor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pulumi
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import alias_pb2, provider_pb2

import swarm_provider as swarm
from swarm_provider.core.values import OF_OUTPUT, OF_RESOURCE, SIGNATURE, UNKNOWN, Secret
from swarm_provider.plugin.protocol.values import decode, encode
from tests.resources.program import run
from tests.support.monitor import Monitor
from tests.support.protocol import Plugin

SHOP = """
services:
  web:
    image: web:${TAG:-1}
    environment: {MODE: "${MODE:-dev}", FIXED: "1"}
    configs: [{source: app, target: /etc/app.json}]
    secrets: [password]
    networks: [front]
    volumes: ["data:/data"]
  worker: {image: "worker:1", depends_on: [web], networks: [front]}
configs:
  app: {file: app.json}
secrets:
  password: {external: true}
networks:
  front: {attachable: true}
volumes:
  data: {}
"""
KEYS = ["app", "front", "password", "web", "worker"]
STACK = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"
DATABASE = "urn:pulumi:dev::proj::other:index:Database::db"
REFERENCE = "urn:pulumi:dev::proj::pulumi:providers:swarm::default::0123"


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    """One plugin process, for a swarm that nobody asks anything of."""
    with Plugin("tcp://127.0.0.1:1") as running:
        yield running


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.yml").write_text(SHOP)
    (tmp_path / "app.json").write_text('{"a": 1}')
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.conf").write_text("a")
    (tmp_path / "conf.d" / "b.conf").write_text("b")
    return tmp_path


def output(value: Any, *urns: str, secret: bool = False) -> struct_pb2.Struct:
    """An Output as SDKs send it; None: not known yet."""
    fields: dict[str, Any] = {SIGNATURE: OF_OUTPUT, "secret": secret, "dependencies": list(urns)}
    return encode(fields if value is None else {**fields, "value": value})


def construct(
    plugin: Plugin,
    monitor: Monitor,
    inputs: Mapping[str, Any],
    name: str = "shop",
    kind: str = "Stack",
    **options: Any,
) -> provider_pb2.ConstructResponse:
    struct = encode({key: value for key, value in inputs.items() if not isinstance(value, struct_pb2.Struct)})
    for key, value in inputs.items():
        if isinstance(value, struct_pb2.Struct):
            struct.fields[key].struct_value.CopyFrom(value)
    request = provider_pb2.ConstructRequest(
        project="proj",
        stack="dev",
        dryRun=monitor.preview,
        monitorEndpoint=monitor.address,
        type=f"swarm:index:{kind}",
        name=name,
        inputs=struct,
        **{"parent": STACK, "parallel": 2, **options},
    )
    answer: provider_pb2.ConstructResponse = plugin.stub.Construct(request, timeout=120)
    return answer


def below(urns: Iterable[str]) -> list[str]:
    """URNs without project and stack, which the mocks of older SDKs have of their own."""
    return sorted(urn.split("::", 2)[2] for urn in urns)


def refused(plugin: Plugin, inputs: Mapping[str, Any], *, preview: bool = True, **options: Any) -> str:
    with Monitor(preview=preview) as monitor, pytest.raises(grpc.RpcError) as told:
        construct(plugin, monitor, inputs, **options)
    error: Any = told.value
    assert "\n" not in error.details()
    assert not monitor.requests, "nothing is begun"
    return str(error.details())


def test_resources_are_those_that_the_python_class_registers(plugin: Plugin, folder: Path) -> None:
    file = str(folder / "shop.yml")
    with Monitor() as monitor:
        construct(plugin, monitor, {"composeFile": file, "env": {"TAG": 3}, "secrets": {"password": Secret("hunter2")}})

    def program() -> swarm.Stack:
        secrets = {"password": pulumi.Output.secret("hunter2")}
        return swarm.Stack("shop", compose_file=file, env={"TAG": 3}, secrets=secrets)

    python = run(program)
    theirs = {entry.name: entry.request for entry in python.resources}
    ours = {request.name: request for request in monitor.requests}
    assert sorted(ours) == sorted(theirs) == ["shop", *(f"shop-{key}" for key in KEYS)]
    for name, request in ours.items():
        assert request.type == theirs[name].type
        assert decode(request.object) == decode(theirs[name].object)
        assert below(request.dependencies) == below(theirs[name].dependencies)
    assert {request.parent.rpartition("::")[2] for name, request in ours.items() if name != "shop"} == {"shop"}


def test_program_reads_what_a_release_says_too(plugin: Plugin, folder: Path) -> None:
    with Monitor() as monitor:
        answer = construct(plugin, monitor, {"composeFile": [str(folder / "shop.yml")], "secrets": {"password": "x"}})
    state = decode(answer.state)
    assert answer.urn == "urn:pulumi:dev::proj::swarm:index:Stack::shop"
    assert state["stackName"] == "shop"
    assert state["services"]["web"] == {"name": "shop_web", "serviceId": "docker-id", "image": "web:1", "endpoint": {}}
    assert (state["networks"], state["configs"], state["secrets"]) == (
        {"front": "shop_front"},
        {"app": "shop_app-0123abcd"},
        {"password": "shop_password-0123abcd"},
    )


@pytest.mark.parametrize(
    "secrets",
    [
        {"password": Secret("hunter2")},
        Secret({"password": "hunter2"}),
        output({"password": "hunter2"}, DATABASE, secret=True),
    ],
    ids=["an entry", "all", "an Output of all"],
)
def test_secret_stays_secret_whatever_of_it_is_marked(plugin: Plugin, folder: Path, secrets: Any) -> None:
    with Monitor() as monitor:
        construct(plugin, monitor, {"composeFile": str(folder / "shop.yml"), "secrets": secrets})
    assert monitor.inputs("shop-password")["data"] == Secret("hunter2")


def test_value_that_is_not_known_yet_is_one_text_of_the_preview(plugin: Plugin, folder: Path) -> None:
    env = encode({"TAG": "2"})
    env.fields["MODE"].struct_value.CopyFrom(output(None, DATABASE))
    with Monitor(preview=True) as monitor:
        construct(plugin, monitor, {"composeFile": str(folder / "shop.yml"), "env": env, "secrets": {"password": "x"}})
    web = monitor.inputs("shop-web")
    assert web["image"] == "web:2"
    assert web["environment"] in (UNKNOWN, {"MODE": UNKNOWN, "FIXED": "1"})
    assert DATABASE in monitor["shop-web"].dependencies
    assert DATABASE not in monitor["shop-worker"].dependencies


def test_mapping_whose_dependencies_are_told_of_it_alone_has_keys(plugin: Plugin, folder: Path) -> None:
    depends_on = {"secrets": provider_pb2.ConstructRequest.PropertyDependencies(urns=[DATABASE])}
    inputs = {"composeFile": str(folder / "shop.yml"), "secrets": {"password": {"name": UNKNOWN}}}
    with Monitor(preview=True) as monitor:
        construct(plugin, monitor, inputs, inputDependencies=depends_on)
    assert monitor.inputs("shop-web")["secrets"][0]["source"] is UNKNOWN
    assert DATABASE in monitor["shop-web"].dependencies
    assert "shop-password" not in {request.name for request in monitor.requests}, "it is one that exists"


def reference(kind: str, name: str, id: str) -> struct_pb2.Struct:
    """A resource as SDKs send it."""
    return encode({SIGNATURE: OF_RESOURCE, "urn": f"urn:pulumi:dev::proj::swarm:index:{kind}::{name}", "id": id})


def bound(key: str, value: struct_pb2.Struct) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.fields[key].struct_value.CopyFrom(value)
    return found


@pytest.mark.parametrize("id", ["word", ""], ids=["made", "not made yet"])
def test_resource_that_is_bound_is_referred_to_and_waited_for(plugin: Plugin, folder: Path, id: str) -> None:
    secrets = bound("password", reference("Secret", "word", id))
    with Monitor(preview=True) as monitor:
        construct(plugin, monitor, {"composeFile": str(folder / "shop.yml"), "secrets": secrets})
    assert monitor.inputs("shop-web")["secrets"][0]["source"] == (id or UNKNOWN)
    assert "urn:pulumi:dev::proj::swarm:index:Secret::word" in monitor["shop-web"].dependencies
    assert "shop-password" not in {request.name for request in monitor.requests}, "its name is no content"


def test_resource_of_another_kind_is_refused(plugin: Plugin, folder: Path) -> None:
    secrets = bound("password", reference("Network", "net", "net"))
    told = refused(plugin, {"composeFile": str(folder / "shop.yml"), "secrets": secrets})
    assert told == "secrets: must be a Secret (or a name), not the Network 'net'"


def test_options_reach_the_resources(plugin: Plugin, folder: Path) -> None:
    with Monitor() as monitor:
        construct(
            plugin,
            monitor,
            {"composeFile": str(folder / "shop.yml"), "secrets": {"password": "x"}},
            dependencies=[DATABASE],
            protect=True,
            providers={"swarm": f"{REFERENCE}4"},
            aliases=[alias_pb2.Alias(spec=alias_pb2.Alias.Spec(name="old"))],
        )
    assert monitor["shop"].aliases[0].spec.name == "old"
    assert monitor["shop"].protect
    web = monitor["shop-web"]
    assert web.provider == f"{REFERENCE}4"
    assert web.protect
    assert DATABASE in web.dependencies


def test_resources_have_the_provider_that_was_asked_for_the_component(folder: Path) -> None:
    urn, _, id = REFERENCE.rpartition("::")
    with Plugin("tcp://127.0.0.1:1") as plugin, Monitor() as monitor:
        plugin.stub.Configure(provider_pb2.ConfigureRequest(acceptSecrets=True, urn=urn, id=id))
        construct(plugin, monitor, {"composeFile": str(folder / "shop.yml"), "secrets": {"password": "x"}})
    assert {request.provider for request in monitor.requests if request.custom} == {REFERENCE}


def test_several_components_are_made_at_the_same_time(plugin: Plugin, folder: Path) -> None:
    inputs = {"composeFile": str(folder / "shop.yml"), "secrets": {"password": "x"}}
    names = ["a", "b", "c"]
    with Monitor(together=len(names)) as monitor, ThreadPoolExecutor(len(names)) as threads:
        done = threads.map(lambda name: construct(plugin, monitor, inputs, name), names)
        assert [decode(answer.state)["stackName"] for answer in done] == names


def test_state_says_nothing_of_the_plugins_own_files(plugin: Plugin, folder: Path) -> None:
    with Monitor() as monitor:
        construct(plugin, monitor, {"composeFile": str(folder / "shop.yml"), "secrets": {"password": "x"}})
    for request in monitor.requests:
        assert not request.sourcePosition.uri
        assert not request.stackTrace.frames


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "'compose_file' is missing"),
        ({"composeFil": "x"}, "unknown key 'composeFil'; did you mean 'compose_file'?"),
        ({"composeFile": "nowhere.yml"}, "nowhere.yml"),
        ({"composeFile": UNKNOWN}, "compose_file: must be known at preview"),
        ({"composeFile": "x", "secrets": UNKNOWN}, "secrets: its keys must be known at preview"),
        ({"composeFile": "x", "name": Secret("hunter2")}, "name: must not be secret"),
        ({"composeFile": "x", "env": UNKNOWN}, "env: its keys must be known at preview"),
        ({"composeFile": "x", "secrets": {"a": {"nam": "x"}}}, "secrets['a']: must be the content as text, or {name:"),
        ({"composeFile": "x", "dialect": "dockr"}, "must be one of docker, compose-spec, not 'dockr'"),
    ],
)
def test_wrong_input_is_one_line(plugin: Plugin, inputs: dict[str, Any], message: str) -> None:
    assert message in refused(plugin, inputs)


def test_mistake_in_a_file_is_told_with_its_line(plugin: Plugin, folder: Path) -> None:
    (folder / "wrong.yml").write_text("services:\n  web:\n    imagee: x\n")
    told = refused(plugin, {"composeFile": str(folder / "wrong.yml")})
    assert told.endswith("wrong.yml:3: services.web.imagee: unknown key 'imagee'; did you mean 'image'?")


def test_secret_of_the_stack_configuration_is_in_no_message(plugin: Plugin, folder: Path) -> None:
    inputs = {"composeFile": "hunter2.yml"}
    config: dict[str, Any] = {"config": {"proj:pass": "hunter2"}, "configSecretKeys": ["proj:pass"]}
    assert "hunter2" not in refused(plugin, inputs, **config)


def test_component_that_this_version_has_not_is_named(plugin: Plugin) -> None:
    assert "has no component 'swarm:index:Stak'" in refused(plugin, {}, kind="Stak")


def test_refused_registration_is_one_line_of_pulumis(plugin: Plugin, folder: Path) -> None:
    inputs = {"composeFile": str(folder / "shop.yml"), "secrets": {"password": "x"}}
    with Monitor() as monitor, pytest.raises(grpc.RpcError) as told:
        monitor.refuses = {"shop-front": "Duplicate resource URN"}
        construct(plugin, monitor, inputs)
    assert told.value.details() == "Duplicate resource URN"


def test_files_of_a_folder_are_configs_and_entries_of_a_service(plugin: Plugin, folder: Path) -> None:
    with Monitor() as monitor:
        answer = construct(
            plugin,
            monitor,
            {"directory": str(folder / "conf.d"), "target": "/etc/nginx/conf.d/", "labels": {"a": "b"}},
            name="conf",
            kind="ConfigDirectory",
        )
    assert decode(answer.state) == {
        "configs": {"a.conf": "conf-a.conf-0123abcd", "b.conf": "conf-b.conf-0123abcd"},
        "mounts": [
            {"source": "conf-a.conf-0123abcd", "target": "/etc/nginx/conf.d/a.conf"},
            {"source": "conf-b.conf-0123abcd", "target": "/etc/nginx/conf.d/b.conf"},
        ],
    }
    assert monitor.inputs("conf-a.conf")["labels"] == {"a": "b"}
