"""The Python program of a running stack: run, it asks for what runs."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.cli.export.program_text import program
from swarm_provider.compose import load
from swarm_provider.compose.write import Running
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from swarm_provider.core.values import reveal
from swarm_provider.model import Resource
from swarm_provider.model.resources import CONFIG, NETWORK, SERVICE
from swarm_provider.plugin.protocol.values import decode
from tests.compose import cases
from tests.compose.test_write import STACK, content, network, running
from tests.resources.program import run

QUICK = ("configs_secrets", "credential_specs", "networks_aliases", "service_names", "stack_microservices")
KINDS: dict[str, Resource] = {"Service": SERVICE, "Config": CONFIG, "Network": NETWORK}


def with_files(stack: Running, folder: Path) -> dict[str, str]:
    """Write the contents of the configs; return their paths by name."""
    paths = {}
    for number, config in enumerate(stack.configs):
        path = folder / str(number)
        text = config.get("data")
        path.write_bytes(text.encode() if text is not None else base64.b64decode(config["dataBase64"]))
        paths[config["baseName"]] = str(path)
    return paths


def imported_names(args: Any) -> dict[str, Any]:
    """Outputs as those of imported objects: each keeps its name."""
    return {"name": args.inputs.get("baseName") or args.inputs.get("name")}


def kind_of(token: str) -> str:
    return token.rsplit(":", 1)[1]


def asked(text: str) -> dict[tuple[str, str], Json]:
    """Run a program; return the inputs in normal form by kind and logical name."""
    done = run(lambda: exec(compile(text, "program", "exec"), {}), outputs=imported_names)
    found = {}
    for resource in done.resources:
        kind = kind_of(resource.type)
        inputs, problems = KINDS[kind].normal(reveal(decode(resource.request.object)))
        assert not problems
        found[kind, resource.name] = inputs
    assert len(found) == len(done.resources)
    return found


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in cases.names()]
)
def test_program_written_from_a_stack_asks_for_the_stack_again(name: str, tmp_path: Path) -> None:
    project = load([str(path) for path in cases.files(name)], stack=STACK, env=cases.ENVIRONMENT)
    stack = running(project)

    text, imports = program(stack, with_files(stack, tmp_path))

    found = asked(text)
    entries = [(kind_of(entry["type"]), entry["name"], entry["id"]) for entry in imports]
    asked_for = {(kind, id): found.pop((kind, logical)) for kind, logical, id in entries}
    assert not found
    compared: tuple[tuple[str, str, Any, Callable[[Json], Any]], ...] = (
        ("Service", "name", stack.services, lambda inputs: effective(to_spec(inputs))),
        ("Network", "name", stack.networks, network),
        ("Config", "baseName", stack.configs, content),
    )
    for kind, key, live, body in compared:
        for inputs in live:
            assert body(asked_for[kind, inputs[key]]) == body(inputs)


def test_services_whose_names_are_alike_or_taken_get_variables_of_their_own() -> None:
    names = ["a-b", "a.b", "swarm", "class", "network_back", "1st"]
    stack = Running(
        STACK,
        [{"name": f"{STACK}_{name}", "image": "bb:1", "networks": [{"name": f"{STACK}_back"}]} for name in names],
        [{"name": f"{STACK}_back"}],
    )
    text, _ = program(stack, {})
    found = asked(text)
    assert len(found) == len(names) + 1
    for name in names:
        assert found["Service", f"{STACK}-{name}"]["networks"] == [{"name": f"{STACK}_back"}]
