"""Lookups answer with typed values, or end the program with the plugin's words."""

from __future__ import annotations

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import SECRET, run

NODE = {
    "id": "n1",
    "hostname": "m1",
    "role": "manager",
    "availability": "active",
    "state": "ready",
    "address": "10.0.0.1",
    "labels": {"storage": "raid"},
    "engineVersion": "27.0",
}


def test_config_is_looked_up_by_name_and_project() -> None:
    answer = {"name": "app-1234", "id": "c1", "labels": {}, "data": "x", "dataBase64": "eA=="}
    done = run(lambda: swarm.get_config("app", project="other"), answers={"swarm:index:getConfig": answer})
    assert done.result == swarm.ConfigInfo("app-1234", "c1", {}, "x", "eA==")
    assert done.calls[0].args == {"name": "app", "project": "other"}


def test_what_the_swarm_does_not_say_is_empty() -> None:
    done = run(lambda: swarm.get_secret("s"), answers={"swarm:index:getSecret": {"name": "s-1", "id": "s1"}})
    assert done.result == swarm.SecretInfo("s-1", "s1", {})


def test_nodes_are_typed() -> None:
    done = run(lambda: swarm.get_nodes(labels={"storage": "raid"}), answers={"swarm:index:getNodes": {"nodes": [NODE]}})
    assert [(node.hostname, node.engine_version, node.labels) for node in done.result] == [
        ("m1", "27.0", {"storage": "raid"})
    ]
    assert done.calls[0].args == {"labels": {"storage": "raid"}}


def test_output_form_takes_outputs() -> None:
    def program() -> pulumi.Output[str]:
        name = pulumi.Output.from_input("m1")
        return swarm.get_node_output(name).apply(lambda node: node.role)

    done = run(program, answers={"swarm:index:getNode": NODE})
    assert done.result == "manager"
    assert done.calls[0].args == {"node": "m1"}


def test_list_of_nodes_as_an_output() -> None:
    def program() -> pulumi.Output[int]:
        return swarm.get_nodes_output(role="manager").apply(len)

    assert run(program, answers={"swarm:index:getNodes": {"nodes": [NODE, NODE]}}).result == 2


def test_missing_object_ends_the_program_with_the_plugins_words() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        run(lambda: swarm.get_network("nope"), answers={"swarm:index:getNetwork": "network 'nope' does not exist"})
    assert str(raised.value) == "swarm.get_network: network 'nope' does not exist"


def test_missing_object_in_the_output_form_ends_the_program_the_same_way() -> None:
    def program() -> None:
        pulumi.export("x", swarm.get_node_output("nope").apply(lambda node: node.role))

    with pytest.raises(pulumi.RunError) as raised:
        run(program, answers={"swarm:index:getNode": "node 'nope' does not exist"})
    assert str(raised.value) == "swarm.get_node_output: node 'nope' does not exist"


def test_secret_argument_makes_a_secret_answer_that_depends_on_its_source() -> None:
    def program() -> pulumi.Output[str]:
        return swarm.get_node_output(pulumi.Output.secret("m1")).apply(lambda node: node.role)

    assert run(program, answers={"swarm:index:getNode": NODE}).result == (SECRET, "manager")
