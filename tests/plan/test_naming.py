"""Families: how versions are called, which one is current, and which may go."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.plan import naming
from swarm_provider.spec import Json, labels


def version(
    name: str, sequence: int, *, family: str = "f", keep: int = 1, base: str = "app", owner: str = "p/s"
) -> Json:
    own = {
        labels.FAMILY: family,
        labels.SEQUENCE: str(sequence),
        labels.KEEP: str(keep),
        labels.BASE: base,
        labels.OWNER: owner,
    }
    return {"ID": f"id-{name}", "Spec": {"Name": name, "Labels": own}}


def service(*configs: str, previous: tuple[str, ...] = (), state: str = "completed", id: str = "s") -> Json:
    def spec(names: tuple[str, ...]) -> Json:
        return {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigName": name} for name in names]}}}

    status = {"UpdateStatus": {"State": state}} if state else {}
    return {"ID": id, "Spec": spec(configs), "PreviousSpec": spec(previous), **status}


def task(*configs: str, of: str = "s", desired: str = "running") -> Json:
    references = [{"ConfigName": name} for name in configs]
    return {"ServiceID": of, "DesiredState": desired, "Spec": {"ContainerSpec": {"Configs": references}}}


def prunable(items: list[Json], *services: Json) -> list[str]:
    return [naming.object_name(item) for item in naming.prunable("config", items, "f", services)]


def test_name_is_base_and_digest_of_the_content() -> None:
    first = naming.version_name("todo-list-config", b"a", {}, "family", None)
    assert first.startswith("todo-list-config-")
    assert len(first) == len("todo-list-config-") + naming.DIGEST_LENGTH
    assert first == naming.version_name("todo-list-config", b"a", {}, "family", None)


@pytest.mark.parametrize(
    ("content", "immutables", "family"),
    [(b"b", {}, "family"), (b"a", {"templateDriver": "golang"}, "family"), (b"a", {}, "another family")],
)
def test_name_changes_with_all_that_docker_cannot_change(content: bytes, immutables: Json, family: str) -> None:
    assert naming.version_name("app", content, immutables, family, None) != naming.version_name(
        "app", b"a", {}, "family", None
    )


def test_secret_name_needs_the_key_to_be_guessed() -> None:
    keyed = {naming.version_name("db", b"hunter2", {}, "f", key) for key in ("k1", "k2")}
    assert len(keyed) == 2
    assert naming.version_name("db", b"hunter2", {}, "f", None) not in keyed


@given(st.text("abc-._", max_size=90).map(lambda text: f"a{text}z"), st.binary(max_size=20))
def test_names_keep_within_dockers_limit(base: str, content: bytes) -> None:
    name = naming.version_name(base, content, {}, "f", None)
    assert len(name) <= naming.NAME_LIMIT
    assert not naming.problems_of_base(name)


def test_long_bases_with_equal_beginnings_stay_apart() -> None:
    first, second = ("x" * 60 + end for end in ("-one", "-two"))
    assert naming.version_name(first, b"a", {}, "f", None) != naming.version_name(second, b"a", {}, "f", None)


@pytest.mark.parametrize("base", ["", "-app", "app-", "a b", "app/web", "ü"])
def test_base_that_docker_refuses_is_a_problem(base: str) -> None:
    assert naming.problems_of_base(base)


@pytest.mark.parametrize(
    ("kind", "size", "refused"),
    [
        ("config", 0, True),
        ("config", 1, False),
        ("config", 1024000 - 1, False),
        ("config", 1024000, True),
        ("secret", 0, True),
        ("secret", 512000 - 1, False),
        ("secret", 512000, True),
    ],
)
def test_content_sizes_are_dockers(kind: str, size: int, refused: bool) -> None:
    assert bool(naming.problems_of_content(kind, b"x" * size)) is refused


def test_current_version_has_the_highest_sequence_whatever_its_date() -> None:
    items = [version("app-a", 3), version("app-b", 12), version("app-c", 7, family="other")]
    found = naming.current(items, "f")
    assert found is not None
    assert naming.object_name(found) == "app-b"
    assert naming.next_sequence(items, "f") == 13


def test_pruning_keeps_as_many_as_the_current_version_says() -> None:
    items = [version(f"app-{number}", number, keep=2) for number in range(1, 6)]
    assert prunable(items, service("app-5")) == ["app-2", "app-1"]


def test_pruning_with_keep_zero_leaves_only_the_current_version() -> None:
    items = [version("app-1", 1, keep=0), version("app-2", 2, keep=0)]
    assert prunable(items, service("app-2", previous=("app-1",))) == ["app-1"]


def test_pruning_never_takes_what_a_service_refers_to() -> None:
    items = [version(f"app-{number}", number, keep=0) for number in range(1, 4)]
    assert prunable(items, service("app-3"), service("app-1")) == ["app-2"]


def test_pruning_leaves_what_a_rollback_returns_to() -> None:
    items = [version(f"app-{number}", number, keep=2) for number in range(1, 6)]
    assert prunable(items, service("app-5", previous=("app-1",))) == ["app-3", "app-2"]


@pytest.mark.parametrize("state", naming.UNFINISHED)
def test_pruning_waits_for_an_unfinished_update(state: str) -> None:
    items = [version(f"app-{number}", number, keep=0) for number in range(1, 4)]
    assert prunable(items, service("app-3", previous=("app-2",), state=state)) == []


def test_what_a_service_returns_to_is_kept_before_a_version_that_never_ran() -> None:
    # the tasks crashed with app-2, Swarm rolled back to app-1, and app-3 is the correction
    items = [version(f"app-{number}", number) for number in range(1, 4)]
    assert prunable(items, service("app-3", previous=("app-1",))) == ["app-2"]


def test_version_that_a_service_lags_behind_with_does_not_displace_the_one_before() -> None:
    items = [version(f"app-{number}", number) for number in range(1, 5)]
    assert prunable(items, service("app-4"), service("app-1")) == ["app-2"]


@pytest.mark.parametrize(
    ("tasks", "gone"),
    [
        ([task("app-1")], []),
        ([task("app-2"), task("app-1")], []),
        ([task("app-2"), task("app-1", desired="shutdown")], ["app-1"]),
        ([task("app-2"), task("app-1", of="another service")], ["app-1"]),
        ([], ["app-1"]),
    ],
)
def test_pruning_waits_for_an_update_that_swarm_has_taken_and_not_begun(tasks: list[Json], gone: list[str]) -> None:
    items = [version("app-1", 1, keep=0), version("app-2", 2, keep=0)]
    taken = service("app-2", previous=("app-1",), state="")
    assert naming.undecided("config", items, "f", [taken]) == ["s"]
    found = naming.prunable("config", items, "f", [taken], tasks)
    assert [naming.object_name(item) for item in found] == gone


@pytest.mark.parametrize(
    "decided",
    [
        service("app-2", previous=("app-1",)),
        service("app-2", previous=("app-2",), state=""),
        service("app-2", state=""),
        service("else", previous=("else-1",), state=""),
    ],
    ids=["its status tells", "equal references", "new", "another family's"],
)
def test_tasks_are_asked_for_only_where_nothing_else_tells(decided: Json) -> None:
    items = [version("app-1", 1, keep=0), version("app-2", 2, keep=0)]
    assert naming.undecided("config", items, "f", [decided]) == []


def test_versions_whose_key_is_lost_stay_only_while_a_spec_refers_to_them() -> None:
    items = [version(f"app-{number}", number, keep=5) for number in range(1, 6)]
    services = [service("app-3", previous=("app-2",))]
    found = naming.prunable("config", items, "f", services, reusable=False)
    assert [naming.object_name(item) for item in found] == ["app-4", "app-1"]


@pytest.mark.parametrize("text", ["", "x", "-1", "²"])
def test_label_that_is_no_number_is_passed_over(text: str) -> None:
    item = version("app-1", 1)
    item["Spec"]["Labels"] |= {labels.SEQUENCE: text, labels.KEEP: text}
    assert (naming.sequence(item), naming.keep_previous(item)) == (0, naming.KEEP_DEFAULT)


def test_pruning_ignores_unfinished_updates_of_other_families_users() -> None:
    items = [version("app-1", 1, keep=0), version("app-2", 2, keep=0)]
    assert prunable(items, service("app-2"), service("else", state="paused")) == ["app-1"]


def test_pruning_never_touches_families_with_a_similar_name() -> None:
    items = [version("app-v-1", 1, family="g", base="app-v", keep=0), version("app-1", 1), version("app-2", 2)]
    assert prunable(items) == []


def test_family_by_name_prefers_nobody_when_two_owners_have_it() -> None:
    items = [version("app-1", 1, family="f", owner="one/dev"), version("app-2", 1, family="g", owner="two/dev")]
    assert naming.family_by_name(items, "app", "one/dev") == "f"
    with pytest.raises(LookupError, match="one/dev, two/dev"):
        naming.family_by_name(items, "app", None)


def references_of(spec: Any) -> set[str]:
    return naming.references(spec, "config")


def test_references_of_a_missing_spec_are_none() -> None:
    assert references_of(None) == set()
    assert references_of({"TaskTemplate": {}}) == set()
