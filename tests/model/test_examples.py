"""The examples of the schema: each is run, or held against the schema; compilers read them in e2e/test_examples.py."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from swarm_provider import testing
from swarm_provider.core.values import UNKNOWN
from swarm_provider.model import RESOURCES
from swarm_provider.model.examples.reading import GO_SDK, LANGUAGES, TITLES, programs
from swarm_provider.model.schema import schema
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

SCHEMA = schema("1.2.3")
EXAMPLES = {name: dict(programs(name)) for name in TITLES}
SETTINGS = {"project:dbPassword": "canary", "project:imageTag": "1.4"}
COMPOSE = """\
services:
  db: {image: "postgres:${TAG}", secrets: [db-password]}
secrets:
  db-password: {external: true}
"""
PARENTS = ("Provider", "Stack", "ConfigDirectory")
"""What the plugin has no Check for."""
_MADE = {
    "typescript": re.compile(r'new swarm\.(\w+)\("([\w-]+)"'),
    "python": re.compile(r'swarm\.([A-Z]\w+)\(\s*"([\w-]+)"'),
    "go": re.compile(r'swarm\.New(\w+)\(ctx, "([\w-]+)"'),
}
_REFERENCE = re.compile(r"^\$\{(\w+)(?:\.(\w+))?(?:\[.*)?\}$")


def files(folder: Path) -> None:
    """Write the files that the examples name."""
    (folder / "shop.yml").write_text(COMPOSE)
    (folder / "conf.d").mkdir()
    (folder / "conf.d" / "web.conf").write_text("listen 80;\n")


def of_yaml(text: str) -> dict[str, dict[str, Any]]:
    """The resources of a YAML program by the name that it has for them."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(text)["resources"]
    return found


def kind_of(entry: dict[str, Any]) -> str:
    token = str(entry["type"])
    return "Provider" if token.startswith("pulumi:providers:") else token.removeprefix("swarm:")


def test_every_resource_has_an_example_in_every_language() -> None:
    names = {"Provider", *(token.rpartition(":")[2] for token in SCHEMA["resources"])}
    assert EXAMPLES.keys() == names >= {resource.name for resource in RESOURCES.values()}
    assert all(example.keys() == LANGUAGES.keys() for example in EXAMPLES.values())


def test_no_file_of_an_example_is_left_over() -> None:
    folder = Path(testing.__file__).parent / "model" / "examples" / "programs"
    assert len([*folder.iterdir()]) == len(EXAMPLES) * len(LANGUAGES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_description_has_the_example_where_pulumi_looks_for_it(name: str) -> None:
    described = SCHEMA["provider"] if name == "Provider" else SCHEMA["resources"][f"swarm:index:{name}"]
    text = described["description"]
    sentence, _, rest = text.partition("\n\n{{% examples %}}\n")
    assert sentence and "{{%" not in sentence and rest.endswith("{{% /example %}}\n{{% /examples %}}")
    assert re.findall(r"^```(\w+)$", rest, re.MULTILINE) == [*LANGUAGES]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_makes_the_same_in_every_language(name: str) -> None:
    example = EXAMPLES[name]
    made = {language: pattern.findall(example[language]) for language, pattern in _MADE.items()}
    made["yaml"] = [(kind_of(entry), entry.get("name", key)) for key, entry in of_yaml(example["yaml"]).items()]
    assert made["python"] and all(found == made["python"] for found in made.values()), made
    assert any(kind == name for kind, _ in made["python"])


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_in_go_imports_the_sdk_from_where_the_schema_says(name: str) -> None:
    assert SCHEMA["language"]["go"]["importBasePath"] == GO_SDK
    assert f'\t"{GO_SDK}"\n' in EXAMPLES[name]["go"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_in_python_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files(tmp_path)
    (tmp_path / "program.py").write_text(EXAMPLES[name]["python"])
    mocked = testing.set_mocks()
    pulumi.runtime.set_all_config(SETTINGS, ["project:dbPassword"])
    mocked.run(lambda: runpy.run_path("program.py") and None)
    asked = {made for made in _MADE["python"].findall(EXAMPLES[name]["python"]) if made[0] not in PARENTS}
    registered = {(one.kind, one.name) for one in mocked.resources}
    assert registered >= asked and (name in PARENTS[1:] or registered == asked)
    assert registered, "a component makes resources"
    assert [text for text in mocked.warnings if not text.endswith("(no-limits)")] == []


def bound(value: Any, resources: dict[str, dict[str, Any]], settings: dict[str, Any]) -> Any:
    """A value of a YAML program with its references unknown; each refers to something that there is."""
    if isinstance(value, dict):
        return {key: bound(entry, resources, settings) for key, entry in value.items()}
    if isinstance(value, list):
        return [bound(entry, resources, settings) for entry in value]
    found = _REFERENCE.match(value) if isinstance(value, str) else None
    if found is None:
        return value
    name, output = found.groups()
    if name in settings:
        return SETTINGS[f"project:{name}"]
    token = f"swarm:index:{kind_of(resources[name])}"
    assert output in SCHEMA["resources"][token]["properties"], value
    return UNKNOWN


def of_swarm(text: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    program = yaml.safe_load(text)
    for key, entry in program["resources"].items():
        given = bound(entry.get("properties", {}), program["resources"], program.get("config", {}))
        bound(program.get("outputs", {}), program["resources"], {})
        yield kind_of(entry), entry.get("name", key), given


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_in_yaml_is_what_the_provider_takes(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files(tmp_path)
    with InProcess(MemorySwarm(nodes=("node-1", "node-2"))) as run:
        for kind, logical, given in of_swarm(EXAMPLES[name]["yaml"]):
            described = SCHEMA["provider"] if kind == "Provider" else SCHEMA["resources"][f"swarm:index:{kind}"]
            assert given.keys() <= described["inputProperties"].keys()
            if kind not in PARENTS:
                run.create(kind, logical, run.inputs(kind, logical, given), preview=True)
