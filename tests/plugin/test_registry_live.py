"""Images of a real registry on nodes that do not have them: digests, and pulls with the service's own login alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from swarm_provider.cli.__main__ import main
from tests.support.engine import Docker, Engine
from tests.support.protocol import Plugin
from tests.support.registry import PASSWORD, Registry, run_registry

pytestmark = pytest.mark.multinode


@pytest.fixture(scope="module")
def private(three_nodes: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with run_registry(three_nodes, tmp_path_factory.mktemp("private"), password=PASSWORD) as registry:
        yield registry


@pytest.fixture(scope="module")
def public(three_nodes: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with run_registry(three_nodes, tmp_path_factory.mktemp("public")) as registry:
        yield registry


@pytest.fixture
def docker(three_nodes: Engine) -> Iterator[Docker]:
    with three_nodes.cleaned():
        yield three_nodes.docker


def on_workers(image: str, **more: Any) -> dict[str, Any]:
    """A service that only workers run, one task on each at most."""
    placement = {"constraints": ["node.role == worker"], "maxReplicasPerNode": 1}
    return {"image": image, "command": ["sleep", "600"], "failAfter": "60s", **more, "deploy": {"placement": placement}}


def digest_of(docker: Docker, image: str) -> str:
    repository = image.rpartition(":")[0]
    digests = [text.partition("@") for text in docker.json("image", "inspect", image)[0]["RepoDigests"]]
    (found,) = [digest for name, _, digest in digests if name == repository]
    return str(found)


def test_worker_without_a_login_pulls_with_that_of_the_service_also_after_it_was_renewed(
    three_nodes: Engine, docker: Docker, private: Registry, unique: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    name = f"{unique}_web"
    digest = digest_of(docker, private.image)
    with Plugin(three_nodes.host, env={"DOCKER_CONFIG": private.config_dir}) as plugin:
        inputs = plugin.inputs("Service", name, on_workers(private.image, namespace=unique))
        assert inputs["resolvedImage"] == f"{private.image}@{digest}"
        # it waits: a worker has pulled the image
        plugin.create("Service", name, inputs)
    (first,) = docker.tasks(name)
    assert first["Spec"]["ContainerSpec"]["Image"] == f"{private.image}@{digest}"
    # as docker's own client would have sent
    platform = docker.json("version", "--format", "{{json .Server}}")
    expected = [{"Architecture": platform["Arch"], "OS": platform["Os"]}]
    # of an OCI manifest, which engines from 29 on push, no engine tells the platforms, and docker's client sends none
    tells = int(platform["ApiVersion"].partition(".")[2]) < 52
    placement = docker.service(name)["Spec"]["TaskTemplate"].get("Placement", {})
    assert placement.get("Platforms") == (expected if tells else None)

    private.change_password("an0ther")
    monkeypatch.setenv("DOCKER_CONFIG", private.config_dir)
    assert main(["refresh-auth", unique, "--host", three_nodes.host]) == 0
    assert capsys.readouterr().out == f"{name}: has the current login for {private.address}\n"
    docker.wait_settled(name)
    assert docker.task_ids(name) == {first["ID"]}

    # the other worker has no image yet, and gets it with the new login only
    docker("node", "update", "--availability", "drain", first["NodeID"])
    try:
        moved = wait_elsewhere(docker, name, first["NodeID"])
        assert moved["Spec"]["ContainerSpec"]["Image"] == f"{private.image}@{digest}"
    finally:
        docker("node", "update", "--availability", "active", first["NodeID"])


def wait_elsewhere(docker: Docker, service: str, node: str, timeout: float = 60) -> dict[str, Any]:
    """Wait until a task of the service runs on another node."""
    end = time.monotonic() + timeout
    while not (found := [task for task in docker.tasks(service) if task["NodeID"] != node]):
        assert time.monotonic() < end, docker("service", "ps", "--no-trunc", service)
        time.sleep(0.1)
    return found[0]


def test_login_that_changes_is_no_difference(
    three_nodes: Engine, docker: Docker, private: Registry, unique: str
) -> None:
    given = {"image": private.image, "command": ["sleep", "600"], "wait": False}
    with Plugin(three_nodes.host, env={"DOCKER_CONFIG": private.config_dir}) as plugin:
        inputs = plugin.inputs("Service", unique, given)
        id, state = plugin.create("Service", unique, inputs)
    # another login, here none at all: the text of the image is the same, so no registry is asked
    with Plugin(three_nodes.host) as plugin:
        id, olds, state = plugin.read("Service", unique, id, inputs, state)
        news = plugin.inputs("Service", unique, given, olds)
        assert news["resolvedImage"] == inputs["resolvedImage"]
        assert not plugin.diff("Service", unique, id, olds, news, state).diffs


def test_digest_moves_when_the_text_of_the_image_does_or_when_told_to(
    three_nodes: Engine, docker: Docker, public: Registry, unique: str
) -> None:
    image = public.push("bb:1", f"{unique}:1")
    with Plugin(three_nodes.host) as plugin:
        given = {"image": image, "strict": True, "advice": []}
        one = plugin.inputs("Service", unique, given)
        digest = one["resolvedImage"]
        assert digest == f"{image}@{digest_of(docker, image)}"
        assert "resolvedImage" not in plugin.inputs("Service", unique, {**given, "resolveImage": "never"})

        # the tag is another image now
        assert public.push("bb:2", f"{unique}:1") == image
    with Plugin(three_nodes.host) as plugin:
        assert plugin.inputs("Service", unique, given, one)["resolvedImage"] == digest
        assert plugin.inputs("Service", unique, {**given, "resolveImage": "never"}, one)["resolvedImage"] == digest
        moved = plugin.inputs("Service", unique, {**given, "resolveImage": "always"}, one)
        assert moved["resolvedImage"] != digest
        # and so does another text
        assert plugin.inputs("Service", unique, given, {**one, "image": "other:1"})["resolvedImage"] != digest


def test_image_that_no_registry_resolves_is_deployed_by_its_tag_and_told_with_the_reason(
    three_nodes: Engine, docker: Docker, private: Registry, public: Registry, unique: str
) -> None:
    reasons = {
        f"{public.address}/team/nothing:1": "its registry does not have it",
        f"{private.address}/team/app:1": "its registry denies access to it (see registry_auth of the Provider, or "
        "`docker login`)",
        f"{three_nodes.gateway}:9/team/app:1": "the swarm's manager cannot reach its registry",
    }
    with Plugin(three_nodes.host) as plugin:
        for image, why in reasons.items():
            _, failures = plugin.check("Service", unique, {"image": image, "strict": True})
            text = f"image {image!r} is deployed by its tag, without a digest: {why} (an error because strict is set)"
            assert failures == [text]
        inputs = plugin.inputs("Service", unique, {"image": image, "wait": False, "deploy": {"replicas": 0}})
        assert "resolvedImage" not in inputs
        plugin.create("Service", unique, inputs)
    assert docker.service(unique)["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == image


def test_stack_without_services_or_logins_is_told(
    three_nodes: Engine, docker: Docker, private: Registry, unique: str, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["refresh-auth", unique, "--host", three_nodes.host]) == 1
    assert f"has no service of a stack {unique!r}" in capsys.readouterr().err

    docker("service", "create", "--detach", "--name", f"{unique}_job", "--mode", "replicated-job",
           "--label", f"com.docker.stack.namespace={unique}", private.image, "true")  # fmt: skip
    docker("service", "create", "--detach", "--name", f"{unique}_web", "--replicas", "0",
           "--label", f"com.docker.stack.namespace={unique}", "bb:1")  # fmt: skip
    before = docker.service(f"{unique}_job")["Version"]
    assert main(["refresh-auth", unique, "--host", three_nodes.host]) == 1
    said = capsys.readouterr()
    assert "no login was sent" in said.err
    assert f"{unique}_job: skipped, it is a job" in said.out
    assert f"{unique}_web: skipped, there is no login for docker.io" in said.out
    assert docker.service(f"{unique}_job")["Version"] == before
