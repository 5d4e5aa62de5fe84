"""S11: a volume driver plugin connects shared storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import stack, wait_for, write_yaml
from tests.support.engine import Docker, Engine
from tests.support.volume_plugin import VolumePlugin

pytestmark = pytest.mark.e2e

SHARED = """
    version: "3.7"
    services:
      writer:
        image: bb:1
        command: ["sh", "-c", "echo written > /shared/file; trap exit TERM; sleep 1000000 & wait"]
        volumes: ["shared:/shared"]
        deploy: {{update_config: {{monitor: 1s}}}}
      reader:
        image: bb:1
        volumes: ["shared:/shared:ro"]
        deploy: {{update_config: {{monitor: 1s}}}}
    volumes:
      shared:
        driver: {driver}
        driver_opts: {{share: "//nas/todo", retries: "{retries}"}}
"""


@pytest.fixture(scope="module")
def driver(engine: Engine) -> Iterator[VolumePlugin]:
    """A driver that the node has told the swarm of, which it does every 20 s, as after its installation."""
    docker = engine.docker

    def known() -> bool:
        (node,) = docker.api.nodes()
        return any(entry["Name"] == running.driver for entry in node["Description"]["Engine"]["Plugins"])

    with VolumePlugin() as running:
        docker("volume", "create", "--driver", running.driver, "first")
        docker("volume", "rm", "first")
        wait_for("the swarm knows the driver", known)
        yield running


@pytest.fixture
def plugin(driver: VolumePlugin, docker: Docker) -> Iterator[VolumePlugin]:
    """The driver, without volumes of other tests."""
    yield driver
    # a volume without its driver would slow the engine down
    for name in list(driver.created):
        docker("container", "prune", "--force")
        docker("volume", "rm", name)


def test_s11_stack_volume_comes_from_its_driver_with_its_options(
    project: ProjectFactory, docker: Docker, plugin: VolumePlugin, unique: str
) -> None:
    app = project(stack(unique, "shared.yml"))
    write_yaml(app, "shared.yml", SHARED.format(driver=plugin.driver, retries=3))

    app.up().assert_ok()

    volume = f"{unique}_shared"
    app.assert_no_changes()
    assert plugin.created == {volume: {"share": "//nas/todo", "retries": "3"}}
    assert docker.exec_in(f"{unique}_reader", "cat", "/shared/file") == "written"
    assert plugin.file(volume, "file").read_text() == "written\n"
    made = docker.json("volume", "inspect", volume)[0]
    assert (made["Driver"], made["Labels"]["com.docker.stack.namespace"]) == (plugin.driver, unique)

    write_yaml(app, "shared.yml", SHARED.format(driver=plugin.driver, retries=5))
    app.preview().assert_failed(volume, "cannot change")

    write_yaml(app, "shared.yml", SHARED.format(driver=plugin.driver, retries=3))
    app.destroy().assert_ok()
    assert plugin.file(volume, "file").read_text() == "written\n", "the data stays"


@pytest.mark.long
def test_s11_volume_resource_with_driver_and_options_is_made_at_once_where_a_node_is_given(
    project: ProjectFactory, docker: Docker, plugin: VolumePlugin, unique: str
) -> None:
    program = f"""
        import swarm_provider as swarm
        node = swarm.get_nodes()[0].hostname
        shared = swarm.Volume(
            "{unique}", driver="{plugin.driver}", driver_opts={{"share": "RETRIES"}}, node=node, delete_on_destroy=True,
        )
        swarm.Service("{unique}-user", image="bb:1", volumes=[{{"type": "volume", "source": shared, "target": "/s"}}])
        """
    app = project(program)

    app.up().assert_ok()

    app.assert_no_changes()
    assert plugin.created == {unique: {"share": "RETRIES"}}
    docker.exec_in(f"{unique}-user", "sh", "-c", "echo here > /s/file")
    assert plugin.file(unique, "file").read_text() == "here\n"
    app.program(program.replace("RETRIES", "other"))
    app.preview().assert_failed(unique, "cannot change", "driver")
    app.program(program)
    app.destroy().assert_ok()
    assert plugin.created == {}, "delete_on_destroy"
