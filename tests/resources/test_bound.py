"""What a program binds to the keys of a Release's files, on Pulumi's own mocks."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

import swarm_provider as swarm
from tests.resources.program import SECRET, run, version_name


def of_a_release(args: mocks.MockResourceArgs) -> dict[str, Any]:
    """Outputs as the plugin's: what was bound is not among them."""
    empty: dict[str, Any] = {"configs": {}, "secrets": {}, "networks": {}}
    return empty if args.typ.endswith("Release") else version_name(args)


def test_resources_are_bound_by_their_names() -> None:
    def program() -> None:
        secret, config = swarm.Secret("db", data="x"), swarm.Config("app", data="1")
        swarm.Release(
            "shop",
            compose_file="shop.yml",
            secrets={"pass": secret},
            configs={"app": config},
            networks={"front": swarm.Network("front")},
            volumes={"data": swarm.Volume("data", driver_opts={"type": "nfs"})},
        )

    done = run(program, outputs=of_a_release)["shop"]
    assert done.inputs["secrets"] == (SECRET, {"pass": {"name": "db-0123abcd"}})
    assert done.inputs["configs"] == {"app": {"name": "app-0123abcd"}}
    assert done.inputs["networks"] == {"front": {"name": "front"}}
    assert done.inputs["volumes"] == {"data": {"name": "data", "driverOpts": {"type": "nfs"}}}
    assert done.depends_on == {"db", "app", "data", "front"}


def test_bytes_and_outputs_are_content() -> None:
    def program() -> None:
        configs = {"text": b"hello", "bytes": b"\x00\x01", "later": pulumi.Output.from_input("x")}
        swarm.Release("shop", compose_file="shop.yml", configs=configs)

    inputs = run(program, outputs=of_a_release)["shop"].inputs
    assert inputs["configs"] == {"text": "hello", "bytes": {"dataBase64": "AAE="}, "later": "x"}


def test_resource_of_another_kind_is_refused_where_it_stands() -> None:
    def program() -> None:
        swarm.Release("shop", compose_file="shop.yml", secrets={"pass": swarm.Network("front")})

    with pytest.raises(
        pulumi.RunError, match=r"secrets\.pass: must be a Secret \(or a name\), not the Network 'front'"
    ):
        run(program, outputs=of_a_release)


def test_release_waits_for_the_labels_and_nodes_of_the_program() -> None:
    def program() -> None:
        swarm.NodeLabel("ssd", node="*", key="disk", value="ssd")
        swarm.Node("m", node="m", availability="drain")
        swarm.Release("shop", compose_file="shop.yml")

    assert run(program, outputs=of_a_release)["shop"].depends_on == {"ssd", "m"}
