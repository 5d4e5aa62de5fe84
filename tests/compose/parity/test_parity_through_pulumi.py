"""The same judge for the whole way: a Stack, and then a Release, through the Pulumi CLI makes what
`docker stack deploy` makes, and a Release what the Stack made, object by object.

Several cases go up in one program; those that would be in each other's way (a published port, an object with a name of
its own) go up one after the other.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from swarm_provider.core import Json, labels
from tests.compose import cases
from tests.compose.parity import test_parity as direct
from tests.conftest import ProjectFactory
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

# what is tried through Pulumi each time, in one program
QUICK = ("configs_secrets", "mounts_long", "networks_aliases", "stack_voting", "healthchecks", "merge_maps")
FORMS: Final = ("Stack", "Release")
OF_ITS_RESOURCE: Final = (labels.URN, labels.INCARNATION, labels.FAMILY, labels.RUN)
"""Labels whose value is another one for each resource that makes the object, and each run."""
swarm = direct.swarm
judge = direct.judge
judge_path = direct.judge_path


def stack_of(name: str) -> str:
    return f"p-{name.replace('_', '-')}"


def program(form: str, names: list[str]) -> str:
    text = f"import swarm_provider as swarm\nENV = {json.dumps(cases.ENVIRONMENT)}\n"
    for name in names:
        files = [str(path) for path in cases.files(name)]
        text += f"swarm.{form}({stack_of(name)!r}, compose_file={files!r}, env=ENV, env_only=True, "
        text += "wait=False, resolve_image='never')\n"
    return text


def check(swarm: Docker, judge: int, judge_path: str, project: ProjectFactory, names: list[str]) -> None:
    environment = {**cases.ENVIRONMENT, "PATH": judge_path, "DOCKER_HOST": swarm.host}
    cli = Docker(swarm.host, environment)
    wanted = {}
    for name in names:
        files = [argument for path in cases.files(name) for argument in ("-c", str(path))]
        cli("stack", "deploy", "--resolve-image", "never", *files, stack_of(name))
        wanted[name] = direct.observed(swarm, stack_of(name))
    for name in names:
        direct.clear(swarm, stack_of(name))
    made = project(name=f"batch-{names[0].replace('_', '-')}"[:30])
    found = {form: deployed(swarm, made, form, names) for form in FORMS}
    for name in names:
        for form in FORMS:
            plain = without_ours(found[form][name])
            if judge == 29:
                direct.without_empty_dns(plain)
            assert plain == wanted[name], (form, name)
        assert comparable(found["Release"][name]) == comparable(found["Stack"][name]), name


def deployed(swarm: Docker, app: PulumiProject, form: str, names: list[str]) -> dict[str, dict[str, Any]]:
    """Return what a form makes of each case; the next preview finds nothing, and destroy leaves only volumes."""
    app.program(program(form, names))
    try:
        app.up().assert_ok()
        found = {name: direct.observed(swarm, stack_of(name)) for name in names}
        app.assert_no_changes()
    finally:
        app.destroy().assert_ok()
    left = {name: direct.observed(swarm, stack_of(name)) for name in names}
    assert not any(kind for objects in left.values() for kind in objects.values()), left
    return found


def comparable(objects: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The objects with our labels, but without what is another one for each resource."""
    return with_base_names(objects, lambda key: key not in OF_ITS_RESOURCE)


def without_ours(objects: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The objects as docker would have made them."""
    return with_base_names(objects, lambda key: not key.startswith(labels.OURS))


def with_base_names(objects: dict[str, dict[str, Any]], keep: Callable[[str], bool]) -> dict[str, dict[str, Any]]:
    """The objects with their base names instead of versioned ones, and with the labels that are to be kept."""
    objects = copy.deepcopy(objects)
    bases = {
        (kind, name): spec["Labels"].get(labels.BASE, name)
        for kind in ("config", "secret")
        for name, spec in objects[kind].items()
    }

    def plain(spec: Json) -> Json:
        own = {key: value for key, value in (spec.get("Labels") or {}).items() if keep(key)}
        return {**spec, "Labels": own}

    result: dict[str, dict[str, Any]] = {}
    for kind, specs in objects.items():
        result[kind] = {}
        for name, spec in specs.items():
            base = bases.get((kind, name), name)
            result[kind][base] = plain({**spec, "Name": base} if "Name" in spec else spec)
    for spec in result["service"].values():
        container = spec["TaskTemplate"]["ContainerSpec"]
        for kind in ("Config", "Secret"):
            for entry in container.get(f"{kind}s") or []:
                entry[f"{kind}Name"] = bases.get((kind.lower(), entry[f"{kind}Name"]), entry[f"{kind}Name"])
            if container.get(f"{kind}s"):
                container[f"{kind}s"].sort(key=direct.reference_order(kind))
        credential = (container.get("Privileges") or {}).get("CredentialSpec") or {}
        if credential.get("Config"):
            credential["Config"] = bases.get(("config", credential["Config"]), credential["Config"])
    return result


def test_stacks_and_releases_of_one_program_are_those_of_docker_stack_deploy(
    swarm: Docker, judge: int, judge_path: str, project: ProjectFactory
) -> None:
    check(swarm, judge, judge_path, project, list(QUICK))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_every_case_through_pulumi_is_that_of_docker_stack_deploy(
    swarm: Docker, judge: int, judge_path: str, project: ProjectFactory
) -> None:
    names = tuple(name for name in cases.names() if judge == 28 or name not in direct.REFUSED_BY_29)
    for batch in cases.batches(names):
        check(swarm, judge, judge_path, project, batch)
