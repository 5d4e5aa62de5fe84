"""What a program writes reaches the plugin in wire form, whatever spelling or type it has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import pulumi
import pytest

import swarm_provider as swarm
from swarm_provider.errors import InputError
from swarm_provider.resources.program.error_reporting import run_error
from tests.resources.program import SECRET, run


def inputs_of(make: Callable[[], Any], name: str = "x") -> dict[str, Any]:
    return run(make)[name].inputs


def service(**args: Any) -> Callable[[], Any]:
    return lambda: swarm.Service("x", **{"image": "bb:1", **args})


def test_nested_keys_travel_in_camel_case() -> None:
    inputs = inputs_of(service(deploy={"update_config": {"max_failure_ratio": 0.5}}))
    assert inputs["deploy"] == {"updateConfig": {"maxFailureRatio": 0.5}}


def test_keys_in_camel_case_stay() -> None:
    inputs = inputs_of(service(deploy={"updateConfig": {"order": "start-first"}}))
    assert inputs["deploy"] == {"updateConfig": {"order": "start-first"}}


def test_keys_of_user_maps_stay_as_they_are() -> None:
    inputs = inputs_of(service(environment={"MY_VAR": "1", "snake_case": "2"}, labels={"a_b": "c"}))
    assert inputs["environment"] == {"MY_VAR": "1", "snake_case": "2"}
    assert inputs["labels"] == {"a_b": "c"}


def test_typed_dicts_are_taken() -> None:
    deploy = swarm.DeployArgs(replicas=2, restart_policy=swarm.RestartPolicyArgs(max_attempts=3))
    assert inputs_of(service(deploy=deploy))["deploy"] == {"replicas": 2, "restartPolicy": {"maxAttempts": 3}}


def test_outputs_anywhere_keep_their_place() -> None:
    def program() -> None:
        deploy: Any = {"replicas": pulumi.Output.from_input(3), "labels": {"n": pulumi.Output.concat("v", "1")}}
        swarm.Service("x", image="bb:1", deploy=deploy)

    inputs = inputs_of(program)
    assert inputs["deploy"] == {"replicas": 3, "labels": {"n": "v1"}}


def test_output_of_a_whole_object_is_translated_too() -> None:
    def program() -> None:
        swarm.Service("x", image="bb:1", deploy=pulumi.Output.from_input({"update_config": {"order": "stop-first"}}))

    assert inputs_of(program)["deploy"] == {"updateConfig": {"order": "stop-first"}}


def test_awaitables_are_outputs() -> None:
    async def image() -> str:
        await asyncio.sleep(0)
        return "bb:7"

    assert inputs_of(lambda: swarm.Service("x", image=image()))["image"] == "bb:7"


def test_secret_in_the_environment_stays_secret() -> None:
    def program() -> None:
        swarm.Service("x", image="bb:1", environment={"A": "1", "PASSWORD": pulumi.Output.secret("hunter2")})

    assert inputs_of(program)["environment"] == (SECRET, {"A": "1", "PASSWORD": "hunter2"})


def test_short_forms_become_long_ones() -> None:
    inputs = inputs_of(
        service(ports=["8080:80"], volumes=["data:/data:ro"], environment=["A=1", "B="], command="sh -c 'a b'")
    )
    assert inputs["ports"] == [{"target": 80, "published": 8080, "protocol": "tcp", "mode": "ingress"}]
    assert inputs["volumes"] == [{"type": "volume", "source": "data", "target": "/data", "readOnly": True}]
    assert inputs["environment"] == {"A": "1", "B": ""}
    assert inputs["command"] == ["sh", "-c", "a b"]


def test_short_form_that_is_wrong_is_left_for_check_to_explain() -> None:
    assert inputs_of(service(ports=["eighty"]))["ports"] == ["eighty"]


def test_unknown_nested_key_is_left_for_check_to_explain() -> None:
    assert inputs_of(service(deploy={"replica": 1}))["deploy"] == {"replica": 1}


def test_absent_arguments_are_not_sent() -> None:
    assert inputs_of(service()) == {"image": "bb:1"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"imagee": "bb:1"}, "swarm.Service 'x': unknown argument 'imagee'; did you mean 'image'?"),
        ({}, "swarm.Service 'x': missing a required"),
    ],
)
def test_wrong_argument_ends_the_program_with_one_line(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        run(lambda: swarm.Service("x", **arguments))
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


loose: Any = swarm
"""For arguments that no type checker lets pass."""


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: loose.Stack("todo", "todo.yml"),
            "the second argument is pulumi.ResourceOptions, not str; pass all",
        ),
        (lambda: loose.Config(1, data="x"), "the first argument is the logical name, a string"),
        (lambda: loose.Service("x", image=3 + 4j), "image: must be plain data or an Output, not complex"),
        (lambda: loose.Service("x", image="bb:1", environment={1: "a"}), "environment: the key 1 must be a string"),
        (
            lambda: loose.Service("x", image="bb:1", cap_add={"ALL"}),
            "cap_add: must be plain data or an Output, not set",
        ),
        (lambda: loose.Config("x", data="x", rotate_trigger=[object()]), "rotate_trigger[0]: must be plain data"),
        (lambda: loose.Service("x", image="bb:1", deploy={"replica": b"1"}), "deploy.replica: must be plain data"),
    ],
)
def test_value_that_cannot_travel_is_told_before_pulumi_stumbles(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        run(call)
    assert message in str(raised.value)


def test_paths_and_enum_members_are_taken_as_their_text() -> None:
    class Mode(Enum):
        MODE = "prod"

    inputs = inputs_of(service(working_dir=Path("/app"), environment={"MODE": Mode.MODE}))
    assert inputs == {"image": "bb:1", "workingDir": "/app", "environment": {"MODE": "prod"}}


def test_mistake_inside_an_output_ends_the_program_in_the_same_way() -> None:
    def program() -> None:
        loose.Service("x", image="bb:1", deploy=pulumi.Output.from_input({"replicas": 3 + 4j}))

    with pytest.raises(pulumi.RunError, match=r"deploy\.replicas: must be plain data"):
        run(program)


def test_resource_of_another_kind_is_refused() -> None:
    with pytest.raises(pulumi.RunError, match=r"networks\[0\]: must be a Network \(or a name\), not the Config 'c'"):
        run(lambda: swarm.Service("x", image="bb:1", networks=[swarm.Config("c", data="1")]))


def test_many_problems_are_counted_after_the_first_four() -> None:
    error = run_error(InputError(*(f"problem {number}" for number in range(6))), "swarm.Stack 'todo'")
    assert str(error).splitlines() == [
        *(f"swarm.Stack 'todo': problem {number}" for number in range(4)),
        "... and 2 more problems",
    ]
