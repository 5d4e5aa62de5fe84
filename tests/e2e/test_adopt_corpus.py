"""Every stack of the corpus, deployed by the docker CLI or in the other form, is taken over without touching a task.

The node is drained, so that tasks stay pending whatever their images are: each keeps its id as long as nobody replaces
it. Stacks that do not get in one another's way are adopted by one `up`.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.compose import cases
from tests.compose.parity.test_parity import drained_with_externals
from tests.conftest import ProjectFactory
from tests.e2e.stacks import wait_for
from tests.support.engine import Docker, Engine

pytestmark = pytest.mark.e2e

NAMESPACE = "com.docker.stack.namespace"
MOVED = tuple(name for name in cases.names() if name.startswith("stack_"))
QUICK = ("configs_secrets", "networks_aliases", "stack_microservices")


@pytest.fixture
def drained(engine: Engine) -> Iterator[Docker]:
    with drained_with_externals(engine) as judge:
        yield judge


def stack_name(case: str) -> str:
    return case.replace("_", "-")


def program(names: Sequence[str], form: str = "Stack") -> str:
    lines = ["import swarm_provider as swarm"]
    for name in names:
        files = [str(path) for path in cases.files(name)]
        lines.append(
            f"swarm.{form}({stack_name(name)!r}, compose_file={files!r}, env={cases.ENVIRONMENT!r}, env_only=True, "
            f"adopt=True, adopt_secrets='trust', wait=False, resolve_image='never', advice=[])"
        )
    return "\n".join(lines)


def has_its_tasks(docker: Docker) -> bool:
    """Whether Swarm has made the tasks that each service asks for; a global one has none on a drained node."""
    made = Counter(task["ServiceID"] for task in docker.api.tasks())

    def wanted(mode: dict[str, Any]) -> int:
        job = mode.get("ReplicatedJob") or {}
        at_once, in_all = job.get("MaxConcurrent", 0), job.get("TotalCompletions", 0)
        return int(mode.get("Replicated", {}).get("Replicas", 0) or min(at_once, in_all))

    return all(made[service["ID"]] >= wanted(service["Spec"]["Mode"]) for service in docker.api.services())


def running(docker: Docker) -> dict[str, tuple[Any, ...]]:
    """Per service: the ids of its tasks, and the parts of the spec whose change would replace them."""
    tasks = docker.api.tasks()
    return {
        service["Spec"]["Name"]: (
            sorted(task["ID"] for task in tasks if task["ServiceID"] == service["ID"]),
            service["Spec"]["TaskTemplate"],
            service["Spec"].get("EndpointSpec"),
        )
        for service in docker.api.services()
    }


def objects(docker: Docker) -> set[tuple[str, str, str]]:
    """Kind, name and id of all there is."""
    api, kinds = docker.api, ("configs", "secrets", "services")
    found = {(kind, item["Spec"]["Name"], item["ID"]) for kind in kinds for item in getattr(api, kind)()}
    return found | {("networks", item["Name"], item["Id"]) for item in api.networks()}


def adopt(project: ProjectFactory, docker: Docker, names: Sequence[str]) -> None:
    # the CLI on PATH, whatever engine it talks to
    environment = {**cases.ENVIRONMENT, "PATH": os.environ["PATH"], "DOCKER_HOST": docker.host}
    cli = Docker(docker.host, environment)
    for name in names:
        files = [argument for path in cases.files(name) for argument in ("-c", str(path))]
        cli("stack", "deploy", "--detach", "--resolve-image", "never", *files, stack_name(name))
    # docker does not wait for what Swarm does next
    wait_for("every service has its tasks", lambda: has_its_tasks(docker))
    before, made = running(docker), objects(docker)
    app = project(program(names))

    up = app.up().assert_ok()

    assert not up.changes.keys() & {"replace", "delete", "update"}, str(up)
    assert running(docker) == before
    assert objects(docker) <= made, "nothing was made beside what docker made"
    # what an earlier test has left may go meanwhile
    prefixes = tuple(stack_name(name) for name in names)
    assert not {entry for entry in made - objects(docker) if entry[1].startswith(prefixes)}, "nothing is lost"
    app.assert_no_changes()


def test_stacks_deployed_by_docker_are_taken_over_without_a_restart(project: ProjectFactory, drained: Docker) -> None:
    adopt(project, drained, QUICK)


@pytest.mark.long
@pytest.mark.parametrize("names", cases.batches(cases.names()), ids=lambda names: f"{names[0]}+{len(names) - 1}")
def test_every_stack_of_the_corpus_is_taken_over_without_a_restart(
    project: ProjectFactory, drained: Docker, names: Sequence[str]
) -> None:
    adopt(project, drained, names)


def move(project: ProjectFactory, docker: Docker, names: Sequence[str]) -> None:
    """Deploy as Stacks, which become Releases and Stacks again."""
    app = project(program(names))
    app.up().assert_ok()
    wait_for("every service has its tasks", lambda: has_its_tasks(docker))
    before, made = running(docker), objects(docker)
    for form in ("Release", "Stack"):
        app.program(program(names, form))
        app.up().assert_ok()
        assert running(docker) == before, form
        assert objects(docker) == made, form
        app.assert_no_changes()


def test_stack_becomes_a_release_and_a_stack_again_without_a_restart(project: ProjectFactory, drained: Docker) -> None:
    move(project, drained, ["stack_voting"])


@pytest.mark.long
@pytest.mark.parametrize("names", cases.batches(MOVED), ids=lambda names: f"{names[0]}+{len(names) - 1}")
def test_every_whole_stack_becomes_a_release_and_a_stack_again_without_a_restart(
    project: ProjectFactory, drained: Docker, names: Sequence[str]
) -> None:
    move(project, drained, names)
