"""Pulumi's resource options take property paths in both spellings."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import run


def ignored(*paths: str, kind: Any = swarm.Service, **args: Any) -> list[str]:
    arguments = args or {"image": "bb:1"}
    done = run(lambda: kind("x", pulumi.ResourceOptions(ignore_changes=list(paths)), **arguments))
    return list(done["x"].request.ignoreChanges)


@pytest.mark.parametrize(
    ("path", "wire"),
    [
        ("image", "image"),
        ("stop_grace_period", "stopGracePeriod"),
        ("stopGracePeriod", "stopGracePeriod"),
        ("deploy.update_config.max_failure_ratio", "deploy.updateConfig.maxFailureRatio"),
        ("deploy.updateConfig.order", "deploy.updateConfig.order"),
        ("environment.MY_VAR", "environment.MY_VAR"),
        ('labels["a.b_c"]', 'labels["a.b_c"]'),
        ("volumes[0].read_only", "volumes[0].readOnly"),
        ("ports[*].published", "ports[*].published"),
    ],
)
def test_ignored_path_goes_over_the_wire_in_camel_case(path: str, wire: str) -> None:
    assert ignored(path) == [wire]


def test_name_of_a_config_means_the_name_that_was_given() -> None:
    assert ignored("name", kind=swarm.Config, data="x") == ["baseName"]


def test_path_that_does_not_exist_is_an_error_with_a_hint() -> None:
    with pytest.raises(pulumi.RunError, match=r"no property 'deploy.replica'; did you mean 'replicas'"):
        ignored("deploy.replica")


def test_options_of_the_user_are_not_changed() -> None:
    options = pulumi.ResourceOptions(ignore_changes=["stop_grace_period"])
    run(lambda: swarm.Service("x", options, image="bb:1"))
    assert options.ignore_changes == ["stop_grace_period"]
    assert options.version is None


def test_other_options_go_through() -> None:
    options = pulumi.ResourceOptions(protect=True, custom_timeouts=pulumi.CustomTimeouts(create="2m"))
    request = run(lambda: swarm.Service("x", options, image="bb:1"))["x"].request
    assert request.protect
    assert request.customTimeouts.create == "2m"
