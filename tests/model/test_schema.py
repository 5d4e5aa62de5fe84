"""The Pulumi schema says what the definition says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Any

import pytest

import swarm_provider.resources
from swarm_provider.model import FUNCTIONS, RESOURCES
from swarm_provider.model.provider import PROVIDER
from swarm_provider.model.schema import given, schema
from tools.generate.codegen import files

SCHEMA = schema("1.2.3")


def walk(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for entry in value.values():
            yield from walk(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from walk(entry)


def test_schema_is_json_and_carries_the_version() -> None:
    assert json.loads(json.dumps(SCHEMA))["version"] == "1.2.3"


@pytest.mark.parametrize("token", RESOURCES)
def test_every_input_that_a_user_gives_is_in_the_schema(token: str) -> None:
    described = SCHEMA["resources"][token]
    inputs = given(RESOURCES[token].inputs)
    assert list(described["inputProperties"]) == [entry.wire for entry in inputs]
    assert described["requiredInputs"] == [entry.wire for entry in inputs if entry.required]


@pytest.mark.parametrize("token", RESOURCES)
def test_every_output_is_in_the_schema(token: str) -> None:
    assert {entry.wire for entry in RESOURCES[token].outputs} <= SCHEMA["resources"][token]["properties"].keys()


def test_computed_inputs_are_not_offered() -> None:
    config = SCHEMA["resources"]["swarm:index:Config"]["inputProperties"]
    assert "baseName" in config
    assert not config.keys() & {"name", "familyId", "superseded", "owner"}
    assert "name" not in SCHEMA["types"]["swarm:index:ServiceConfig"]["properties"]


def test_secret_content_is_marked() -> None:
    secret = SCHEMA["resources"]["swarm:index:Secret"]["inputProperties"]
    assert [name for name, entry in secret.items() if entry.get("secret")] == ["data", "dataBase64"]
    assert SCHEMA["types"]["swarm:index:RegistryAuth"]["properties"]["password"]["secret"] is True


def test_every_reference_leads_to_a_type() -> None:
    references = {entry["$ref"] for entry in walk(SCHEMA) if "$ref" in entry} - {"pulumi.json#/Any"}
    assert references
    assert {f"#/types/{token}" for token in SCHEMA["types"]} >= references


def test_names_go_over_the_wire_in_camel_case() -> None:
    names = [name for entry in walk(SCHEMA) for key in ("properties", "inputProperties") for name in entry.get(key, {})]
    assert [name for name in names if not re.fullmatch(r"[a-z][a-zA-Z0-9]*", name)] == []


def test_short_forms_are_offered_beside_the_long_ones() -> None:
    ports = SCHEMA["resources"]["swarm:index:Service"]["inputProperties"]["configs"]
    assert {"type": "string"} in ports["items"]["oneOf"]


def test_provider_configuration_is_the_definition() -> None:
    names = [entry.wire for entry in PROVIDER.inputs]
    assert list(SCHEMA["config"]["variables"]) == list(SCHEMA["provider"]["inputProperties"]) == names


def test_every_lookup_is_in_the_schema() -> None:
    assert SCHEMA["functions"].keys() == FUNCTIONS.keys()


def test_python_sdk_made_of_the_schema_does_not_take_the_place_of_this_package() -> None:
    name = SCHEMA["language"]["python"]["packageName"]
    assert name.replace("_", "-") != metadata("swarm-provider")["Name"]
    assert not name.startswith(swarm_provider.__name__)


@pytest.mark.parametrize("name", files())
def test_generated_classes_are_up_to_date(name: str) -> None:
    committed = Path(swarm_provider.resources.__file__).with_name(name).read_text()
    assert committed == files()[name], "run: python -m tools.generate.codegen"
