"""Asking a real registry through a real engine: digests, logins, and what is wrong when there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from swarm_provider.dockerapi import (
    ImageNotFound,
    Json,
    RegistryAuth,
    RegistryDenied,
    RegistryUnreachable,
    Swarm,
)
from swarm_provider.errors import InputError, NotFound
from tests.dockerapi.conftest import on_swarm
from tests.support.engine import Docker, Engine
from tests.support.registry import PASSWORD, USER, Registry, run_registry

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def public(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with run_registry(engine, tmp_path_factory.mktemp("public")) as registry:
        yield registry


@pytest.fixture(scope="module")
def private(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with run_registry(engine, tmp_path_factory.mktemp("private"), password=PASSWORD) as registry:
        yield registry


def look_up(engine: Engine, image: str, **settings: Any) -> Json:
    async def work(swarm: Swarm) -> Json:
        return await swarm.distribution(image)

    return on_swarm(work, host=engine.host, **settings)


def test_image_is_told_with_digest_and_platforms(engine: Engine, public: Registry) -> None:
    found = look_up(engine, public.image)
    digest = engine.docker("image", "inspect", "--format", "{{json .RepoDigests}}", public.image)
    assert f"{public.address}/team/app@{found['Descriptor']['digest']}" in json.loads(digest)
    # of an OCI manifest, which engines from 29 on push, no engine tells the platforms
    if found["Descriptor"]["mediaType"] != "application/vnd.oci.image.manifest.v1+json":
        assert found["Platforms"][0]["os"] == "linux"
    assert look_up(engine, f"{public.address}/team/app@{found['Descriptor']['digest']}") == found


def test_image_that_the_registry_does_not_have_is_not_found(engine: Engine, public: Registry) -> None:
    with pytest.raises(ImageNotFound) as caught:
        look_up(engine, f"{public.address}/team/app:none")
    assert isinstance(caught.value, NotFound)
    assert f"look up image '{public.address}/team/app:none'" in str(caught.value)


def test_private_registry_without_a_login_denies(engine: Engine, private: Registry) -> None:
    with pytest.raises(RegistryDenied):
        look_up(engine, private.image)


def test_private_registry_with_a_wrong_inline_login_denies(engine: Engine, private: Registry) -> None:
    with pytest.raises(RegistryDenied) as caught:
        look_up(engine, private.image, registry_auth=(RegistryAuth(private.address, USER, "wr0ng"),))
    assert "wr0ng" not in str(caught.value)


def test_private_registry_takes_the_inline_login(engine: Engine, private: Registry) -> None:
    login = RegistryAuth(private.address, USER, PASSWORD)
    assert look_up(engine, private.image, registry_auth=(login,))["Descriptor"]["digest"]


def test_private_registry_takes_the_login_of_the_docker_configuration(engine: Engine, private: Registry) -> None:
    assert look_up(engine, private.image, config_dir=private.config_dir)["Descriptor"]["digest"]


def test_registry_that_nobody_runs_is_unreachable(engine: Engine) -> None:
    with pytest.raises(RegistryUnreachable, match="connection refused"):
        look_up(engine, f"{engine.gateway}:9/team/app:1")


def test_docker_hub_from_a_node_without_a_route_is_unreachable(engine: Engine) -> None:
    with pytest.raises(RegistryUnreachable):
        look_up(engine, "nginx:1.27")


def test_text_that_is_no_image_is_an_input_error(engine: Engine) -> None:
    with pytest.raises(InputError, match="invalid reference format"):
        look_up(engine, "nginx:")


def test_service_from_a_private_registry_runs_with_the_login_of_its_creation(
    engine: Engine, docker: Docker, private: Registry, unique: str
) -> None:
    async def work(swarm: Swarm) -> str:
        spec = {"Name": unique, "TaskTemplate": {"ContainerSpec": {"Image": private.image}}}
        return await swarm.create("service", spec, registry_auth=await swarm.encoded_auth(private.image))

    docker("image", "rm", private.image)
    on_swarm(work, host=engine.host, config_dir=private.config_dir)
    docker.wait_running(unique)
    assert private.image in docker.lines("image", "ls", "--format", "{{.Repository}}:{{.Tag}}")
