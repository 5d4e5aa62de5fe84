"""A compose file that is written from what runs: read again, it gives the same stack."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import Project, load
from swarm_provider.compose.write import Running, Written, write
from swarm_provider.convert import objects
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec, to_spec
from swarm_provider.core import Json
from tests.compose import cases

STACK = "st"


def running(project: Project) -> Running:
    """What `docker stack deploy` would have made of a project."""
    own = {kind: [e for e in getattr(project, kind).values() if not e.external] for kind in ("networks", "configs")}
    services = [to_spec(cases.resolved(entry.inputs, project)) for entry in project.services.values()]
    return Running(
        STACK,
        [concise(from_spec(effective(spec))) for spec in services],
        [objects.network_from_spec(objects.network_to_spec(entry.inputs)) for entry in own["networks"]],
        [entry.inputs for entry in own["configs"]],
        [entry.name for entry in project.secrets.values() if not entry.external],
    )


def saved(written: Written, folder: Path) -> Path:
    for path, content in written.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        data = content.get("data")
        target.write_bytes(data.encode() if data is not None else base64.b64decode(content["dataBase64"]))
    file = folder / f"{STACK}.yml"
    file.write_text(written.text(), encoding="utf-8")
    return file


def told(project: Project) -> dict[str, Any]:
    """Everything that a project makes, in the form in which Docker compares it."""
    services: dict[str, Json] = {}
    for entry in project.services.values():
        spec = effective(to_spec(cases.resolved(entry.inputs, project)))
        if spec["TaskTemplate"]["ContainerSpec"].get("Init") is False:
            # an update keeps what is live where the file says nothing (convert/minimal_update.py)
            del spec["TaskTemplate"]["ContainerSpec"]["Init"]
        services[spec["Name"]] = spec
    return {
        "services": services,
        **{
            kind: {e.name: body(e.inputs) for e in getattr(project, kind).values() if not e.external}
            for kind, body in (("networks", network), ("configs", content))
        },
    }


def network(inputs: Json) -> Json:
    return objects.network_from_spec(objects.network_to_spec(inputs))


def content(inputs: Json) -> Json:
    return objects.config_to_spec({**inputs, "name": inputs["baseName"]})


@pytest.mark.parametrize("name", cases.names())
def test_file_written_from_a_stack_gives_the_stack_again(name: str, tmp_path: Path) -> None:
    project = load([str(path) for path in cases.files(name)], stack=STACK, env=cases.ENVIRONMENT)
    again = load([str(saved(write(running(project)), tmp_path))], stack=STACK, env={})
    assert told(again) == told(project)
