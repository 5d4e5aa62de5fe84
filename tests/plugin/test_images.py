"""When a registry is asked, and what its answer does."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core.values import UNKNOWN
from swarm_provider.dockerapi import RegistryDenied, RegistryUnreachable
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

WEB: dict[str, Any] = {"image": "bb:1", "wait": False}


def asked(swarm: MemorySwarm) -> list[str]:
    return [name for kind, name in swarm.asked if kind == "image"]


def image(swarm: MemorySwarm) -> str:
    live = swarm.live("service", "web")
    assert live is not None
    return str(live["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"])


def test_image_is_deployed_with_its_digest(swarm: MemorySwarm, run: InProcess) -> None:
    digest = swarm.has_image("bb:1", "a")
    run.make("Service", "web", **WEB)
    assert image(swarm) == f"bb:1@{digest}"


def test_preview_shows_the_digest(swarm: MemorySwarm, run: InProcess) -> None:
    digest = swarm.has_image("bb:1", "a")
    assert run.create("Service", "web", run.inputs("Service", "web", WEB), preview=True)[1]["image"].endswith(digest)


def test_registry_is_asked_once_for_many_services(swarm: MemorySwarm, run: InProcess) -> None:
    for name in ("a", "b", "c"):
        run.inputs("Service", name, WEB)
    assert asked(swarm) == ["bb:1"]


def test_registry_that_fails_is_asked_once_too(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.images["bb:1"] = RegistryUnreachable("no route", status=500)
    for name in ("a", "b"):
        run.inputs("Service", name, WEB)
    assert asked(swarm) == ["bb:1"]


def test_unchanged_text_keeps_its_digest(swarm: MemorySwarm, run: InProcess) -> None:
    digest = swarm.has_image("bb:1", "a")
    made = run.make("Service", "web", **WEB)
    swarm.has_image("bb:1", "b")
    with InProcess(swarm) as later:
        swarm.asked.clear()
        assert later.change(later.refresh(made), **WEB).changes == []
    assert (asked(swarm), image(swarm)) == ([], f"bb:1@{digest}")


def test_always_asks_each_time(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.has_image("bb:1", "a")
    made = run.make("Service", "web", **WEB, resolveImage="always")
    digest = swarm.has_image("bb:1", "b")
    with InProcess(swarm) as later:
        later.change(made, **WEB, resolveImage="always")
    assert image(swarm) == f"bb:1@{digest}"


def test_never_asks_nobody(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Service", "web", **WEB, resolveImage="never")
    assert (asked(swarm), image(swarm)) == ([], "bb:1")


def test_digest_that_the_user_wrote_is_used(swarm: MemorySwarm, run: InProcess) -> None:
    text = f"bb:1@sha256:{'c' * 64}"
    run.make("Service", "web", image=text, wait=False)
    assert (asked(swarm), image(swarm)) == ([], text)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "does not have it"),
        (RegistryDenied("no", status=403), "registry_auth"),
        (RegistryUnreachable("no", status=500), "cannot reach its registry"),
        ({"Descriptor": {}}, "no digest"),
    ],
)
def test_registry_that_does_not_tell_is_a_warning(swarm: MemorySwarm, run: InProcess, answer: Any, words: str) -> None:
    swarm.images["bb:1"] = answer
    run.make("Service", "web", **WEB)
    assert any("'bb:1'" in text and words in text for text in run.texts("warning"))
    assert image(swarm) == "bb:1"


def test_registry_that_does_not_tell_is_an_error_with_strict(swarm: MemorySwarm) -> None:
    del swarm.images["bb:1"]
    with InProcess(swarm) as run:
        _, failures = run.check("Service", "web", {**WEB, "strict": True})
    assert "because strict is set" in failures[0]


def test_unknown_image_is_asked_for_by_nobody(swarm: MemorySwarm, run: InProcess) -> None:
    inputs = run.inputs("Service", "web", {"image": UNKNOWN})
    assert run.create("Service", "web", inputs, preview=True)[1]["image"] is UNKNOWN
    assert asked(swarm) == []


def test_text_that_is_no_image_is_told(run: InProcess) -> None:
    _, failures = run.check("Service", "web", {"image": "BB:1"})
    assert failures[0].startswith("image: ")


def test_platforms_of_the_image_are_asked_of_the_nodes(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.has_image("bb:1", "a", ("amd64", "linux"), ("arm", "linux"), ("amd64", "linux"), ("unknown", "unknown"))
    run.make("Service", "web", **WEB)
    live = swarm.live("service", "web")
    assert live is not None
    # docker leaves `arm` out, and an attestation is no platform
    expected = [{"Architecture": "amd64", "OS": "linux"}, {"OS": "linux"}]
    assert live["Spec"]["TaskTemplate"]["Placement"]["Platforms"] == expected


def test_platform_that_the_user_chose_stays(swarm: MemorySwarm, run: InProcess) -> None:
    swarm.has_image("bb:1", "a", ("amd64", "linux"), ("arm64", "linux"))
    run.make("Service", "web", **WEB, platform="linux/amd64")
    live = swarm.live("service", "web")
    assert live is not None
    assert live["Spec"]["TaskTemplate"]["Placement"]["Platforms"] == [{"Architecture": "amd64", "OS": "linux"}]


def test_image_that_is_not_found_stays_no_error_of_the_update(swarm: MemorySwarm, run: InProcess) -> None:
    inputs = run.inputs("Service", "web", WEB)
    del swarm.images["bb:1"]
    assert run.create("Service", "web", inputs)[0] == "web"
