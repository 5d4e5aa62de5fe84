"""The real docker CLI is the judge: `docker stack deploy` and our inputs make the same objects on a real engine.

Each case is deployed with the CLI, read back and removed; then our reading of the same files is sent to the same
daemon under the same names, and read back. Every field of every Spec has to be equal. The node is drained: nothing has
to run for that. `make parity` runs all cases on the engine of PATH and on a newer one, and with the CLI 29.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import docker.errors
import pytest

from swarm_provider.compose import Project, load
from swarm_provider.convert import objects
from swarm_provider.convert.service.spec import to_spec
from swarm_provider.core import Json
from tests.compose import cases
from tests.support.engine import Docker, Engine, judging_cli

pytestmark = pytest.mark.live

STACK = "parity"
NAMESPACE = "com.docker.stack.namespace"
EXTERNAL = {
    "network": ("ext-net", "ext-net-2", "ext-net-3"),
    "config": ("ext-config", "ext-config-2", "ext-config-3"),
    "secret": ("ext-secret", "ext-secret-2"),
}


@contextlib.contextmanager
def drained_with_externals(engine: Engine) -> Iterator[Docker]:
    """An engine whose node takes no tasks meanwhile, with the external objects that cases name."""
    judge = engine.docker
    node = judge("node", "ls", "-q")
    judge("node", "update", "--availability", "drain", node)
    with engine.cleaned():
        make_externals(judge)
        yield judge
    judge("node", "update", "--availability", "active", node)


def make_externals(judge: Docker) -> None:
    """Make the objects that cases name as external."""
    for name in EXTERNAL["network"]:
        judge("network", "create", "--driver", "overlay", name)
    for kind in ("config", "secret"):
        for name in EXTERNAL[kind]:
            judge(kind, "create", name, "-", stdin="external")


@pytest.fixture(scope="module")
def swarm(engine: Engine) -> Iterator[Docker]:
    with drained_with_externals(engine) as judge:
        yield judge


QUICK = (
    "names",
    "environment_map",
    "interpolation",
    "mounts_long",
    "networks",
    "ports_mixed",
    "configs_secrets",
    "credential_specs",
    "merge_lists",
    "stack_microservices",
)
# the docker CLI 29 refuses these: they have dates without quotes
REFUSED_BY_29 = ("environment_map",)
CASES = [name if name in QUICK else pytest.param(name, marks=pytest.mark.long) for name in cases.names()]


@pytest.fixture(scope="module")
def judge(request: pytest.FixtureRequest) -> int:
    """Major version of the CLI that judges."""
    return int(request.config.getoption("--cli"))


@pytest.fixture(scope="module")
def judge_path(judge: int) -> str:
    """PATH with the judging CLI in front."""
    return judging_cli(judge, os.environ["PATH"])


@pytest.mark.parametrize("name", CASES)
def test_specs_equal_those_of_docker_stack_deploy(swarm: Docker, judge: int, judge_path: str, name: str) -> None:
    paths = [str(path) for path in cases.files(name)]
    files = [argument for path in paths for argument in ("-c", path)]
    environment = {**cases.ENVIRONMENT, "PATH": judge_path, "DOCKER_HOST": swarm.host}
    cli = Docker(swarm.host, environment)
    if judge == 29 and name in REFUSED_BY_29:
        assert cli.run("stack", "deploy", "--resolve-image", "never", *files, STACK).returncode
        clear(swarm)
        return
    try:
        cli("stack", "deploy", "--resolve-image", "never", *files, STACK)
        wanted = observed(swarm)
    finally:
        clear(swarm)
    try:
        deploy(swarm, load(paths, stack=STACK, env=environment))
        found = observed(swarm)
    finally:
        clear(swarm)
    if judge == 29:
        without_empty_dns(found)
    assert wanted["service"]
    assert found == wanted


def without_empty_dns(found: dict[str, dict[str, Any]]) -> None:
    """What 28 keeps of an empty list, and 29 does not; containers are the same."""
    for spec in found["service"].values():
        container = spec["TaskTemplate"]["ContainerSpec"]
        if not container.get("DNSConfig", True):
            del container["DNSConfig"]


# ---------------------------------------------------------------- our side


def deploy(swarm: Docker, project: Project) -> None:
    """Create everything of a project by plain API calls."""
    for entry in project.networks.values():
        if not entry.external:
            post(swarm, "/networks/create", objects.network_to_spec(entry.inputs))
    for kind, path, body in (
        ("config", "/configs/create", objects.config_to_spec),
        ("secret", "/secrets/create", objects.secret_to_spec),
    ):
        for entry in getattr(project, f"{kind}s").values():
            if not entry.external:
                post(swarm, path, body({**entry.inputs, "name": entry.inputs["baseName"]}))
    ids = {kind: {value: key for key, value in known(swarm, kind).items()} for kind in ("config", "secret")}
    for service in project.services.values():
        post(swarm, "/services/create", with_ids(to_spec(cases.resolved(service.inputs, project)), ids))


def with_ids(spec: Json, ids: dict[str, dict[str, str]]) -> Json:
    container = spec["TaskTemplate"]["ContainerSpec"]
    for kind in ("Config", "Secret"):
        for entry in container.get(f"{kind}s") or []:
            entry[f"{kind}ID"] = ids[kind.lower()][entry[f"{kind}Name"]]
    credential = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    if credential.get("Config"):
        credential["Config"] = ids["config"][credential["Config"]]
    return spec


def post(swarm: Docker, path: str, body: Json) -> None:
    api = swarm.api
    try:
        api._raise_for_status(api._post_json(api._url(path), data=body))
    except docker.errors.APIError as error:
        raise AssertionError(f"{path} {body.get('Name')}: {error.explanation}") from error


# ------------------------------------------------------------- both sides


def known(swarm: Docker, kind: str) -> dict[str, str]:
    """Return the names of all configs, secrets or networks by id."""
    api = swarm.api
    if kind == "network":
        return {entry["Id"]: entry["Name"] for entry in api.networks()}
    return {entry["ID"]: entry["Spec"]["Name"] for entry in getattr(api, f"{kind}s")()}


def observed(swarm: Docker, stack: str = STACK) -> dict[str, dict[str, Any]]:
    """Return everything of the stack by kind and name, with ids replaced by names and what is random left out."""
    api = swarm.api
    filters = {"label": f"{NAMESPACE}={stack}"}
    names = {kind: known(swarm, kind) for kind in ("network", "config", "secret")}
    return {
        "service": {
            entry["Spec"]["Name"]: service_spec(entry["Spec"], names) for entry in api.services(filters=filters)
        },
        "config": {entry["Spec"]["Name"]: entry["Spec"] for entry in api.configs(filters=filters)},
        "secret": {entry["Spec"]["Name"]: entry["Spec"] for entry in api.secrets(filters=filters)},
        "network": {entry["Name"]: network_spec(entry) for entry in api.networks(filters=filters)},
    }


def service_spec(spec: Json, names: dict[str, dict[str, str]]) -> Json:
    task = spec["TaskTemplate"]
    container = task["ContainerSpec"]
    for network in task.get("Networks") or []:
        network["Target"] = names["network"].get(network["Target"], network["Target"])
    for kind in ("Config", "Secret"):
        for entry in container.get(f"{kind}s") or []:
            assert names[kind.lower()][entry.pop(f"{kind}ID")] == entry[f"{kind}Name"]
        # docker walks a map: two references to one object come in random order
        if container.get(f"{kind}s"):
            container[f"{kind}s"].sort(key=reference_order(kind))
    credential = (container.get("Privileges") or {}).get("CredentialSpec") or {}
    if credential.get("Config"):
        credential["Config"] = names["config"][credential["Config"]]
    # and it sorts ports by the published one only, in no fixed order
    spec["EndpointSpec"].get("Ports", []).sort(
        key=lambda port: (port.get("PublishedPort", 0), sorted(map(str, port.items())))
    )
    return spec


def reference_order(kind: str) -> Callable[[Json], tuple[str, str]]:
    """The order by name, then by file; the entries of configs and secrets."""
    return lambda entry: (entry[f"{kind}Name"], (entry.get("File") or {}).get("Name", ""))


def network_spec(network: Json) -> Json:
    keys = ("Driver", "Scope", "Internal", "Attachable", "Ingress", "EnableIPv6", "Labels")
    result = {key: network.get(key) for key in keys}
    result["Options"] = {
        key: value for key, value in (network.get("Options") or {}).items() if not key.endswith("vxlanid_list")
    }
    ipam = network.get("IPAM") or {}
    # Swarm hands out 10.0.0.0/24, 10.0.1.0/24 ...; more than 256 of them in a long run
    pools = [pool for pool in ipam.get("Config") or [] if not re.match(r"10\.\d\.", pool["Subnet"])]
    result["IPAM"] = {"Driver": ipam.get("Driver"), "Options": ipam.get("Options"), "Config": pools}
    return result


def clear(swarm: Docker, stack: str = STACK) -> None:
    """Remove the stack and wait until its names are free."""
    # tasks that still end may hold a network: then once more
    swarm("stack", "rm", stack, check=False)
    left: Callable[[], bool] = lambda: any(observed(swarm, stack).values())  # noqa: E731
    end = time.monotonic() + 30
    while left():
        assert time.monotonic() < end, f"stack {stack} does not go away"
        time.sleep(0.1)
        swarm("stack", "rm", stack, check=False)
