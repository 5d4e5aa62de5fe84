"""Fields that only Windows nodes act on. No such node can run here: what a manager stores of them is written down.

Their drift on a live manager is in tests/plugin/test_drift_live.py; a manager takes them whatever its own system is.
"""

from __future__ import annotations

import pytest

from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import concise, from_spec, read_inputs, to_spec
from swarm_provider.core import Json
from swarm_provider.core.names import snake_path
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change.property_diff import changes
from swarm_provider.plan.change.restart import restart

WEB: Json = {"name": "web", "image": "bb:1", "deploy": {"replicas": 2}}
PIPE = "\\\\.\\pipe\\docker_engine"


def credential(**given: str) -> Json:
    """As the daemon writes it: each kind is there, two are empty."""
    return {"Privileges": {"CredentialSpec": {"Config": "", "File": "", "Registry": "", **given}}}


# inputs, what the daemon holds of them in its ContainerSpec, the path of the difference
FIELDS: dict[str, tuple[Json, Json, str]] = {
    "isolation by process": ({"isolation": "process"}, {"Isolation": "process"}, "isolation"),
    "isolation by hyperv": ({"isolation": "hyperv"}, {"Isolation": "hyperv"}, "isolation"),
    "credential spec in a file": (
        {"credentialSpec": {"file": "web.json"}}, credential(File="web.json"), "credentialSpec.file",
    ),
    "credential spec in the registry": (
        {"credentialSpec": {"registry": "web"}}, credential(Registry="web"), "credentialSpec.registry",
    ),
    "credential spec in a config": (
        {"credentialSpec": {"config": "cred-1"}},
        {
            **credential(Config="qlpdhnn6epv6j7e7bmxvmwrs3"),
            "Configs": [{"Runtime": {}, "ConfigID": "qlpdhnn6epv6j7e7bmxvmwrs3", "ConfigName": "cred-1"}],
        },
        "credentialSpec.config",
    ),
    "named pipe": (
        {"volumes": [{"type": "npipe", "source": PIPE, "target": PIPE}]},
        {"Mounts": [{"Type": "npipe", "Source": PIPE, "Target": PIPE}]},
        "volumes",
    ),
}  # fmt: skip
OTHER: dict[str, Json] = {
    "isolation": {"isolation": "hyperv"},
    "credentialSpec.file": {"credentialSpec": {"file": "other.json"}},
    "credentialSpec.config": {"credentialSpec": {"config": "cred-2"}},
}


def held(parts: Json) -> Json:
    """The service as the daemon returns it, with these parts of the container beside the others."""
    spec = to_spec(WEB)
    container = {"Isolation": "default", **spec["TaskTemplate"]["ContainerSpec"], **parts}
    return {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ContainerSpec": container}}


@pytest.mark.parametrize("name", FIELDS)
def test_field_is_sent_and_read_back_as_it_was_given(name: str) -> None:
    inputs, parts, _ = FIELDS[name]
    assert effective(to_spec({**WEB, **inputs})) == effective(held(parts))
    assert read_inputs({**WEB, **inputs}, held(parts)) == {**WEB, **inputs}
    imported = concise(from_spec(effective(held(parts))))
    assert {key: imported[key] for key in inputs} == inputs


@pytest.mark.parametrize("name", FIELDS)
def test_field_set_by_hand_is_drift_under_its_path_with_the_live_value(name: str) -> None:
    inputs, parts, path = FIELDS[name]
    live = read_inputs(WEB, held(parts))
    assert live == {**WEB, **inputs}
    assert [change.path for change in changes(SERVICE.shape, live, WEB)] == [path]
    gone = read_inputs({**WEB, **inputs}, held({}))
    assert gone == WEB


@pytest.mark.parametrize("path", OTHER)
def test_other_value_set_by_hand_is_drift_within_the_field(path: str) -> None:
    inputs, parts = next((given, parts) for given, parts, where in FIELDS.values() if where == path)
    live = read_inputs({**WEB, **OTHER[path]}, held(parts))
    assert live == {**WEB, **inputs}
    (found,) = changes(SERVICE.shape, live, {**WEB, **OTHER[path]})
    assert found.path == path


@pytest.mark.parametrize("name", FIELDS)
def test_change_of_the_field_restarts_the_tasks_and_is_named(name: str) -> None:
    inputs, parts, path = FIELDS[name]
    assert not restart(held(parts), to_spec({**WEB, **inputs})).restarts
    for before, after in ((to_spec(WEB), held(parts)), (held(parts), to_spec(WEB))):
        found = restart(before, after)
        assert found.restarts
        assert any(reason.startswith(snake_path(path.partition(".")[0])) for reason in found.reasons), found
