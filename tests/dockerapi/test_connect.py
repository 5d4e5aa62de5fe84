"""Finding a daemon that can be used, and going on when one is lost: faults that a real engine has not at will."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.dockerapi import Json, NotAManager, Swarm, Unanswered
from swarm_provider.errors import ConnectionFailed, DockerError, InputError
from tests.dockerapi.conftest import on_swarm
from tests.dockerapi.stub import Reply, Stub, stub_daemon, stub_on_tcp

LABELS = {"incarnation": "1"}


async def address(swarm: Swarm) -> str:
    return swarm.name


async def services(swarm: Swarm) -> list[Json]:
    return await swarm.list("service")


async def create(swarm: Swarm) -> str:
    return await swarm.create("service", {"Name": "web", "Labels": LABELS})


def failure(**settings: Any) -> str:
    """The one line with which the connection fails."""
    with pytest.raises(ConnectionFailed) as caught:
        on_swarm(address, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_import_of_the_room_does_not_load_the_docker_library() -> None:
    script = "import sys, swarm_provider.dockerapi; print(sorted({'docker', 'requests', 'urllib3'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_engine_too_old_is_told_with_both_versions(short_path: Path) -> None:
    with stub_daemon(short_path, "old") as stub:
        stub.version = {"ApiVersion": "1.40", "Version": "19.03.15"}
        assert failure(host=stub.host) == (
            f"the engine at {stub.host} is too old: 19.03.15 speaks API 1.40, at least 1.41 (Docker 20.10) is needed; "
            "upgrade it"
        )


@pytest.mark.parametrize(("daemon", "spoken"), [("1.41", "1.41"), ("1.47", "1.47"), ("1.99", "1.56")])
def test_api_version_is_the_highest_that_both_sides_speak(short_path: Path, daemon: str, spoken: str) -> None:
    async def version(swarm: Swarm) -> str:
        return swarm.api_version

    with stub_daemon(short_path, "d") as stub:
        stub.version["ApiVersion"] = daemon
        assert on_swarm(version, host=stub.host) == spoken


def test_api_version_given_is_spoken(short_path: Path) -> None:
    async def version(swarm: Swarm) -> str:
        return swarm.api_version

    with stub_daemon(short_path, "d") as stub:
        assert on_swarm(version, host=stub.host, api_version="1.42") == "1.42"


def test_api_version_that_the_engine_does_not_speak_is_told(short_path: Path) -> None:
    with stub_daemon(short_path, "d") as stub:
        assert "does not speak API 1.50 (api_version), but 1.24 to 1.43" in failure(host=stub.host, api_version="1.50")


def test_api_version_that_is_none_is_an_input_error(short_path: Path) -> None:
    with stub_daemon(short_path, "d") as stub, pytest.raises(InputError, match="such as"):
        on_swarm(address, host=stub.host, api_version="v1.43")


def test_machines_of_one_name_are_told_apart_by_their_engines(short_path: Path) -> None:
    async def machine(swarm: Swarm) -> str:
        return swarm.peer.machine

    with stub_daemon(short_path, "d") as stub:
        stub.info = {"Name": "docker-desktop", "ID": "one"}
        first = on_swarm(machine, host=stub.host)
        stub.info = {"Name": "docker-desktop", "ID": "two"}
        assert on_swarm(machine, host=stub.host) != first
        stub.info = {}
        assert on_swarm(machine, host=stub.host) == ""


@pytest.mark.parametrize("reply", [{"message": "hello"}, b"<html>a proxy</html>"])
def test_something_else_that_answers_is_not_taken_for_docker(short_path: Path, reply: Any) -> None:
    with stub_daemon(short_path, "d") as stub:
        stub.version = reply
        assert failure(host=stub.host) == f"the server at {stub.host} is not a Docker Engine"


def test_daemon_that_never_answers_is_given_up(short_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(short_path / "deaf.sock"))
        deaf.listen()
        line = failure(host=f"unix://{short_path}/deaf.sock", timeout=0.3)
    assert line == f"cannot reach Docker at unix://{short_path}/deaf.sock (host): timed out after 0.3 s"


def test_socket_that_does_not_exist_is_told(short_path: Path) -> None:
    assert failure(host=f"unix://{short_path}/none.sock") == (
        f"cannot reach Docker at unix://{short_path}/none.sock (host): the socket does not exist; "
        "is the engine running there?"
    )


def test_address_of_the_environment_names_its_source(short_path: Path) -> None:
    environ = {"DOCKER_HOST": f"unix://{short_path}/none.sock", "DOCKER_CONFIG": str(short_path)}
    assert "(DOCKER_HOST)" in failure(environ=environ)


@pytest.mark.parametrize("proxy", ["{}", "http://{}", "http://user:word@{}"])
def test_proxy_of_the_environment_is_asked_for_the_whole_address(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    with stub_on_tcp() as stub:
        monkeypatch.setenv("HTTP_PROXY", proxy.format(stub.host.removeprefix("tcp://")))
        on_swarm(services, host="tcp://manager.invalid:2375")
    assert stub.targets[0] == "http://manager.invalid:2375/version"


def test_proxy_is_not_asked_for_hosts_of_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with stub_on_tcp() as stub:
        monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        on_swarm(services, host=stub.host)
    assert stub.targets[0] == "/version"


def test_proxy_that_cannot_be_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    line = failure(host="tcp://manager.invalid:2375")
    assert "the proxy in HTTP_PROXY or HTTPS_PROXY cannot reach it; add the host to NO_PROXY" in line


def test_host_name_that_nobody_knows_is_told() -> None:
    assert "unknown host name" in failure(host="tcp://nobody.invalid:2375")


@pytest.mark.parametrize(
    ("swarm", "line"),
    [
        ({"LocalNodeState": "locked"}, "the swarm at {host} is locked; unlock it with `docker swarm unlock`"),
        (
            {"LocalNodeState": "pending", "RemoteManagers": [{"Addr": "10.0.0.1:2377"}]},
            "Docker at {host} is pending in its swarm; managers are 10.0.0.1",
        ),
        (
            {"LocalNodeState": "active", "ControlAvailable": True, "Error": "no quorum"},
            "the manager at {host} is not usable: no quorum",
        ),
    ],
)
def test_manager_that_cannot_serve_says_why(short_path: Path, swarm: Json, line: str) -> None:
    with stub_daemon(short_path, "d") as stub:
        stub.swarm = swarm
        assert failure(host=stub.host) == line.format(host=stub.host)


def test_hosts_first_usable_one_serves(short_path: Path) -> None:
    with stub_daemon(short_path, "old") as old, stub_daemon(short_path, "good") as good:
        old.version = {"ApiVersion": "1.40"}
        assert on_swarm(address, hosts=(f"unix://{short_path}/dead.sock", old.host, good.host)) == good.host


def test_hosts_of_which_none_is_usable_are_all_named_in_one_line(short_path: Path) -> None:
    with stub_daemon(short_path, "d") as stub:
        stub.swarm = {"LocalNodeState": "inactive"}
        line = failure(hosts=(f"unix://{short_path}/dead.sock", stub.host))
    assert line.startswith("none of the 2 hosts is a usable manager: ")
    assert f"unix://{short_path}/dead.sock: the socket does not exist" in line
    assert f"Docker at {stub.host} is not part of a swarm; run `docker swarm init`" in line


def closed(method: str, path: str) -> Reply:
    return None


def demoted(method: str, path: str) -> Reply:
    return 503, {"message": "This node is not a swarm manager. Worker nodes can't be used to view or modify ..."}


def healthy(method: str, path: str) -> Reply:
    return (201, {"ID": "id1"}) if method == "POST" else (200, [])


def pair(first: Stub, second: Stub) -> dict[str, Any]:
    return {"hosts": (first.host, second.host)}


def test_read_goes_on_with_the_next_manager(short_path: Path) -> None:
    with stub_daemon(short_path, "a", closed) as first, stub_daemon(short_path, "b", healthy) as second:
        assert on_swarm(services, **pair(first, second)) == []
        assert second.calls == ["GET /services"]


def test_create_without_an_answer_is_sent_again_where_it_was_not_done(short_path: Path) -> None:
    with stub_daemon(short_path, "a", closed) as first, stub_daemon(short_path, "b", healthy) as second:
        assert on_swarm(create, **pair(first, second)) == "id1"
        assert first.calls[0] == "POST /services/create"
        assert second.calls == ["GET /services", "POST /services/create"]


@pytest.mark.parametrize("conflict", [False, True], ids=["seen at once", "seen after a conflict"])
def test_create_without_an_answer_is_not_done_twice(short_path: Path, conflict: bool) -> None:
    made = {"ID": "id7", "Spec": {"Name": "web", "Labels": LABELS}}
    with stub_daemon(short_path, "a", closed) as first, stub_daemon(short_path, "b") as second:

        def answer(method: str, path: str) -> Reply:
            if method == "POST":
                return 409, {"message": "rpc error: code = AlreadyExists desc = name conflicts with an existing object"}
            return 200, [] if conflict and len(second.calls) == 1 else [made]

        second.on = answer
        assert on_swarm(create, **pair(first, second)) == "id7"
        assert second.calls.count("POST /services/create") == conflict


def test_create_without_an_answer_does_not_take_what_somebody_else_made(short_path: Path) -> None:
    made = {"ID": "id7", "Spec": {"Name": "web", "Labels": {"incarnation": "2"}}}
    with (
        stub_daemon(short_path, "a", closed) as first,
        stub_daemon(short_path, "b", lambda *_: (200, [made])) as second,
        pytest.raises(Unanswered, match=r"create service 'web': the connection to Docker at .* failed"),
    ):
        on_swarm(create, **pair(first, second))


def test_update_without_an_answer_is_not_repeated(short_path: Path) -> None:
    """Whoever asked for it reads again first: it may have been done."""

    async def update(swarm: Swarm) -> list[str]:
        return await swarm.update("service", "id1", 7, {"Name": "web"})

    with stub_daemon(short_path, "a", closed) as first, stub_daemon(short_path, "b", healthy) as second:
        with pytest.raises(Unanswered, match=r"update service 'web': the connection to Docker at .* failed"):
            on_swarm(update, **pair(first, second))
        assert second.calls == []


def test_removal_without_an_answer_is_repeated(short_path: Path) -> None:
    async def remove(swarm: Swarm) -> bool:
        return await swarm.remove("service", "0123456789abcdefghijklmno")

    with stub_daemon(short_path, "a", closed) as first, stub_daemon(short_path, "b", healthy) as second:
        assert on_swarm(remove, **pair(first, second)) is True
        assert second.calls == ["DELETE /services/0123456789abcdefghijklmno"]


@pytest.mark.parametrize("work", [services, create])
def test_call_that_a_demoted_manager_refused_goes_to_the_next(short_path: Path, work: Any) -> None:
    with stub_daemon(short_path, "a", demoted) as first, stub_daemon(short_path, "b", healthy) as second:
        assert on_swarm(work, **pair(first, second)) in ([], "id1")
        assert len(second.calls) == 1


def test_call_that_the_only_host_refused_as_demoted_is_told(short_path: Path) -> None:
    with stub_daemon(short_path, "a", demoted) as only, pytest.raises(NotAManager, match="not a swarm manager"):
        on_swarm(services, host=only.host)


def test_lost_manager_is_never_replaced_by_one_of_another_swarm(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._ELECTION_SECONDS", 0)
    with stub_daemon(short_path, "a", closed) as first, stub_daemon(short_path, "b", healthy) as second:
        second.swarm = {**second.swarm, "Cluster": {"ID": "another"}}

        def lost(method: str, path: str) -> Reply:
            first.version = {}
            return None

        first.on = lost
        with pytest.raises(ConnectionFailed, match="is a manager of another swarm"):
            on_swarm(services, **pair(first, second))
        assert second.calls == []


def test_missing_leader_is_waited_for_by_reads(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._PAUSE_SECONDS", 0.01)
    leaderless = (500, {"message": "rpc error: code = Unknown desc = The swarm does not have a leader."})
    with stub_daemon(short_path, "a") as stub:
        stub.on = lambda method, path: leaderless if len(stub.calls) < 3 else (200, [])
        assert on_swarm(services, host=stub.host) == []


def test_missing_leader_is_waited_for_by_a_create(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._PAUSE_SECONDS", 0.01)
    leaderless = (500, {"message": "rpc error: code = Unknown desc = The swarm does not have a leader."})
    with stub_daemon(short_path, "a") as stub:
        stub.on = lambda method, path: leaderless if len(stub.calls) < 4 else healthy(method, path)
        assert on_swarm(create, host=stub.host) == "id1"
        assert stub.calls == [
            "POST /services/create",
            "GET /services",
            "GET /services",
            "GET /services",
            "POST /services/create",
        ]


def test_missing_leader_that_nobody_replaces_is_told(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._ELECTION_SECONDS", 0.1)
    leaderless = (500, {"message": "rpc error: code = Unknown desc = The swarm does not have a leader."})
    with stub_daemon(short_path, "a", lambda *_: leaderless) as stub:
        with pytest.raises(DockerError, match="does not have a leader"):
            on_swarm(create, host=stub.host)
        assert stub.calls.count("POST /services/create") == 1


def test_only_host_that_restarts_is_waited_for(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._PAUSE_SECONDS", 0.01)
    with stub_daemon(short_path, "a") as stub:
        # a connection that is cut, then a node that starts and is no manager yet
        starting = (503, {"message": "This node is not a swarm manager."})
        stub.on = lambda method, path: (None, None, starting, (200, []))[min(len(stub.calls), 4) - 1]
        assert on_swarm(services, host=stub.host) == []
        assert len(stub.calls) == 4


def test_removal_is_asked_again_of_the_only_host(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def remove(swarm: Swarm) -> bool:
        return await swarm.remove("config", "abcdefghijklmnopqrstuvwxy")

    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._PAUSE_SECONDS", 0.01)
    with stub_daemon(short_path, "a") as stub:
        stub.on = lambda method, path: None if len(stub.calls) == 1 else (204, "")
        assert on_swarm(remove, host=stub.host) is True


def test_update_without_an_answer_is_not_repeated_by_the_door(short_path: Path) -> None:
    async def update(swarm: Swarm) -> list[str]:
        return await swarm.update("service", "s1", 7, {"Name": "web"})

    with stub_daemon(short_path, "a", closed) as stub:
        with pytest.raises(Unanswered):
            on_swarm(update, host=stub.host)
        assert len(stub.calls) == 1


def test_only_host_that_stays_away_is_told_at_last(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._PAUSE_SECONDS", 0.01)
    monkeypatch.setattr("swarm_provider.dockerapi.connection.failover._RESTART_SECONDS", 0.3)

    async def twice(swarm: Swarm) -> list[float]:
        took = []
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(ConnectionFailed, match="it closed the connection"):
                await swarm.list("service", bypass_cache=True)
            took.append(time.monotonic() - began)
        return took

    with stub_daemon(short_path, "a", closed) as stub:
        first, second = on_swarm(twice, host=stub.host)
    # who comes later need not wait as long again
    assert first >= 0.3 > second


def test_fault_of_ours_is_no_lost_connection(short_path: Path) -> None:
    async def unsendable(swarm: Swarm) -> None:
        await swarm.create("config", {"Name": "app", "Labels": {"a": object()}})

    with stub_daemon(short_path, "a") as stub:
        with pytest.raises(TypeError, match="not JSON serializable"):
            on_swarm(unsendable, host=stub.host)
        assert stub.calls == []


def test_call_that_takes_long_is_told(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swarm_provider.dockerapi.calls.SLOW_SECONDS", 0.1)

    async def told(swarm: Swarm) -> list[str]:
        slow: list[str] = []
        swarm.when_slow = slow.append
        await swarm.list("service")
        await swarm.list("config")
        await swarm.create("config", {"Name": "app"})
        return slow

    def late(method: str, path: str) -> Reply:
        if path != "/configs":
            time.sleep(0.3)
        return (201, {"ID": "c1"}) if method == "POST" else (200, [])

    with stub_daemon(short_path, "a", late) as stub:
        assert on_swarm(told, host=stub.host) == ["list services", "create config 'app'"]


def test_messages_hold_neither_the_body_nor_the_login(short_path: Path) -> None:
    async def refused(swarm: Swarm) -> str:
        with pytest.raises(DockerError) as caught:
            await swarm.create("secret", {"Name": "db", "Data": "aHVudGVyMg=="}, registry_auth="bG9naW4=")
        return str(caught.value)

    with stub_daemon(short_path, "a", lambda *_: (500, {"message": "disk full"})) as stub:
        assert on_swarm(refused, host=stub.host) == "create secret 'db' failed: disk full"
