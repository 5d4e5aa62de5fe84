"""Published ports: two that clash, and one that moves from a service to another."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core import labels
from swarm_provider.plugin.handlers.service import published_ports
from swarm_provider.plugin.protocol.values import encode
from tests.support.calls import urn
from tests.support.in_process import InProcess, Made, Refused
from tests.support.memory_swarm import MemorySwarm

WEB: dict[str, Any] = {"image": "bb:1", "wait": False}


def published(swarm: MemorySwarm, name: str) -> list[int]:
    live = swarm.live("service", name)
    assert live is not None
    return [port["PublishedPort"] for port in (live["Spec"].get("EndpointSpec") or {}).get("Ports") or []]


def theirs(swarm: MemorySwarm, port: int = 8080, mode: str = "ingress", owner: str = "other/dev") -> None:
    """A service of somebody else that publishes a port."""
    ports = [{"Protocol": "tcp", "TargetPort": 80, "PublishedPort": port, "PublishMode": mode}]
    swarm.put(
        "service",
        {
            "Name": "theirs",
            "Labels": {labels.OWNER: owner},
            "Mode": {"Replicated": {"Replicas": 1}},
            "TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}},
            "EndpointSpec": {"Ports": ports},
        },
    )


def update(made: Made, news: dict[str, Any]) -> tuple[str, Any]:
    where: dict[str, Any] = {"urn": urn(made.kind, made.name), "name": made.name, "type": f"swarm:index:{made.kind}"}
    old: dict[str, Any] = {"old_inputs": encode(made.inputs), "olds": encode(made.state)}
    return "Update", provider_pb2.UpdateRequest(id=made.id, news=encode(news), **where, **old)


@pytest.mark.parametrize("mode", ["ingress", "host"])
def test_port_of_another_service_of_the_program_is_refused_at_check(run: InProcess, mode: str) -> None:
    run.inputs("Service", "a", {**WEB, "ports": ["8080:80"]})
    _, failures = run.check("Service", "b", {**WEB, "ports": [{"target": 80, "published": 8080, "mode": mode}]})
    assert "port 8080/tcp is published by service 'a' too" in failures[0]


def test_port_of_mode_host_may_be_on_several_services(run: InProcess) -> None:
    port = {"target": 80, "published": 8080, "mode": "host"}
    for name in ("a", "b"):
        run.inputs("Service", name, {**WEB, "ports": [port]})


def test_service_that_is_checked_again_does_not_meet_itself(run: InProcess) -> None:
    for _ in range(2):
        run.inputs("Service", "a", {**WEB, "ports": ["8080:80"]})


def test_port_of_a_service_of_somebody_else_is_a_warning_in_the_preview(swarm: MemorySwarm, run: InProcess) -> None:
    theirs(swarm)
    run.inputs("Service", "web", {**WEB, "ports": ["8080:80"]})
    assert any("8080" in text and "'theirs'" in text for text in run.texts("warning"))


def test_port_of_a_service_of_somebody_else_is_an_error_of_the_update(swarm: MemorySwarm, run: InProcess) -> None:
    theirs(swarm)
    with pytest.raises(Refused, match="'theirs', which this program does not manage"):
        run.make("Service", "web", **WEB, ports=["8080:80"])


def test_services_that_swap_their_ports_are_told_at_once_that_swarm_cannot_do_that(
    swarm: MemorySwarm, run: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    # found by `make simulate`: each waited five minutes for the other, and so did every `up` after it
    monkeypatch.setattr(published_ports, "_PAUSE_S", 0.01)
    a = run.make("Service", "a", **WEB, ports=["8080:80"])
    b = run.make("Service", "b", **WEB, ports=["8081:80"])
    with InProcess(swarm) as later:
        a_news = later.inputs("Service", "a", {**WEB, "ports": ["8081:80"]}, a.inputs)
        b_news = later.inputs("Service", "b", {**WEB, "ports": ["8080:80"]}, b.inputs)
        found = later.together(update(a, a_news), update(b, b_news))
    assert all(isinstance(one, Refused) and "change them in two runs" in one.message for one in found), found
    assert (published(swarm, "a"), published(swarm, "b")) == ([8080], [8081])


def test_port_that_moves_is_waited_for(swarm: MemorySwarm, run: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published_ports, "_PAUSE_S", 0.01)
    a = run.make("Service", "a", **WEB, ports=["8080:80"])
    b = run.make("Service", "b", **WEB)
    with InProcess(swarm) as later:
        # only the order of the checks decides: b asks for the port after a has given it up
        a_news = later.inputs("Service", "a", WEB, a.inputs)
        b_news = later.inputs("Service", "b", {**WEB, "ports": ["8080:80"]}, b.inputs)
        answers = later.together(update(b, b_news), update(a, a_news))
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert [text for name, text in later.status if name == "b" and "waiting for port 8080" in text]
    assert (published(swarm, "a"), published(swarm, "b")) == ([], [8080])


def test_port_of_a_service_that_names_the_stack_by_its_earlier_name_is_waited_for(
    swarm: MemorySwarm, run: InProcess
) -> None:
    run.make("Service", "a", **WEB, ports=["8080:80"])
    swarm.edit("service", "a", lambda live: live["Spec"]["Labels"].update({labels.OWNER: "proj/earlier"}))
    b = run.make("Service", "b", **WEB)
    with InProcess(swarm) as later:
        later.inputs("Service", "a", WEB)
        b_news = later.inputs("Service", "b", {**WEB, "ports": ["8080:80"]}, b.inputs)
        later.known.session.cancelled.set()
        [answer] = later.together(update(b, b_news))
        assert "stopped while waiting for port 8080" in answer.message


def test_wait_for_a_port_ends_with_the_run(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Service", "a", **WEB, ports=["8080:80"])
    b = run.make("Service", "b", **WEB)
    with InProcess(swarm) as later:
        b_news = later.inputs("Service", "b", {**WEB, "ports": ["8080:80"]}, b.inputs)
        later.known.session.cancelled.set()
        [answer] = later.together(update(b, b_news))
        assert isinstance(answer, Refused)
        assert "stopped while waiting for port 8080" in answer.message


def test_port_that_a_service_keeps_is_told_after_the_patience(
    swarm: MemorySwarm, run: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published_ports, "_PAUSE_S", 0.01)
    monkeypatch.setattr(published_ports, "UNREGISTERED_S", 0.0)
    run.make("Service", "a", **WEB, ports=["8080:80"])
    b = run.make("Service", "b", **WEB)
    with InProcess(swarm) as later:
        b_news = later.inputs("Service", "b", {**WEB, "ports": ["8080:80"]}, b.inputs)
        [answer] = later.together(update(b, b_news))
        assert isinstance(answer, Refused)
        assert "is still published by service 'a' of this program" in answer.message
        assert "renames=" in answer.message


def test_status_texts_of_a_service_come_in_their_order(swarm: MemorySwarm, run: InProcess) -> None:
    async def say() -> None:
        log = run.provider.log
        for number in range(20):
            log.status(urn("Service", "web"), f"{number}/20 running")
        await log.flush(urn("Service", "web"))

    run.wait(say())
    assert [text for name, text in run.status if name == "web"] == [f"{number}/20 running" for number in range(20)]


def test_status_text_is_sent_only_when_it_changes(run: InProcess) -> None:
    async def say() -> None:
        for text in ("1/2", "1/2", "2/2", "2/2"):
            run.provider.log.status(urn("Service", "web"), text)
        await run.provider.log.flush(urn("Service", "web"))

    run.wait(say())
    assert [text for _, text in run.status] == ["1/2", "2/2"]
