"""The calls to a real engine: exact names, versions, conflicts, tasks and what they wrote."""

from __future__ import annotations

import asyncio
import base64
import time
from functools import partial
from typing import Any

import pytest

from swarm_provider.dockerapi import Json, Swarm
from swarm_provider.dockerapi.kinds import exact
from swarm_provider.errors import Conflict, DockerError, OutOfSequence
from swarm_provider.rollout.retry import update_with_retry
from tests.dockerapi.conftest import on_swarm
from tests.support.engine import Docker, Engine

pytestmark = pytest.mark.live


def config(name: str, text: str = "x", **labels: str) -> Json:
    return {"Name": name, "Data": base64.b64encode(text.encode()).decode(), "Labels": labels}


def service(name: str, *command: str, image: str = "bb:1", **container: Any) -> Json:
    return {
        "Name": name,
        "TaskTemplate": {"ContainerSpec": {"Image": image, "Command": list(command) or None, **container}},
        "Mode": {"Replicated": {"Replicas": 1}},
        "EndpointSpec": {"Mode": "dnsrr"},
    }


async def running(swarm: Swarm, service_id: str) -> Json:
    """The service's task once it runs."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for task in await swarm.tasks(service_ids=[service_id]):
            if task["Status"]["State"] == "running":
                return task
        await asyncio.sleep(0.1)
    raise AssertionError("no running task after 30 s")


def test_names_are_exact_where_the_daemon_takes_beginnings(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        names = [f"{unique}-v1", f"{unique}-v", unique]
        ids = {name: await swarm.create("config", config(name)) for name in names}
        for name in names:
            live = await swarm.inspect("config", name)
            assert live is not None
            assert live["ID"] == ids[name]
            assert await swarm.find("config", name) == live
            assert await swarm.inspect("config", ids[name]) == live
        for part in (unique[:-1], f"{unique}-", ids[unique][:12], ""):
            assert await swarm.inspect("config", part) is None
            assert await swarm.find("config", part) is None
            assert not await swarm.remove("config", part)
        assert await swarm.remove("config", unique)
        assert not await swarm.remove("config", unique)
        assert await swarm.inspect("config", unique) is None
        left = {item["Spec"]["Name"] for item in await swarm.list("config")}
        assert left >= {f"{unique}-v", f"{unique}-v1"}

    on_swarm(work, host=docker.host)


@pytest.mark.parametrize("kind", ["service", "config", "secret", "network", "volume", "node", "task"])
def test_inspect_of_what_does_not_exist_is_none(docker: Docker, unique: str, kind: str) -> None:
    async def work(swarm: Swarm) -> None:
        for name in (unique, "a" * 25, "a/b", "ü"):
            assert await swarm.inspect(kind, name) is None

    on_swarm(work, host=docker.host)


@pytest.mark.parametrize("kind", ["config", "secret"])
def test_update_changes_labels_and_an_old_version_is_out_of_sequence(docker: Docker, unique: str, kind: str) -> None:
    async def work(swarm: Swarm) -> None:
        id = await swarm.create(kind, config(unique))
        live = await swarm.inspect(kind, id)
        assert live is not None
        spec = {**live["Spec"], "Labels": {"a": "b"}}
        assert await swarm.update(kind, id, live["Version"]["Index"], spec) == []
        with pytest.raises(OutOfSequence, match="out of sequence"):
            await swarm.update(kind, id, live["Version"]["Index"], spec)
        assert (await swarm.inspect(kind, unique) or {})["Spec"]["Labels"] == {"a": "b"}

    on_swarm(work, host=docker.host)


def changed(name: str, image: str, live: Json) -> Json:
    return service(name, image=image)


def test_service_is_made_changed_and_removed(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        # a field that this engine does not know must not stop the call
        id = await swarm.create("service", {**service(unique), "FieldOfTomorrow": 1})
        for image in ("bb:2", "bb:1"):
            # Swarm writes to the service, too: the version that was read may be an older one by then
            sent = await update_with_retry(swarm, "service", unique, partial(changed, unique, image))
            assert sent is not None and sent.id == id
            now = await swarm.inspect("service", id) or {}
            assert now["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"] == image
        assert await swarm.remove("service", unique)
        assert await swarm.find("service", unique) is None

    on_swarm(work, host=docker.host)


def test_service_update_with_an_old_version_is_out_of_sequence(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        id = await swarm.create("service", service(unique))
        with pytest.raises(OutOfSequence, match=f"update service '{unique}'"):
            await swarm.update("service", id, 1, service(unique))

    on_swarm(work, host=docker.host)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [("config", config), ("secret", config), ("service", service), ("network", lambda name: {"Name": name})],
)
def test_name_that_is_taken_is_a_conflict(docker: Docker, unique: str, kind: str, spec: Any) -> None:
    async def work(swarm: Swarm) -> None:
        await swarm.create(kind, spec(unique))
        with pytest.raises(Conflict, match=f"create {kind} '{unique}' failed: "):
            await swarm.create(kind, spec(unique))

    on_swarm(work, host=docker.host)


def test_config_in_use_is_a_conflict(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        id = await swarm.create("config", config(unique))
        file = {"Name": "/c", "UID": "0", "GID": "0", "Mode": 0o444}
        await swarm.create("service", service(unique, Configs=[{"File": file, "ConfigID": id, "ConfigName": unique}]))
        with pytest.raises(Conflict, match=f"remove config '{unique}' failed: .* is in use"):
            await swarm.remove("config", unique)

    on_swarm(work, host=docker.host)


def test_invalid_spec_is_refused_with_the_daemons_words(docker: Docker) -> None:
    async def work(swarm: Swarm) -> None:
        with pytest.raises(DockerError) as caught:
            await swarm.create("service", service("no_dns_name!"))
        assert type(caught.value) is DockerError
        assert str(caught.value).startswith("create service 'no_dns_name!' failed: name must be valid")

    on_swarm(work, host=docker.host)


def test_network_list_has_what_inspect_has(docker: Docker, unique: str) -> None:
    spec = {
        "Name": unique,
        "Driver": "overlay",
        "Attachable": True,
        "Internal": True,
        "Labels": {"a": "b"},
        "Options": {"encrypted": ""},
        "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.77.0.0/24", "Gateway": "10.77.0.1"}]},
    }

    async def work(swarm: Swarm) -> None:
        await swarm.create("network", spec)
        # Swarm gives a network its addresses and options a moment after it was made
        async with asyncio.timeout(30):
            while not (await swarm.inspect("network", unique) or {}).get("Options"):
                await asyncio.sleep(0.1)
        listed = exact("network", await swarm.list("network", bypass_cache=True), unique) or {}
        inspected = await swarm.inspect("network", listed["Id"]) or {}
        keys = ("Id", "Name", "Driver", "Scope", "Labels", "Options", "IPAM", "Internal", "Attachable", "Ingress")
        assert {key: listed[key] for key in keys} == {key: inspected[key] for key in keys}
        assert listed["Scope"] == "swarm"
        assert listed["Labels"] == {"a": "b"}
        assert listed["Options"].keys() >= {"encrypted"}
        assert listed["IPAM"]["Config"] == spec["IPAM"]["Config"]  # type: ignore[index]
        assert await swarm.remove("network", unique)

    on_swarm(work, host=docker.host)


def test_volume_is_made_found_and_removed(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        assert await swarm.create("volume", {"Name": unique, "Labels": {"a": "b"}}) == unique
        live = await swarm.inspect("volume", unique) or {}
        assert live["Labels"] == {"a": "b"}
        assert (await swarm.find("volume", unique) or {})["Mountpoint"] == live["Mountpoint"]
        assert await swarm.inspect("volume", unique[:-1]) is None
        assert await swarm.remove("volume", unique)
        assert not await swarm.remove("volume", unique)

    on_swarm(work, host=docker.host)


def test_node_is_found_by_hostname_and_labelled(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        node = await swarm.inspect("node", "node1") or {}
        assert node["ID"] == swarm.node_id
        labels = node["Spec"]["Labels"]
        await swarm.update(
            "node", node["ID"], node["Version"]["Index"], {**node["Spec"], "Labels": {**labels, unique: "1"}}
        )
        node = await swarm.find("node", "node1") or {}
        assert node["Spec"]["Labels"][unique] == "1"
        await swarm.update("node", node["ID"], node["Version"]["Index"], {**node["Spec"], "Labels": labels})

    on_swarm(work, host=docker.host)


def test_task_logs_are_the_last_lines_of_both_streams(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        script = "for i in 1 2 3 4 5; do echo line $i; done; echo bad >&2; sleep 600"
        id = await swarm.create("service", service(unique, "sh", "-c", script))
        task = await running(swarm, id)
        end = time.monotonic() + 10
        while "bad" not in (text := await swarm.task_logs(task["ID"])) and time.monotonic() < end:
            await asyncio.sleep(0.1)
        # two streams keep their order only within each
        assert sorted(text.splitlines()) == ["bad", "line 1", "line 2", "line 3", "line 4", "line 5"]
        assert len((await swarm.task_logs(task["ID"], tail=2)).splitlines()) == 2
        assert await swarm.task_logs("a" * 25) == ""

    on_swarm(work, host=docker.host)


def test_tasks_of_a_service_that_is_gone_do_not_hide_the_others(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        id = await swarm.create("service", service(unique))
        task = await running(swarm, id)
        assert [item["ID"] for item in await swarm.tasks(service_ids=[id, "a" * 25])] == [task["ID"]]
        assert await swarm.tasks(service_ids=["a" * 25]) == []
        assert await swarm.tasks(service_ids=[]) == []
        assert task["ID"] in [item["ID"] for item in await swarm.tasks()]

    on_swarm(work, host=docker.host)


def test_health_log_is_what_the_last_check_printed(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        check = {"Test": ["CMD-SHELL", "echo all good"], "Interval": 10**9, "Timeout": 10**9}
        id = await swarm.create("service", service(unique, Healthcheck=check))
        task = await running(swarm, id)
        assert await swarm.health_log(task["Status"]["ContainerStatus"]["ContainerID"]) == "all good\n"
        assert await swarm.health_log("a" * 64) is None

    on_swarm(work, host=docker.host)


def test_many_calls_at_once_all_arrive(docker: Docker, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        names = [f"{unique}-{number}" for number in range(60)]
        ids = await asyncio.gather(*(swarm.create("config", config(name)) for name in names))
        assert len(set(ids)) == 60
        found = await asyncio.gather(*(swarm.inspect("config", name) for name in names))
        assert [item["ID"] for item in found if item] == list(ids)
        assert all(await asyncio.gather(*(swarm.remove("config", name) for name in names)))

    on_swarm(work, host=docker.host)


def test_engine_that_is_asked_as_a_node_needs_no_swarm_role(engine: Engine) -> None:
    async def work(swarm: Swarm) -> str:
        return swarm.node_id

    assert on_swarm(work, manager=False, host=engine.host)
