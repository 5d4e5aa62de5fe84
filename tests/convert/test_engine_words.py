"""Words of compose that docker's CLI has not wired: what they mean in the API, and what is refused."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from swarm_provider.convert.minimal_update import in_live_form
from swarm_provider.convert.service.daemon_form import stored
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.spec import from_spec, read_inputs, to_spec
from swarm_provider.convert.service.versions import unknown_to
from swarm_provider.core import Json
from swarm_provider.model import RESOURCES
from swarm_provider.model.rules import refusals
from swarm_provider.model.security import canonical, profile_path
from swarm_provider.plan.change.request_spec import on_top_of
from swarm_provider.plan.change.restart import restart

WEB: Json = {"name": "web", "image": "bb:1"}
MEMORY: Json = {"deploy": {"resources": {"limits": {"memory": "64M"}}}}


def task(**inputs: Any) -> Json:
    found: Json = to_spec({**WEB, **inputs})["TaskTemplate"]
    return found


@pytest.mark.parametrize(
    ("option", "normal"),
    [
        ("no-new-privileges", "no-new-privileges:true"),
        ("no-new-privileges=false", "no-new-privileges:false"),
        ("seccomp=unconfined", "seccomp:unconfined"),
        ("seccomp=builtin", "seccomp:default"),
        ('seccomp={ "defaultAction": "SCMP_ACT_LOG" }', 'seccomp:{"defaultAction":"SCMP_ACT_LOG"}'),
        ("apparmor=docker-default", "apparmor:default"),
        ("apparmor:unconfined", "apparmor:unconfined"),
        ("label=disable", "label:disable"),
        ("label=level:s0:c1,c2", "label:level:s0:c1,c2"),
    ],
)
def test_security_option_has_one_spelling(option: str, normal: str) -> None:
    assert canonical(option) == normal
    assert canonical(normal) == normal


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("systempaths=unconfined", "not supported by Swarm"),
        ("apparmor=mine", "not a profile by name"),
        ("seccomp={", "not JSON"),
        ("seccomp=p.json", "a profile in JSON"),
        ("label=x", "a label must be disable"),
        ("no-new-privileges:maybe", "not supported by Swarm"),
        ("credentialspec=file://a", "set with credential_spec"),
    ],
)
def test_security_option_that_swarm_has_not_is_refused(option: str, words: str) -> None:
    _, problems = RESOURCES["swarm:index:Service"].normal({**WEB, "securityOpt": [option]})
    assert [(problem.path, words in problem.message) for problem in problems] == [("security_opt[0]", True)]


def test_only_a_path_is_a_profile_to_read() -> None:
    options = ["seccomp=p.json", "seccomp:./a/p.json", "seccomp:unconfined", "seccomp={}", "seccomp=", "label=user:u"]
    assert [profile_path(option) for option in options] == ["p.json", "./a/p.json", None, None, None, None]


def test_security_options_are_privileges() -> None:
    profile = '{"defaultAction":"SCMP_ACT_LOG"}'
    options = [f"seccomp:{profile}", "apparmor:unconfined", "no-new-privileges:true", "label:type:t"]
    assert task(securityOpt=options)["ContainerSpec"]["Privileges"] == {
        "Seccomp": {"Mode": "custom", "Profile": base64.b64encode(profile.encode()).decode()},
        "AppArmor": {"Mode": "disabled"},
        "NoNewPrivileges": True,
        "SELinuxContext": {"Type": "t"},
    }


@pytest.mark.parametrize(("limit", "swap"), [("96M", 32 << 20), ("64M", 0), ("-1", -1), ("0", None)])
def test_limit_of_memory_and_swap_counts_the_memory_in(limit: str, swap: int | None) -> None:
    inputs = {**WEB, **MEMORY, "memswapLimit": limit}
    assert to_spec(inputs)["TaskTemplate"]["Resources"].get("SwapBytes") == swap
    assert read_inputs(inputs, stored(to_spec(inputs))) == inputs


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"memswapLimit": "64M"}, "needs deploy.resources.limits.memory"),
        ({"memswapLimit": "32M", **MEMORY}, "cannot be less than"),
        ({"memswapLimit": "64M", **MEMORY}, ""),
        ({"memswapLimit": "-1", **MEMORY}, ""),
        ({"memswapLimit": "0"}, ""),
    ],
)
def test_limit_of_memory_and_swap_needs_one_of_memory_below_it(inputs: Json, words: str) -> None:
    found = [problem.message for problem in refusals.service({**WEB, **inputs})]
    assert len(found) == bool(words)
    assert all(words in message for message in found)


def test_swappiness_of_nought_is_a_value() -> None:
    inputs = {**WEB, "memSwappiness": 0}
    assert to_spec(inputs)["TaskTemplate"]["Resources"] == {"MemorySwappiness": 0}
    assert from_spec(effective(stored(to_spec(inputs))))["memSwappiness"] == 0
    assert restart(to_spec(WEB), to_spec(inputs)).reasons == ("mem_swappiness",)


def test_older_engine_drops_the_words_and_says_from_which_version_they_hold() -> None:
    spec = to_spec({**WEB, **MEMORY, "memswapLimit": "96M", "memSwappiness": 1, "securityOpt": ["seccomp:default"]})
    assert unknown_to(spec, "1.43") == [
        ("securityOpt (seccomp)", "1.44"),
        ("memswapLimit", "1.52"),
        ("memSwappiness", "1.52"),
    ]
    assert unknown_to(spec, "1.52") == []


# ---------------------------------------------------------------- platform


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("linux/arm64", {"OS": "linux", "Architecture": "arm64"}),
        ("linux/arm/v7", {"OS": "linux", "Architecture": "arm"}),
        ("windows", {"OS": "windows"}),
        ("arm64", {"Architecture": "arm64"}),
    ],
)
def test_platform_is_where_tasks_may_run(text: str, platform: Json) -> None:
    assert task(platform=text)["Placement"] == {"Platforms": [platform]}
    assert read_inputs({**WEB, "platform": text}, stored(to_spec({**WEB, "platform": text})))["platform"] == text


@pytest.mark.parametrize("text", ["", "linux/", "a/b/c/d", "li nux/arm64"])
def test_platform_that_is_none_is_refused(text: str) -> None:
    _, problems = RESOURCES["swarm:index:Service"].normal({**WEB, "platform": text})
    assert [problem.path for problem in problems] == ["platform"]


def test_platforms_of_an_image_are_no_wish_of_the_user() -> None:
    live = stored(to_spec(WEB))
    live["TaskTemplate"]["Placement"] = {"Platforms": [{"OS": "linux", "Architecture": "amd64"}]}
    assert "platform" not in from_spec(effective(live))
    assert read_inputs(WEB, live) == WEB


def test_platform_that_somebody_changed_is_drift() -> None:
    inputs = {**WEB, "platform": "linux/arm64"}
    live = stored(to_spec(inputs))
    live["TaskTemplate"]["Placement"]["Platforms"] = [{"OS": "linux", "Architecture": "amd64"}]
    assert read_inputs(inputs, live)["platform"] == "linux/amd64"


def test_platform_goes_with_the_input_and_stays_over_another_image() -> None:
    inputs = {**WEB, "platform": "linux/arm64"}
    live = stored(to_spec(inputs))
    other = {**inputs, "image": "bb:2"}
    wish = [{"OS": "linux", "Architecture": "arm64"}]
    assert on_top_of(to_spec(other), live, other)["TaskTemplate"]["Placement"]["Platforms"] == wish
    assert on_top_of(to_spec(WEB), live, WEB)["TaskTemplate"]["Placement"] == {}


def test_mounts_below_a_bind_mount_stay_away_when_told_so() -> None:
    mount = {"type": "bind", "source": "/a", "target": "/a", "bind": {"recursive": "disabled"}}
    inputs = {**WEB, "volumes": [mount]}
    live = stored(to_spec(inputs))
    assert live["TaskTemplate"]["ContainerSpec"]["Mounts"][0]["BindOptions"] == {
        "Propagation": "rprivate",
        "NonRecursive": True,
    }
    assert read_inputs(inputs, live) == inputs
    assert not restart(live, in_live_form(to_spec(inputs), live)).restarts
