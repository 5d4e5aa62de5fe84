"""Which old versions lose the users' labels, so that who reads by a label finds one version."""

from __future__ import annotations

import pytest

from swarm_provider.core import Json
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.families import naming, pruning
from tests.plan.test_naming import version
from tests.plan.test_pruning import names, own, service, task


def labelled(name: str, sequence: int, **labels: str) -> Json:
    item = version(name, sequence, keep=5)
    item["Spec"]["Labels"].update(labels or {"reader": "x"})
    return item


VERSIONS = [labelled(f"app-{number}", number) for number in range(1, 5)]


def retired(items: list[Json], *services: Json, tasks: list[Json] | None = None) -> list[str]:
    return names(pruning.retired(own(items), pruning.Users("config", services), by_service(tasks or [])))


def test_version_that_nothing_refers_to_loses_them_and_the_current_one_keeps_them() -> None:
    assert retired(VERSIONS) == ["app-3", "app-2", "app-1"]


def test_version_of_a_spec_or_a_previous_spec_keeps_them() -> None:
    assert retired(VERSIONS, service("app-4", previous=("app-2",)), service("app-1", id="t")) == ["app-3"]


@pytest.mark.parametrize("state", pruning.UNFINISHED)
def test_nothing_is_taken_while_an_update_is_unfinished(state: str) -> None:
    assert retired(VERSIONS, service("app-4", previous=("app-3",), state=state)) == []


def test_nothing_is_taken_while_an_update_has_not_begun() -> None:
    waiting = service("app-4", previous=("app-3",), state="")
    assert retired(VERSIONS, waiting, tasks=[task("app-3")]) == []
    assert retired(VERSIONS, waiting, tasks=[task("app-4")]) == ["app-2", "app-1"]


def test_labels_of_docker_and_of_the_provider_are_not_the_users() -> None:
    plain = [version("app-1", 1), labelled("app-2", 2, **{"com.docker.stack.namespace": "shop"}), version("app-3", 3)]
    assert retired(plain) == []
    assert naming.object_name(own(plain)[0]) == "app-3"
