"""Resources refer to each other by resource, Output or name, and wait for each other."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import run


def test_config_is_referred_to_by_its_current_name() -> None:
    def program() -> None:
        config = swarm.Config("app", data="1")
        swarm.Service("a", image="bb:1", configs=[config])
        swarm.Service("b", image="bb:1", configs=[{"source": config, "target": "/etc/app.json"}])
        swarm.Service("c", image="bb:1", configs=[config.name, "external"])

    done = run(program)
    assert done["a"].inputs["configs"] == [{"source": "app-0123abcd"}]
    assert done["b"].inputs["configs"] == [{"source": "app-0123abcd", "target": "/etc/app.json"}]
    assert done["c"].inputs["configs"] == [{"source": "app-0123abcd"}, {"source": "external"}]
    assert [done[name].depends_on for name in "abc"] == [{"app"}] * 3


def test_network_is_referred_to_by_its_name() -> None:
    def program() -> None:
        net = swarm.Network("net", name="backend")
        swarm.Service("a", image="bb:1", networks=[net])
        swarm.Service("b", image="bb:1", networks=[{"name": net, "aliases": ["web"]}])

    done = run(program, preview=True)
    assert done["a"].inputs["networks"] == [{"name": "backend"}]
    assert done["b"].inputs["networks"] == [{"name": "backend", "aliases": ["web"]}]
    assert done["a"].depends_on == done["b"].depends_on == {"net"}


def test_property_dependency_is_recorded_so_that_a_replaced_network_replaces_its_services() -> None:
    def program() -> None:
        swarm.Service("a", image="bb:1", networks=[swarm.Network("net")])

    done = run(program)
    assert list(done["a"].request.propertyDependencies["networks"].urns) == [done["net"].urn]


@pytest.mark.parametrize("mount", ["db-data:/data", {"type": "volume", "source": "db-data", "target": "/data"}])
def test_mount_by_name_carries_the_options_of_the_volume_resource(mount: Any) -> None:
    def program() -> None:
        swarm.Volume("db-data", driver="local", driver_opts={"type": "nfs", "device": ":/x"})
        swarm.Service("a", image="bb:1", volumes=[mount])

    done = run(program)
    assert done["a"].inputs["volumes"] == [
        {
            "type": "volume",
            "source": "db-data",
            "target": "/data",
            "volume": {"driver": "local", "driverOpts": {"type": "nfs", "device": ":/x"}},
        }
    ]
    assert done["a"].depends_on == {"db-data"}


def test_mount_of_a_volume_resource_keeps_its_own_options() -> None:
    def program() -> None:
        volume = swarm.Volume("db", name="db-data", driver="local")
        mount: Any = {"source": volume, "target": "/d", "volume": {"nocopy": True}}
        swarm.Service("a", image="bb:1", volumes=[mount])

    assert run(program)["a"].inputs["volumes"] == [
        {"type": "volume", "source": "db-data", "target": "/d", "volume": {"driver": "local", "nocopy": True}}
    ]


def test_mount_of_an_unknown_volume_stays_as_it_is() -> None:
    done = run(lambda: swarm.Service("a", image="bb:1", volumes=["other:/data", "/etc:/host:ro"]))
    assert done["a"].inputs["volumes"] == [
        {"type": "volume", "source": "other", "target": "/data"},
        {"type": "bind", "source": "/etc", "target": "/host", "readOnly": True},
    ]


def constrained(name: str, constraint: str) -> swarm.Service:
    return swarm.Service(name, image="bb:1", deploy={"placement": {"constraints": [constraint]}})


@pytest.mark.parametrize("constraint", ["node.labels.storage == raid", "node.labels.storage!=x"])
def test_service_constrained_on_a_label_waits_for_the_node_labels_of_that_key(constraint: str) -> None:
    def program() -> None:
        swarm.NodeLabel("one", node="*", key="storage", value="raid")
        swarm.NodeLabel("two", node="n2", key="storage")
        swarm.NodeLabel("other", node="*", key="zone", value="a")
        constrained("db", constraint)

    assert run(program)["db"].depends_on == {"one", "two"}


def test_service_with_another_constraint_waits_for_no_label() -> None:
    def program() -> None:
        swarm.NodeLabel("one", node="*", key="storage", value="raid")
        constrained("db", "node.role == manager")

    assert run(program)["db"].depends_on == set()


def test_node_label_after_the_service_that_needs_it_is_a_warning() -> None:
    def program() -> None:
        constrained("db", "node.labels.storage == raid")
        swarm.NodeLabel("late", node="*", key="storage", value="raid")

    assert [text for level, text in run(program).log if level == "warning" and "node.labels.storage" in text]


def test_registries_of_two_runs_do_not_mix() -> None:
    run(lambda: swarm.NodeLabel("one", node="*", key="storage"))
    assert run(lambda: constrained("db", "node.labels.storage == x"))["db"].depends_on == set()


def test_own_dependencies_are_kept_beside_the_labels() -> None:
    def program() -> None:
        first = swarm.Service("first", image="bb:1")
        swarm.NodeLabel("one", node="*", key="storage")
        swarm.Service(
            "db",
            pulumi.ResourceOptions(depends_on=[first]),
            image="bb:1",
            deploy={"placement": {"constraints": ["node.labels.storage == x"]}},
        )

    assert run(program)["db"].depends_on == {"first", "one"}
