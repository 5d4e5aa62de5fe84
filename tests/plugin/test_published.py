"""Ports of one run, noted and compared: however many there are."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.dockerapi import ConnectionSettings
from swarm_provider.errors import InputError
from swarm_provider.plan.scheduling.forecast import holders, taken_ports
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.swarms.reach import Ways

SETTINGS = Settings(ConnectionSettings())
pytestmark = pytest.mark.timeout(20)


def new_run() -> Run:
    return Run(Session(SETTINGS, EngineLog(None), Ways(SETTINGS)))


def note(run: Run, urn: str, inputs: dict[str, Any]) -> None:
    with run.during(urn, Phase.CHECK):
        run.publish(urn, inputs)


def ports(name: str, numbers: Any, mode: str) -> dict[str, Any]:
    return {"name": name, "ports": [{"target": one, "published": one, "mode": mode} for one in numbers]}


def test_port_of_another_service_is_told() -> None:
    run = new_run()
    note(run, "urn:a", ports("a", [80], "ingress"))
    with pytest.raises(InputError, match=r"port 80/tcp is published by service 'a' too"):
        note(run, "urn:b", ports("b", [80], "host"))


def test_service_that_is_checked_again_does_not_meet_itself() -> None:
    run = new_run()
    for _ in range(2):
        note(run, "urn:a", ports("a", [80], "ingress"))
    note(run, "urn:a", ports("a", [81], "ingress"))
    note(run, "urn:b", ports("b", [80], "ingress"))


def test_many_ports_that_are_taken_are_one_line() -> None:
    run = new_run()
    for number in range(20):
        note(run, f"urn:{number}", ports(f"s{number}", range(1, 1001), "host"))
    with pytest.raises(InputError, match="1/tcp and 999 more ports are published by service 's0' too"):
        note(run, "urn:last", ports("last", range(1, 1001), "ingress"))


def live(name: str, numbers: Any, mode: str, owner: str = "") -> dict[str, Any]:
    entries = [{"Protocol": "tcp", "PublishedPort": one, "PublishMode": mode} for one in numbers]
    labels = {"swarm-provider.owner": owner} if owner else {}
    return {"Spec": {"Name": name, "Labels": labels, "EndpointSpec": {"Ports": entries}}}


def test_ports_of_other_programs_are_one_sentence_for_each_service() -> None:
    held = holders([live("theirs", range(1, 10_001), "ingress"), live("ours", [80], "ingress", "proj/dev")])
    wanted = live("web", range(1, 10_001), "ingress")["Spec"]
    first = "port '1' is already in use by service 'theirs' as an ingress port (9999 more of its ports are, too)"
    assert taken_ports(wanted, held, lambda holder: holder.owner != "proj/dev") == [first]
    assert len(taken_ports(wanted, held)) == 2
    assert taken_ports({**wanted, "Name": "theirs"}, held, lambda holder: holder.owner != "proj/dev") == []
