"""Configs and secrets: which version has which name, which is taken over, which goes."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN, Secret
from tests.support.in_process import InProcess, Made, Refused
from tests.support.memory_swarm import MemorySwarm

KINDS = {"Config": "config", "Secret": "secret"}
both = pytest.mark.parametrize("kind", KINDS)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def stamped(swarm: MemorySwarm, kind: str, name: str) -> dict[str, str]:
    live = swarm.live(kind, name)
    assert live is not None
    own: dict[str, str] = live["Spec"]["Labels"]
    return own


@both
def test_first_version_is_made_with_the_labels_of_its_family(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "app", data="one")
    own = stamped(swarm, KINDS[kind], made.state["name"])
    assert own[labels.OWNER] == "proj/dev"
    assert own[labels.BASE] == "app"
    assert own[labels.SEQUENCE] == "1"
    assert own[labels.FAMILY] == made.inputs["familyId"]
    assert own[labels.INCARNATION] == made.state["incarnation"]


def test_name_of_a_config_is_told_in_the_preview(run: InProcess) -> None:
    inputs = run.inputs("Config", "app", {"data": "one"})
    assert run.create("Config", "app", inputs, preview=True)[1]["name"] == inputs["name"]
    assert inputs["name"].startswith("app-")


def test_name_of_a_new_secret_is_not_known_in_the_preview(run: InProcess) -> None:
    inputs = run.inputs("Secret", "app", {"data": Secret("one")})
    assert "name" not in inputs
    assert run.create("Secret", "app", inputs, preview=True)[1]["name"] is UNKNOWN


def test_content_alone_decides_the_name_of_a_config(swarm: MemorySwarm) -> None:
    names = []
    for data in ("one", "one", "two"):
        with InProcess(swarm) as run:
            names.append(run.inputs("Config", "app", {"data": data})["name"])
    assert names[0] == names[1] != names[2]


def test_equal_content_in_two_families_has_two_names(run: InProcess) -> None:
    digests = [run.inputs("Config", name, {"data": "same"})["name"].rpartition("-")[2] for name in ("a", "b")]
    assert len(set(digests)) == 2


def test_name_of_a_secret_tells_nothing_of_its_content() -> None:
    names = set()
    for _ in range(2):
        with InProcess(MemorySwarm()) as run:
            names.add(run.make("Secret", "db", data=Secret("one")).state["name"])
    assert len(names) == 2


@both
def test_new_content_is_a_new_version_beside_the_old_one(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    first = run.make(kind, "app", data="one")
    with InProcess(swarm) as later:
        second = later.change(first, data="two")
    assert second.changes and not second.replaces
    assert second.made.state["name"] != first.state["name"]
    assert swarm.names(KINDS[kind]) == sorted([first.state["name"], second.made.state["name"]])
    assert stamped(swarm, KINDS[kind], second.made.state["name"])[labels.SEQUENCE] == "2"


@both
def test_only_as_many_versions_stay_as_keep_previous_says(swarm: MemorySwarm, kind: str) -> None:
    made: Made | None = None
    names = []
    for data in ("one", "two", "three", "four"):
        with InProcess(swarm) as run:
            given: dict[str, Any] = {"data": data, "keepPrevious": 2}
            made = run.make(kind, "app", **given) if made is None else run.change(made, **given).made
            names.append(made.state["name"])
    assert swarm.names(KINDS[kind]) == sorted(names[1:])


def test_version_that_a_service_uses_is_not_pruned(swarm: MemorySwarm, run: InProcess) -> None:
    first = run.make("Config", "app", data="one", keepPrevious=0)
    run.make("Service", "web", image="bb:1", wait=False, configs=[{"source": "app"}])
    with InProcess(swarm) as later:
        second = later.change(first, data="two", keepPrevious=0).made
    assert swarm.names("config") == sorted([first.state["name"], second.state["name"]])


def test_update_of_the_service_prunes_what_it_used(swarm: MemorySwarm, run: InProcess) -> None:
    given: dict[str, Any] = {
        "image": "bb:1",
        "configs": [{"source": "app"}],
        "deploy": {"updateConfig": {"monitor": "1ms"}},
    }
    config = run.make("Config", "app", data="one", keepPrevious=0)
    service = run.make("Service", "web", **given, wait=False)
    with InProcess(swarm) as later:
        config = later.change(config, data="two", keepPrevious=0).made
        service = later.change(service, **given).made
    with InProcess(swarm) as last:
        config = last.change(config, data="three", keepPrevious=0).made
        last.change(service, **given)
    assert swarm.names("config") == [config.state["name"]]


def test_content_that_comes_back_takes_its_version_back(swarm: MemorySwarm, run: InProcess) -> None:
    first = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        second = later.change(first, data="two").made
    with InProcess(swarm) as last:
        third = last.change(second, data="one").made
    assert third.state["name"] == first.state["name"]
    assert stamped(swarm, "config", first.state["name"])[labels.SEQUENCE] == "3"
    assert [call.method for call in swarm.changes].count("create") == 2


@both
def test_no_change_changes_nothing(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "app", data="one", labels={"a": "b"})
    before = len(swarm.changes)
    with InProcess(swarm) as later:
        found = later.change(later.refresh(made), data="one", labels={"a": "b"})
    assert (found.changes, found.replaces) == ([], [])
    assert swarm.changes[before:] == []


def test_same_bytes_written_as_base64_are_no_change(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        assert later.change(made, dataBase64=encoded("one")).changes == []


def test_label_of_the_user_is_set_on_the_version_that_is_there(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        later.change(made, data="one", labels={"team": "shop"})
    assert swarm.names("config") == [made.state["name"]]
    assert stamped(swarm, "config", made.state["name"])["team"] == "shop"


def test_version_under_the_old_base_name_stays_for_a_rollback(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        found = later.change(made, data="one", baseName="other")
        assert any("for a rollback" in text for text in later.texts("info"))
    assert found.replaces == ["baseName"]
    assert swarm.names("config") == [made.state["name"], found.made.state["name"]]


def test_rotate_trigger_asks_for_a_version_of_the_same_content(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        found = later.change(made, data="one", rotateTrigger="today")
    assert found.made.state["name"] != made.state["name"]


@both
def test_destroy_removes_every_version(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    first = run.make(kind, "app", data="one")
    with InProcess(swarm) as later:
        second = later.change(first, data="two").made
    with InProcess(swarm) as last:
        last.destroy(second)
    assert swarm.names(KINDS[kind]) == []


def test_destroy_leaves_what_another_state_stamped_since(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    swarm.edit("config", made.state["name"], lambda live: live["Spec"]["Labels"].update({labels.INCARNATION: "ff"}))
    with InProcess(swarm) as later:
        later.destroy(made)
        assert swarm.names("config") == [made.state["name"]]
        assert any("is not deleted" in text for text in later.texts("info"))


def test_destroy_of_what_is_gone_is_silent(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    swarm.drop("config", made.state["name"])
    with InProcess(swarm) as later:
        later.destroy(made)
        assert later.said == []


def test_lost_state_finds_its_family_by_logical_name(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        again = later.make("Config", "app", data="one")
    assert again.state["name"] == made.state["name"]
    assert again.state["incarnation"] != made.state["incarnation"]
    assert swarm.names("config") == [made.state["name"]]


def test_resource_under_another_logical_name_finds_the_family_by_its_base(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        again = later.make("Config", "renamed", baseName="app", data="one")
    assert again.inputs["familyId"] == made.inputs["familyId"]
    assert swarm.names("config") == [made.state["name"]]


def test_lost_key_of_a_secret_is_told_in_the_preview(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Secret", "app", data=Secret("one"))
    with InProcess(swarm) as later:
        later.create("Secret", "app", later.inputs("Secret", "app", {"data": Secret("one")}), preview=True)
        [text] = [text for text in later.texts("info") if made.state["name"] in text]
    assert "a new version is created" in text


def test_config_that_docker_made_is_refused_without_adopt(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("config", {"Name": "app", "Data": encoded("one")})
    made = run.make("Config", "app", data="one")
    assert swarm.names("config") == sorted(["app", made.state["name"]])


def test_config_that_docker_made_is_adopted_as_the_first_version(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("config", {"Name": "app", "Data": encoded("one")})
    made = run.make("Config", "app", data="one", adopt=True)
    assert made.state["name"] == "app"
    assert swarm.names("config") == ["app"]
    assert stamped(swarm, "config", "app")[labels.OWNER] == "proj/dev"


def test_adopted_config_of_other_content_is_not_the_first_version(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("config", {"Name": "app", "Data": encoded("other")})
    assert run.make("Config", "app", data="one", adopt=True).state["name"] != "app"


def test_secret_is_adopted_only_on_trust(swarm: MemorySwarm) -> None:
    swarm.put("secret", {"Name": "app"})
    with InProcess(swarm) as run:
        assert run.make("Secret", "app", data=Secret("one"), adopt="trust").state["name"] == "app"


def test_family_of_another_stack_stays_its_own(swarm: MemorySwarm, run: InProcess) -> None:
    theirs = run.inputs("Config", "app", {"data": "one"}, project="other")
    run.create("Config", "app", theirs, project="other")
    with InProcess(swarm) as later:
        ours = later.make("Config", "app", data="one")
    assert ours.state["name"] != theirs["name"]
    assert len(swarm.names("config")) == 2


def test_families_of_two_resources_with_one_base_name_are_refused(run: InProcess) -> None:
    run.inputs("Config", "one", {"baseName": "app", "data": "x"})
    with pytest.raises(AssertionError, match="claimed by two resources"):
        run.inputs("Config", "two", {"baseName": "app", "data": "y"})


def test_conflict_with_an_object_that_appeared_meanwhile_is_refused_by_its_owner(
    swarm: MemorySwarm, run: InProcess
) -> None:
    inputs = run.inputs("Config", "app", {"data": "one"})
    swarm.put("config", {"Name": inputs["name"], "Data": encoded("one")})
    with pytest.raises(Refused, match="was not created by Pulumi"):
        run.create("Config", "app", inputs)


def test_read_shows_the_content_of_the_live_version(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    name = made.state["name"]
    other = dict(swarm.live("config", name) or {})["Spec"]
    swarm.put(
        "config",
        {**other, "Name": "app-by-hand", "Data": encoded("two"), "Labels": {**other["Labels"], labels.SEQUENCE: "2"}},
    )
    with InProcess(swarm) as later:
        assert later.refresh(made).inputs["data"] == "two"


def test_secret_that_somebody_rotated_has_no_known_content(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Secret", "app", data=Secret("one"))
    own = stamped(swarm, "secret", made.state["name"])
    swarm.put("secret", {"Name": "app-by-hand", "Labels": {**own, labels.SEQUENCE: "2"}})
    with InProcess(swarm) as later:
        assert "data" not in later.refresh(made).inputs


@both
def test_read_of_a_family_without_versions_is_that_it_is_gone(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "app", data="one")
    swarm.drop(KINDS[kind], made.state["name"])
    with InProcess(swarm) as later:
        assert later.refresh(made).id == ""


def test_import_by_base_name_reads_the_current_version(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        id, inputs, state = later.read("Config", "app", "app")
    assert (id, inputs["data"], state["name"]) == ("app", "one", made.state["name"])


def test_content_of_a_file_is_read(tmp_path: Path, swarm: MemorySwarm, run: InProcess) -> None:
    (tmp_path / "app.conf").write_text("from a file")
    made = run.make("Config", "app", file=str(tmp_path / "app.conf"))
    live = swarm.live("config", made.state["name"])
    assert live is not None
    assert live["Spec"]["Data"] == encoded("from a file")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "the content is missing"),
        ({"data": "a", "dataBase64": "YQ=="}, "set only one of data and data_base64"),
        ({"dataBase64": "!"}, "not valid base64"),
        ({"data": ""}, "is empty"),
        ({"file": "/nowhere/app.conf"}, "cannot read '/nowhere/app.conf'"),
        ({"data": "a", "file": "/x"}, "set only one of data, data_base64 and file"),
        ({"data": "a" * 1_100_000}, "bytes"),
        ({"data": "a", "baseName": "no good"}, "cannot be the name"),
        ({"data": "a", "baseName": Secret("app")}, "must not be secret"),
    ],
)
def test_config_that_cannot_be_is_refused_at_check(run: InProcess, given: dict[str, Any], words: str) -> None:
    _, failures = run.check("Config", "app", given)
    assert words in failures[0]


def test_unknown_content_gives_an_unknown_name(run: InProcess) -> None:
    assert run.inputs("Config", "app", {"data": UNKNOWN})["name"] is UNKNOWN


def test_no_version_to_return_to_is_told_once(swarm: MemorySwarm, run: InProcess) -> None:
    made = [run.make("Config", name, data="one", keepPrevious=0) for name in ("a", "b")]
    with InProcess(swarm) as later:
        for one in made:
            later.change(one, preview=True, data="two", keepPrevious=0)
        assert len([text for text in later.texts("info") if "docker service rollback" in text]) == 1


def test_secret_content_in_a_config_is_a_warning(run: InProcess) -> None:
    run.inputs("Config", "app", {"data": Secret("hunter2")})
    assert any("use a Secret" in text for text in run.texts("warning"))
    assert "hunter2" not in str(run.said)


def test_versions_follow_a_stack_that_was_renamed(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        live = later.read("Config", "app", made.id, made.inputs, made.state, stack="prod")
        news = later.inputs("Config", "app", {"data": "one"}, live[1], stack="prod")
        assert "owner" in later.diff("Config", "app", made.id, live[1], news, live[2], stack="prod").diffs
        later.update("Config", "app", made.id, live[1], news, live[2], stack="prod")
    assert swarm.names("config") == [made.state["name"]]
    assert stamped(swarm, "config", made.state["name"])[labels.OWNER] == "proj/prod"


def test_copy_of_a_state_from_before_a_move_is_refused(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    theirs = {labels.OWNER: "proj/prod", labels.INCARNATION: "ff"}
    swarm.edit("config", made.state["name"], lambda live: live["Spec"]["Labels"].update(theirs))
    with InProcess(swarm) as later:
        live = later.refresh(made)
        news = later.inputs("Config", "app", {"data": "two"}, live.inputs)
        with pytest.raises(Refused, match="belongs to Pulumi stack 'proj/prod'"):
            later.diff("Config", "app", made.id, live.inputs, news, live.state)


def test_second_version_in_one_run_follows_the_first(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Config", "app", data="one")
    second = run.make("Config", "app", data="two")
    assert stamped(swarm, "config", second.state["name"])[labels.SEQUENCE] == "2"


def test_adopted_version_keeps_its_name_when_the_state_is_lost(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.put("config", {"Name": "app", "Data": encoded("one")})
    run.make("Config", "app", data="one", adopt=True)
    with InProcess(swarm) as later:
        assert later.make("Config", "app", data="one").state["name"] == "app"


def test_old_versions_follow_a_stack_that_was_renamed(swarm: MemorySwarm, run: InProcess) -> None:
    first = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        second = later.change(first, data="two").made
    with InProcess(swarm) as moved:
        _, olds, state = moved.read("Config", "app", second.id, second.inputs, second.state, stack="prod")
        news = moved.inputs("Config", "app", {"data": "two"}, olds, stack="prod")
        moved.update("Config", "app", second.id, olds, news, state, stack="prod")
    owners = {stamped(swarm, "config", name)[labels.OWNER] for name in swarm.names("config")}
    assert owners == {"proj/prod"}


def test_older_state_that_was_restored_is_told(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Config", "app", data="one")
    with InProcess(swarm) as later:
        later.make("Config", "app", data="one")
    with InProcess(swarm) as restored:
        live = restored.refresh(made)
        assert restored.change(live, data="one").changes == ["owner"]
        assert any("does not know" in text and made.state["name"] in text for text in restored.texts("info"))


# ------------------------------------------------------------------------------- handed over within one run


@both
def test_resource_that_takes_over_a_family_keeps_its_version(swarm: MemorySwarm, run: InProcess, kind: str) -> None:
    made = run.make(kind, "one", baseName="app", data="same", rotateTrigger="t")
    with InProcess(swarm) as later:
        later.refresh(made)
        inputs = later.inputs(kind, "two", {"baseName": "app", "data": "same", "rotateTrigger": "t"})
        assert inputs["name"] == made.state["name"]
        later.create(kind, "two", inputs)
        later.destroy(made)
    assert stamped(swarm, KINDS[kind], made.state["name"])[labels.URN].endswith("::two")


def test_key_that_is_handed_over_stays_secret_and_makes_the_next_version(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Secret", "one", baseName="app", data=Secret("old"))
    with InProcess(swarm) as later:
        later.refresh(made)
        inputs = later.inputs("Secret", "two", {"baseName": "app", "data": Secret("new")})
    assert inputs["key"] == made.inputs["key"] and isinstance(inputs["key"], Secret)
    assert inputs["name"] != made.state["name"]


def test_key_is_handed_over_for_the_family_of_the_same_name_only(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Secret", "one", baseName="app", data=Secret("same"))
    with InProcess(swarm) as later:
        later.refresh(made)
        assert later.inputs("Secret", "two", {"baseName": "other", "data": Secret("same")})["key"] != made.inputs["key"]


def test_replacement_of_a_secret_gets_a_key_of_its_own(swarm: MemorySwarm, run: InProcess) -> None:
    made = run.make("Secret", "app", data=Secret("same"))
    with InProcess(swarm) as later:
        later.refresh(made)
        assert later.inputs("Secret", "app", {"data": Secret("same")})["key"] != made.inputs["key"]
