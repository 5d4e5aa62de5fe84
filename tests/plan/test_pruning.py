"""Which old versions of a family may go."""

import pytest

from swarm_provider.core import Json
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.families import naming, pruning
from tests.plan.test_naming import version


def service(*configs: str, previous: tuple[str, ...] = (), state: str = "completed", id: str = "s") -> Json:
    def spec(names: tuple[str, ...]) -> Json:
        return {"TaskTemplate": {"ContainerSpec": {"Configs": [{"ConfigName": name} for name in names]}}}

    status = {"UpdateStatus": {"State": state}} if state else {}
    return {"ID": id, "Spec": spec(configs), "PreviousSpec": spec(previous), **status}


def task(*configs: str, of: str = "s", desired: str = "running") -> Json:
    references = [{"ConfigName": name} for name in configs]
    return {"ServiceID": of, "DesiredState": desired, "Spec": {"ContainerSpec": {"Configs": references}}}


def own(items: list[Json], family: str = "f") -> list[Json]:
    return naming.by_family(items).get(family, [])


def prunable(items: list[Json], *services: Json) -> list[str]:
    return names(pruning.prunable(own(items), pruning.Users("config", services)))


def names(items: list[Json]) -> list[str]:
    return [naming.object_name(item) for item in items]


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


@pytest.mark.parametrize("state", pruning.UNFINISHED)
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
    users = pruning.Users("config", [taken])
    assert pruning.undecided(own(items), users) == ["s"]
    assert names(pruning.prunable(own(items), users, by_service(tasks))) == gone


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
    assert pruning.undecided(own(items), pruning.Users("config", [decided])) == []


def test_versions_whose_key_is_lost_stay_only_while_a_spec_refers_to_them() -> None:
    items = [version(f"app-{number}", number, keep=5) for number in range(1, 6)]
    users = pruning.Users("config", [service("app-3", previous=("app-2",))])
    assert names(pruning.prunable(own(items), users, reusable=False)) == ["app-4", "app-1"]


def test_pruning_ignores_unfinished_updates_of_other_families_users() -> None:
    items = [version("app-1", 1, keep=0), version("app-2", 2, keep=0)]
    assert prunable(items, service("app-2"), service("else", state="paused")) == ["app-1"]


def test_pruning_never_touches_families_with_a_similar_name() -> None:
    items = [version("app-v-1", 1, family="g", base="app-v", keep=0), version("app-1", 1), version("app-2", 2)]
    assert prunable(items) == []


def test_references_of_a_missing_spec_are_none() -> None:
    assert pruning.references(None, "config") == set()
    assert pruning.references({"TaskTemplate": {}}, "config") == set()


@pytest.mark.parametrize(
    ("old", "keep", "reusable", "due"),
    [(0, 0, True, False), (1, 1, True, False), (2, 1, True, True), (1, 0, True, True), (1, 1, False, True)],
)
def test_who_uses_versions_matters_only_where_there_are_more_than_stay_in_any_case(
    old: int, keep: int, reusable: bool, due: bool
) -> None:
    items = own([version(f"app-{number}", number, keep=keep) for number in range(1, old + 2)])
    assert pruning.is_due(items[1:], keep, reusable=reusable) is due
    assert due or not pruning.prunable(items, pruning.Users("config", []), reusable=reusable)


def test_old_version_with_labels_of_users_is_looked_at() -> None:
    old = version("app-1", 1)
    old["Spec"]["Labels"]["tier"] = "web"
    assert pruning.is_due([old], 1)
