"""Outputs: what other languages, policies and `get` see of a resource, which is its inputs too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from swarm_provider.core.values import UNKNOWN, Secret, has_secret, reveal
from swarm_provider.model import RESOURCES
from swarm_provider.model.schema import schema
from tests.support.in_process import InProcess, Made
from tests.support.memory_swarm import MemorySwarm

WEB: dict[str, Any] = {
    "image": "bb:1",
    "wait": False,
    "environment": {"MODE": "prod", "TOKEN": Secret("canary-token")},
    "networks": ["back"],
    "ports": ["8080:80"],
    "deploy": {"replicas": 2, "update_config": {"order": "start-first"}},
}
SHOWN: dict[str, dict[str, Any]] = {
    "Network": {"attachable": True},
    "Config": {"data": "one", "labels": ["a=b"]},
    "Secret": {"data": "canary-content", "keep_previous": 2},
    "Volume": {"driver_opts": {"type": "nfs"}},
    "NodeLabel": {"node": "*", "key": "disk", "value": "ssd"},
    "Node": {"node": "node1", "availability": "active"},
    "Service": {**WEB, "networks": []},
}


def repeated(made: Made) -> dict[str, Any]:
    """The inputs that the outputs have to repeat."""
    model = RESOURCES[f"swarm:index:{made.kind}"]
    own = {entry.wire for entry in model.outputs}
    left = {"data", "dataBase64", "file"} if made.kind in ("Config", "Secret") else set()
    names = {entry.wire for entry in model.inputs if not entry.computed} - own - left
    return {key: value for key, value in made.inputs.items() if key in names}


def without_inputs(made: Made) -> Made:
    """The resource as earlier versions kept it: outputs that repeat nothing."""
    own = {entry.wire for entry in RESOURCES[f"swarm:index:{made.kind}"].outputs}
    state = {key: value for key, value in made.state.items() if key in own or key.startswith("__")}
    return Made(made.kind, made.name, made.id, made.inputs, state)


@pytest.mark.parametrize("kind", SHOWN)
def test_outputs_repeat_the_inputs_when_made_and_when_read(run: InProcess, kind: str) -> None:
    made = run.make(kind, "it", **SHOWN[kind])
    assert repeated(made)
    assert repeated(made).items() <= made.state.items()
    read = run.refresh(made)
    assert repeated(read).items() <= read.state.items()


@pytest.mark.parametrize("kind", SHOWN)
def test_preview_of_a_new_resource_knows_its_inputs(run: InProcess, kind: str) -> None:
    inputs = run.inputs(kind, "it", SHOWN[kind])
    id, state = run.create(kind, "it", inputs, preview=True)
    assert repeated(Made(kind, "it", id, inputs, state)).items() <= state.items()


def test_name_of_a_network_is_an_output_in_the_preview_too(run: InProcess) -> None:
    inputs = run.inputs("Network", "back", {})
    assert run.create("Network", "back", inputs, preview=True)[1]["name"] == "back"


def test_unknown_input_is_an_unknown_output_of_the_preview(run: InProcess) -> None:
    inputs = run.inputs("Config", "app", {"data": "1", "labels": {"a": UNKNOWN}})
    assert run.create("Config", "app", inputs, preview=True)[1]["labels"] == {"a": UNKNOWN}


@pytest.mark.parametrize("preview", [True, False])
def test_changed_service_shows_its_new_inputs(run: InProcess, preview: bool) -> None:
    run.make("Network", "back")
    made = run.make("Service", "web", **WEB)
    changed = run.change(made, preview=preview, **{**WEB, "deploy": {"replicas": 5}})
    assert changed.made.state["deploy"] == {"replicas": 5}


def test_scaled_service_that_the_program_ignores_shows_the_live_number(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Network", "back")
    made = run.make("Service", "web", **WEB)
    live = swarm.live("service", "web")
    assert live is not None
    live["Spec"]["Mode"]["Replicated"]["Replicas"] = 7
    assert run.refresh(made).state["deploy"]["replicas"] == 7


def test_output_of_an_inputs_name_is_the_plugins_own(run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    assert made.state["name"] == made.inputs["name"] != "app"
    assert "@" in run.make("Service", "web", image="bb:1", wait=False).state["image"]


def test_computed_inputs_and_content_are_no_outputs(run: InProcess) -> None:
    for kind in ("Config", "Secret"):
        made = run.refresh(run.make(kind, "app", data="canary-content"))
        assert not made.state.keys() & {"data", "dataBase64", "familyId", "key", "owner", "superseded"}
        assert "canary-content" not in json.dumps(reveal(made.state))


def test_secret_values_are_secret_among_the_outputs(run: InProcess) -> None:
    run.make("Network", "back")
    made = run.make("Service", "web", **WEB)
    for state in (made.state, run.refresh(made).state, run.create("Service", "web", made.inputs, preview=True)[1]):
        assert state["environment"] == {"MODE": "prod", "TOKEN": Secret("canary-token")}
        rest = {key: value for key, value in state.items() if key != "environment"}
        assert not has_secret(rest)
        assert "canary" not in repr(rest)


@pytest.mark.parametrize("kind", SHOWN)
def test_state_of_an_earlier_version_shows_no_difference_and_changes_nothing(
    swarm: MemorySwarm, run: InProcess, kind: str
) -> None:
    earlier = without_inputs(run.make(kind, "it", **SHOWN[kind]))
    assert not repeated(earlier).items() <= earlier.state.items()
    sent = len(swarm.changes)
    with InProcess(swarm) as later:
        read = later.refresh(earlier)
        found = later.change(read, **SHOWN[kind])
    assert (found.changes, found.replaces, len(swarm.changes)) == ([], [], sent)
    assert repeated(read).items() <= read.state.items()


def test_looking_at_a_config_gives_its_content_too(run: InProcess) -> None:
    run.make("Config", "app", data="one", labels={"a": "b"})
    state = run.read("Config", "other", "app")[2]
    assert (state["data"], state["labels"], state["baseName"]) == ("one", {"a": "b"}, "app")


def test_looking_at_a_service_gives_the_whole_of_it(run: InProcess) -> None:
    run.make("Network", "back")
    run.make("Service", "web", **WEB)
    state = run.read("Service", "other", "web")[2]
    assert state["deploy"]["replicas"] == 2
    assert state["networks"] == [{"name": "back"}]
    assert state["ports"][0]["published"] == 8080


@pytest.mark.parametrize("kind", SHOWN)
def test_what_the_schema_says_is_always_there_is_there(run: InProcess, kind: str) -> None:
    required = set(schema("1.2.3")["resources"][f"swarm:index:{kind}"]["required"])
    made = run.make(kind, "it", **SHOWN[kind])
    inputs = run.inputs(kind, "it", SHOWN[kind], made.inputs)
    looked_at = "disk@*" if kind == "NodeLabel" else made.id
    states = {
        "created": made.state,
        "read": run.refresh(made).state,
        "to be updated": run.update(kind, "it", made.id, made.inputs, inputs, made.state, preview=True),
        "updated": run.update(kind, "it", made.id, made.inputs, inputs, made.state),
    }
    if kind != "Volume":
        # a volume that a task makes on its node is not there yet
        states["imported"] = run.read(kind, "it", looked_at)[2]
    assert {name for name in required if name in ("name", "previous") or name.endswith("Id")}
    assert {when: required - state.keys() for when, state in states.items() if required - state.keys()} == {}


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("getConfig", {"name": "app"}),
        ("getSecret", {"name": "app"}),
        ("getNetwork", {"name": "back"}),
        ("getNode", {"node": "node1"}),
        ("getNodes", {}),
    ],
)
def test_look_up_answers_all_that_the_schema_promises(run: InProcess, function: str, arguments: dict[str, Any]) -> None:
    for kind, name, given in (
        ("Config", "app", {"data": "1"}),
        ("Secret", "app", {"data": "1"}),
        ("Network", "back", {}),
    ):
        run.make(kind, name, **given)
    described = schema("1.2.3")
    promised = described["functions"][f"swarm:index:{function}"]["outputs"]
    found = run.invoke(function, arguments)
    assert set(promised["required"]) == promised["properties"].keys() == found.keys()
    for node in found.get("nodes", ()):
        assert set(described["types"]["swarm:index:NodeInfo"]["required"]) == node.keys()
