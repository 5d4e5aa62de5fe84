"""Config and Secret over the protocol, on a real engine: versions, take-over, pruning, and what is never told."""

from __future__ import annotations

import base64
import json
from typing import Any

import grpc
import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN, Secret, reveal
from swarm_provider.plan.families import naming
from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live


def configs(docker: Docker, prefix: str) -> list[str]:
    return sorted(name for name in docker.lines("config", "ls", "--format", "{{.Name}}") if name.startswith(prefix))


def labels_of(docker: Docker, kind: str, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(docker(kind, "inspect", "--format", "{{json .Spec.Labels}}", name))
    return found


def rotate(plugin: Plugin, name: str, olds: dict[str, Any], state: dict[str, Any], **change: Any) -> Any:
    """One `up` of a Config with changed arguments: read, check, diff, update."""
    _, olds, state = plugin.read("Config", name, name, olds, state)
    news = plugin.inputs("Config", name, {"baseName": name, **change}, olds)
    difference = plugin.diff("Config", name, name, olds, news, state)
    return news, plugin.update("Config", name, name, olds, news, state), difference


def test_config_is_made_with_a_versioned_name_and_its_exact_bytes(plugin: Plugin, docker: Docker, unique: str) -> None:
    content = '{\n  "ä": 1\n}\n'
    inputs = plugin.inputs("Config", unique, {"data": content, "labels": {"team": "x"}})
    id, outputs = plugin.create("Config", unique, inputs)
    assert id == unique
    assert outputs["name"] == inputs["name"]
    assert configs(docker, unique) == [outputs["name"]]
    assert docker("config", "inspect", "--format", "{{json .Spec.Data}}", outputs["name"]).strip('"\n') == (
        base64.b64encode(content.encode()).decode()
    )
    assert labels_of(docker, "config", outputs["name"])["team"] == "x"


def test_preview_of_a_new_config_knows_the_name_and_makes_nothing(plugin: Plugin, docker: Docker, unique: str) -> None:
    inputs = plugin.inputs("Config", unique, {"data": "a"})
    _, outputs = plugin.create("Config", unique, inputs, preview=True)
    assert outputs["name"] == inputs["name"]
    assert outputs["configId"] is UNKNOWN
    assert configs(docker, unique) == []


def test_content_from_unknown_has_an_unknown_name(plugin: Plugin, unique: str) -> None:
    assert plugin.inputs("Config", unique, {"data": UNKNOWN})["name"] is UNKNOWN


def test_read_after_create_changes_nothing(plugin: Plugin, unique: str) -> None:
    inputs = plugin.inputs("Config", unique, {"data": "a", "labels": ["team=x", "bare"]})
    id, outputs = plugin.create("Config", unique, inputs)
    _, live, state = plugin.read("Config", unique, id, inputs, outputs)
    again = plugin.inputs("Config", unique, {"data": "a", "labels": {"team": "x", "bare": ""}}, live)
    assert not list(plugin.diff("Config", unique, id, live, again, state).diffs)


def test_rotation_keeps_the_one_before_and_prunes_the_rest(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    seen = [state["name"]]
    for content in ("2", "3", "4"):
        olds, state, difference = rotate(plugin, unique, olds, state, data=content)
        assert set(difference.diffs) == {"data", "name"}
        assert not difference.replaces
        seen.append(state["name"])
    assert configs(docker, unique) == sorted(seen[-2:])


def test_keep_previous_zero_leaves_one_version(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1", "keepPrevious": 0})
    _, state = plugin.create("Config", unique, olds)
    assert plugin.said == []
    olds, state, _ = rotate(plugin, unique, olds, state, data="2", keepPrevious=0)
    assert configs(docker, unique) == [state["name"]]
    rotate(plugin, unique, olds, state, data="3", keepPrevious=0)
    told = [text for _, text in plugin.said if "docker service rollback" in text]
    assert len(told) == 1
    assert told[0].startswith(f"keep_previous is 0, so this update deletes the previous version of config '{unique}'")


def test_reader_of_a_label_sees_one_version(plugin: Plugin, docker: Docker, unique: str) -> None:
    def seen() -> list[str]:
        return docker.lines("config", "ls", "--filter", f"label=reader={unique}", "--format", "{{.Name}}")

    given = {"labels": {"reader": unique}, "namespace": f"{unique}n", "keepPrevious": 2}
    olds = plugin.inputs("Config", unique, {"data": "1", **given})
    _, state = plugin.create("Config", unique, olds)
    first = state["name"]
    olds, state, _ = rotate(plugin, unique, olds, state, data="2", **given)
    assert seen() == [state["name"]]
    assert labels_of(docker, "config", first)["com.docker.stack.namespace"] == f"{unique}n"
    olds, state, _ = rotate(plugin, unique, olds, state, data="1", **given)
    assert (state["name"], seen()) == (first, [first])
    assert len(configs(docker, unique)) == 2


def test_version_that_a_service_returns_to_keeps_its_labels(plugin: Plugin, docker: Docker, unique: str) -> None:
    def seen() -> set[str]:
        return set(docker.lines("config", "ls", "--filter", f"label=reader={unique}", "--format", "{{.Name}}"))

    given = {"labels": {"reader": unique}, "keepPrevious": 5}
    olds = plugin.inputs("Config", f"{unique}-c", {"data": "1", **given})
    _, state = plugin.create("Config", f"{unique}-c", olds)
    names = [state["name"]]
    web = plugin.inputs("Service", unique, {"image": "bb:1", "resolveImage": "never", "stopGracePeriod": "1s",
                                            "configs": [{"source": names[0], "target": "/c"}]})  # fmt: skip
    _, service = plugin.create("Service", unique, web)
    for content in ("2", "3"):
        olds, state, _ = rotate(plugin, f"{unique}-c", olds, state, data=content, **given)
        names.append(state["name"])
        _, web, service = plugin.read("Service", unique, unique, web, service)
        news = plugin.inputs("Service", unique, {**web, "configs": [{"source": names[-1], "target": "/c"}]}, web)
        service = plugin.update("Service", unique, unique, web, news, service)
        web = news
    assert seen() == set(names[1:]), "the first version is in no spec and no previous spec"


def test_going_back_reuses_the_version_and_makes_it_current(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    first = state["name"]
    olds, state, _ = rotate(plugin, unique, olds, state, data="2")
    olds, state, _ = rotate(plugin, unique, olds, state, data="1")
    assert state["name"] == first
    assert len(configs(docker, unique)) == 2
    assert plugin.invoke("getConfig", {"name": unique})["name"] == first


def test_labels_change_without_a_new_version(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    news, after, difference = rotate(plugin, unique, olds, state, data="1", labels={"team": "y"})
    assert list(difference.diffs) == ["labels"]
    assert after["name"] == state["name"] == news["name"]
    assert labels_of(docker, "config", state["name"])["team"] == "y"


def test_rotate_trigger_makes_a_new_version_of_equal_content(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    _, after, _ = rotate(plugin, unique, olds, state, data="1", rotateTrigger="2026-11")
    assert after["name"] != state["name"]


def test_families_with_a_common_prefix_never_touch_each_other(plugin: Plugin, docker: Docker, unique: str) -> None:
    for name in (unique, f"{unique}-v", f"{unique}-v1"):
        plugin.create("Config", name, plugin.inputs("Config", name, {"data": "1"}))
    before = configs(docker, f"{unique}-v")
    olds = plugin.inputs("Config", unique, {"data": "1", "keepPrevious": 0})
    state = plugin.read("Config", unique, unique)[2]
    for content in ("2", "3"):
        olds, state, _ = rotate(plugin, unique, olds, state, data=content, keepPrevious=0)
    assert configs(docker, f"{unique}-v") == before


def test_config_made_by_docker_is_refused_with_the_way_out(plugin: Plugin, docker: Docker, unique: str) -> None:
    inputs = plugin.inputs("Config", unique, {"data": "1"})
    docker("config", "create", inputs["name"], "-", stdin="1")
    with pytest.raises(grpc.RpcError) as caught:
        plugin.create("Config", unique, inputs)
    assert "was not created by Pulumi" in caught.value.details()


def test_equal_names_in_two_projects_stay_apart(plugin: Plugin, docker: Docker, unique: str) -> None:
    first = plugin.inputs("Config", unique, {"data": "1"}, project="one")
    plugin.create("Config", unique, first, project="one")
    with Plugin(docker.host) as another_run:
        second = another_run.inputs("Config", unique, {"data": "1"}, project="two")
        assert first["name"] != second["name"]
        another_run.create("Config", unique, second, project="two")
    with pytest.raises(grpc.RpcError) as caught:
        plugin.invoke("getConfig", {"name": unique})
    assert "one/dev, two/dev" in caught.value.details()
    assert plugin.invoke("getConfig", {"name": unique, "project": "two"})["name"] == second["name"]
    with pytest.raises(grpc.RpcError) as caught:
        plugin.read("Config", "imported", unique)
    assert "one/dev, two/dev); use the name of a version" in caught.value.details()
    assert plugin.read("Config", "imported", second["name"])[1]["baseName"] == unique


def test_delete_removes_every_version_and_only_those(plugin: Plugin, docker: Docker, unique: str) -> None:
    other = plugin.inputs("Config", f"{unique}-x", {"data": "1"})
    plugin.create("Config", f"{unique}-x", other)
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    olds, state, _ = rotate(plugin, unique, olds, state, data="2")
    plugin.delete("Config", unique, unique, olds, state)
    assert configs(docker, unique) == [other["name"]]


def test_delete_leaves_what_a_later_run_took_over(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    plugin.create("Config", unique, olds)
    plugin.delete("Config", unique, unique, olds, state)
    assert configs(docker, unique) == [state["name"]]


def test_deleted_config_is_read_as_gone(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "1"})
    _, state = plugin.create("Config", unique, olds)
    docker("config", "rm", state["name"])
    plugin.delete("Config", f"{unique}-none", "none", olds, {"name": "none"})
    assert plugin.read("Config", unique, unique, olds, state)[0] == ""


def test_secret_name_is_unknown_at_its_first_preview_and_known_afterwards(plugin: Plugin, unique: str) -> None:
    first = plugin.inputs("Secret", unique, {"data": Secret("hunter2")})
    assert "name" not in first
    assert plugin.create("Secret", unique, first, preview=True)[1]["name"] is UNKNOWN
    _, state = plugin.create("Secret", unique, first)
    _, live, state = plugin.read("Secret", unique, unique, first, state)
    assert live == first, "a refresh has nothing to show"
    again = plugin.inputs("Secret", unique, {"data": Secret("hunter2")}, live)
    assert again["name"] == state["name"]
    assert not list(plugin.diff("Secret", unique, unique, live, again, state).diffs)
    changed = plugin.inputs("Secret", unique, {"data": Secret("hunter3")}, live)
    answer = plugin.diff("Secret", unique, unique, live, changed, state)
    assert set(answer.diffs) == {"data", "name"}
    # the old name stands in the outputs only, and Pulumi is to show it
    assert not answer.detailedDiff["name"].inputDiff
    assert answer.detailedDiff["data"].inputDiff


def test_secret_content_and_key_come_back_wrapped(plugin: Plugin, unique: str) -> None:
    inputs = plugin.inputs("Secret", unique, {"data": "hunter2"})
    assert isinstance(inputs["data"], Secret)
    assert isinstance(inputs["key"], Secret)
    _, outputs = plugin.create("Secret", unique, inputs)
    assert "hunter2" not in str(outputs)


def test_nothing_public_of_a_secret_tells_a_guesser_anything(plugin: Plugin, docker: Docker, unique: str) -> None:
    """The guesser knows the whole scheme, all labels and names, and has the right entry in its list."""
    inputs = plugin.inputs("Secret", unique, {"data": Secret("hunter2")})
    _, state = plugin.create("Secret", unique, inputs)
    public = labels_of(docker, "secret", state["name"])
    for guess in ("hunter1", "hunter2", "hunter3"):
        for key in (None, "", public[labels.FAMILY], public[labels.INCARNATION], unique):
            name = naming.version_name(unique, guess.encode(), {}, public[labels.FAMILY], key)
            assert name != state["name"]
    assert reveal(inputs["key"]) not in json.dumps(public)


def interrupted(plugin: Plugin, kind: str, name: str, before: dict[str, Any], after: dict[str, Any]) -> Any:
    """Refresh after an update whose end was not saved: the state has the old inputs; also return the names."""
    olds = plugin.inputs(kind, name, before)
    _, state = plugin.create(kind, name, olds)
    _, olds, state = plugin.read(kind, name, name, olds, state)
    made = plugin.update(kind, name, name, olds, plugin.inputs(kind, name, after, olds), state)
    _, live, now = plugin.read(kind, name, name, olds, state)
    return live, now, state["name"], made["name"]


@pytest.mark.parametrize(("kind", "wrap"), [("Config", str), ("Secret", Secret)])
def test_reverting_an_interrupted_rotation_is_shown_and_goes_back(
    plugin: Plugin, docker: Docker, unique: str, kind: str, wrap: Any
) -> None:
    old, new = {"data": wrap("one")}, {"data": wrap("two")}
    live, state, first, second = interrupted(plugin, kind, unique, old, new)
    assert live["name"] == second
    back = plugin.inputs(kind, unique, old, live)
    assert back["name"] == first
    assert set(plugin.diff(kind, unique, unique, live, back, state).diffs) == {"data", "name"}
    assert plugin.inputs(kind, unique, new, live)["name"] == second, "going on is no further rotation"


def test_reverting_an_interrupted_rotate_trigger_goes_back(plugin: Plugin, docker: Docker, unique: str) -> None:
    old, new = {"data": "a", "rotateTrigger": 1}, {"data": "a", "rotateTrigger": 2}
    live, _, first, _ = interrupted(plugin, "Config", unique, old, new)
    assert plugin.inputs("Config", unique, old, live)["name"] == first


@pytest.mark.parametrize("secret_before", [True, False])
def test_secret_content_of_a_config_comes_back_wrapped_from_an_interrupted_update(
    plugin: Plugin, docker: Docker, unique: str, secret_before: bool
) -> None:
    before = {"data": Secret("one") if secret_before else "one", "labels": {"x": "y"}}
    after = {"data": Secret("two"), "labels": {"x": Secret("z")}}
    live, *_ = interrupted(plugin, "Config", unique, before, after)
    assert isinstance(live["data"], Secret)
    assert reveal(live["data"]) == "two"
    assert isinstance(live["labels"]["x"], Secret)


@pytest.mark.parametrize("given", [{"data": Secret("plain words")}, {"dataBase64": Secret("YQ==")}])
def test_config_whose_content_is_marked_secret_is_advised_against(
    docker: Docker, unique: str, given: dict[str, Any]
) -> None:
    with Plugin(docker.host, {"strict": True}) as strict:
        _, failures = strict.check("Config", unique, given)
        assert len(failures) == 1
        assert "marked secret" in failures[0]
        assert "use a Secret" in failures[0]
        assert not strict.check("Secret", f"{unique}-s", given)[1]


def test_secret_labels_stay_secret_at_a_refresh(plugin: Plugin, docker: Docker, unique: str) -> None:
    given = {"data": "a", "labels": {"token": Secret("hunter2"), "team": "x"}}
    inputs = plugin.inputs("Config", unique, given)
    _, state = plugin.create("Config", unique, inputs)
    _, live, state = plugin.read("Config", unique, unique, inputs, state)
    assert isinstance(live["labels"]["token"], Secret)
    assert live["labels"]["team"] == "x"
    assert not list(
        plugin.diff("Config", unique, unique, live, plugin.inputs("Config", unique, given, live), state).diffs
    )


def test_same_content_written_as_base64_changes_nothing(plugin: Plugin, docker: Docker, unique: str) -> None:
    olds = plugin.inputs("Config", unique, {"data": "a"})
    _, state = plugin.create("Config", unique, olds)
    news = plugin.inputs("Config", unique, {"dataBase64": "YQ=="}, olds)
    assert not list(plugin.diff("Config", unique, unique, olds, news, state).diffs)


def test_two_names_that_are_not_known_yet_do_not_collide(plugin: Plugin, unique: str) -> None:
    for name in (f"{unique}-a", f"{unique}-b"):
        assert plugin.inputs("Config", name, {"data": "a", "baseName": UNKNOWN})["name"] is UNKNOWN


def test_file_whose_path_is_not_known_yet_has_unknown_content(plugin: Plugin, unique: str) -> None:
    assert plugin.inputs("Config", unique, {"file": UNKNOWN})["name"] is UNKNOWN


def test_new_base_name_is_used_and_the_old_version_is_kept_before_it(
    plugin: Plugin, docker: Docker, unique: str
) -> None:
    olds = plugin.inputs("Config", unique, {"data": "a"})
    _, state = plugin.create("Config", unique, olds)
    # the engine checks a replacement once more, without old inputs
    news = plugin.inputs("Config", unique, {"data": "a", "baseName": f"{unique}-new"})
    plugin.create("Config", unique, news)
    assert news["name"].startswith(f"{unique}-new-")
    plugin.delete("Config", unique, unique, olds, state)
    assert configs(docker, unique) == sorted([state["name"], news["name"]])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "the content is missing"),
        ({"data": ""}, "empty"),
        ({"data": "a", "dataBase64": "YQ=="}, "set only one of"),
        ({"dataBase64": "%%"}, "not valid base64"),
        ({"file": "no/such/file"}, "cannot read 'no/such/file'"),
        ({"data": "a", "labls": {}}, "unknown key 'labls'; did you mean 'labels'?"),
        ({"data": "a", "keepPrevious": -1}, "must be at least 0"),
        ({"data": "a", "baseName": "-x"}, "cannot be the name of a config"),
        ({"data": "x" * 1024000}, "the maximum for a config is 1023999"),
    ],
)
def test_wrong_config_is_told_in_one_line(plugin: Plugin, unique: str, arguments: dict[str, Any], said: str) -> None:
    _, failures = plugin.check("Config", unique, arguments)
    assert len(failures) == 1
    assert said in failures[0]
    assert "\n" not in failures[0]


def test_failure_about_a_secret_never_shows_its_value(plugin: Plugin, unique: str) -> None:
    _, failures = plugin.check("Secret", unique, {"data": Secret(["hunter2"]), "hunter2x": 1})
    assert failures
    assert not any("['hunter2']" in failure for failure in failures)
