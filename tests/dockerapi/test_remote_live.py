"""Real engines from afar: TLS, ssh, contexts of the docker CLI; workers, engines without a swarm, lost managers."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.dockerapi import Swarm, TlsFiles
from swarm_provider.errors import ConnectionFailed
from tests.dockerapi.conftest import on_swarm
from tests.support.engine import TESTBED, Engine, bed_root, start_engine

pytestmark = pytest.mark.live


@dataclass
class Remote:
    """What testbed/remote.sh made: an address, and a folder (certificates, or an ssh that knows the key)."""

    host: str
    folder: Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def remote(kind: str, folder: Path, *options: str) -> Iterator[Remote]:
    port = free_port()
    script = [str(TESTBED / "remote.sh"), kind]
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    env = {**os.environ, "PATH": path}
    command = [*script, "up", "--dir", str(folder), "--port", str(port), *options]
    subprocess.run(command, check=True, env=env, capture_output=True, timeout=60)
    try:
        scheme, user = ("tcp", "") if kind == "tls" else ("ssh", "root@")
        yield Remote(f"{scheme}://{user}127.0.0.1:{port}", folder)
    finally:
        subprocess.run([*script, "down", "--dir", str(folder)], check=True, env=env, capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def tls_engine() -> Iterator[Remote]:
    """An engine of its own behind mutual TLS; it is in no swarm."""
    yield from remote("tls", bed_root() / f"sptls{os.getpid()}")


@pytest.fixture(scope="module")
def ssh_daemon(engine: Engine) -> Iterator[Remote]:
    """An sshd through which the session's engine is reached."""
    socket_path = engine.host.removeprefix("unix://")
    yield from remote("ssh", bed_root() / f"spssh{os.getpid()}", "--socket", socket_path)


@pytest.fixture
def ssh_engine(ssh_daemon: Remote, monkeypatch: pytest.MonkeyPatch) -> Remote:
    monkeypatch.setenv("PATH", str(ssh_daemon.folder / "bin"), prepend=":")
    return ssh_daemon


def certificates(engine: Remote, **other: str) -> TlsFiles:
    names = {"ca_file": "ca.pem", "cert_file": "cert.pem", "key_file": "key.pem", **other}
    files = {key: str(engine.folder / "certs" / name) if name else "" for key, name in names.items()}
    return TlsFiles(files["ca_file"], files["cert_file"], files["key_file"])


async def address(swarm: Swarm) -> str:
    return swarm.name


async def source(swarm: Swarm) -> str:
    return swarm.origin


def failure(**settings: Any) -> str:
    with pytest.raises(ConnectionFailed) as caught:
        on_swarm(address, **settings)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# ------------------------------------------------------------------------------------------------- TLS


def test_tls_with_client_certificate_connects(tls_engine: Remote) -> None:
    connected = on_swarm(address, manager=False, host=tls_engine.host, tls=certificates(tls_engine))
    assert connected == tls_engine.host


def test_tls_of_the_environment_connects(tls_engine: Remote, monkeypatch: pytest.MonkeyPatch) -> None:
    # set on many machines; must not replace the engine's own CA
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tls_engine.folder / "certs" / "cert.pem"))
    certs = str(tls_engine.folder / "certs")
    environ = {"DOCKER_HOST": tls_engine.host, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": certs}
    assert on_swarm(source, manager=False, environ=environ) == "DOCKER_HOST"


def test_tls_without_client_certificate_is_told(tls_engine: Remote) -> None:
    tls = certificates(tls_engine, cert_file="", key_file="")
    assert "it requires a TLS client certificate signed by its CA" in failure(host=tls_engine.host, tls=tls)


def test_tls_with_a_ca_that_is_not_the_servers_is_told(tls_engine: Remote) -> None:
    tls = certificates(tls_engine, ca_file="server.pem")
    assert "its TLS certificate is not trusted" in failure(host=tls_engine.host, tls=tls)


def test_tls_engine_without_tls_files_is_told(tls_engine: Remote) -> None:
    assert failure(host=tls_engine.host).endswith("Client sent an HTTP request to an HTTPS server; set TLS files")


def test_engine_without_a_swarm_is_told(tls_engine: Remote) -> None:
    assert failure(host=tls_engine.host, tls=certificates(tls_engine)) == (
        f"Docker at {tls_engine.host} is not part of a swarm; run `docker swarm init`, or use the address of a manager"
    )


# ------------------------------------------------------------------------------------------------- ssh


def ssh_processes() -> list[int]:
    """The ids of this process' ssh; one that ended and that nobody waited for counts, too."""
    command = ["ps", "--ppid", str(os.getpid()), "-o", "pid=,comm="]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if line.split()[1] == "ssh"]


def test_ssh_serves_many_calls_at_once_over_few_connections(ssh_engine: Remote, unique: str) -> None:
    async def work(swarm: Swarm) -> None:
        names = [f"{unique}-{number}" for number in range(40)]
        await asyncio.gather(*(swarm.create("config", {"Name": name, "Data": "eA=="}) for name in names))
        assert 1 < len(ssh_processes()) <= 8
        assert {item["Spec"]["Name"] for item in await swarm.list("config")} >= set(names)
        found = await asyncio.gather(*(swarm.inspect("config", name) for name in names))
        assert [item["Spec"]["Name"] for item in found if item] == names
        assert all(await asyncio.gather(*(swarm.remove("config", name) for name in names)))

    on_swarm(work, host=ssh_engine.host)
    assert ssh_processes() == []


def test_ssh_that_is_killed_in_the_middle_is_started_again_for_the_next_call(ssh_engine: Remote) -> None:
    async def work(swarm: Swarm) -> None:
        await swarm.list("node")
        for process in ssh_processes():
            os.kill(process, signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert await swarm.list("node", bypass_cache=True)

    on_swarm(work, host=ssh_engine.host)


def test_ssh_without_a_key_for_that_user_is_told(ssh_engine: Remote) -> None:
    host = ssh_engine.host.replace("root@", "nobody@")
    line = failure(host=host)
    assert line.startswith(f"cannot reach Docker at {host} (host): ssh says: nobody@127.0.0.1: Permission denied")
    assert "add the key to ssh-agent" in line


def test_ssh_to_a_host_that_is_not_known_is_told(ssh_engine: Remote) -> None:
    line = failure(host=ssh_engine.host.replace("127.0.0.1", "localhost"))
    assert "Host key verification failed; connect once by hand" in line


def test_ssh_to_a_port_where_nobody_listens_is_told(ssh_engine: Remote) -> None:
    assert "Connection refused" in failure(host=f"ssh://root@127.0.0.1:{free_port()}")


def test_ssh_to_a_socket_that_does_not_exist_there_is_told(ssh_engine: Remote) -> None:
    assert "no such file" in failure(host=f"{ssh_engine.host}/none.sock")


def test_ssh_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert failure(host="ssh://ops@m1").endswith("ssh is not installed")


# ------------------------------------------------------------------------------------------------- contexts


def docker_cli(folder: Path, *args: str) -> None:
    env = {**os.environ, "DOCKER_CONFIG": str(folder)}
    subprocess.run(["docker", *args], check=True, env=env, capture_output=True, timeout=60)


def test_context_that_the_docker_cli_made_with_tls_connects(tls_engine: Remote, tmp_path: Path) -> None:
    files = certificates(tls_engine)
    endpoint = f"host={tls_engine.host},ca={files.ca_file},cert={files.cert_file},key={files.key_file}"
    docker_cli(tmp_path, "context", "create", "prod", "--docker", endpoint)
    assert on_swarm(source, manager=False, config_dir=str(tmp_path), context="prod") == "docker context 'prod'"


def test_context_that_the_docker_cli_made_current_connects(ssh_engine: Remote, tmp_path: Path) -> None:
    docker_cli(tmp_path, "context", "create", "prod", "--docker", f"host={ssh_engine.host}")
    docker_cli(tmp_path, "context", "use", "prod")
    found = on_swarm(source, environ={"DOCKER_CONFIG": str(tmp_path)})
    assert found == "current docker context 'prod'"


# ------------------------------------------------------------------------------------------------- several managers


@pytest.mark.multinode
def test_worker_is_told_with_its_managers(three_nodes: Engine) -> None:
    worker = three_nodes.node(2).host
    assert failure(host=worker) == (
        f"Docker at {worker} is a worker of its swarm, not a manager; managers are {three_nodes.address(1)}"
    )


@pytest.mark.multinode
def test_hosts_dead_and_worker_are_passed_over(three_nodes: Engine) -> None:
    hosts = ("tcp://127.0.0.1:9", three_nodes.node(2).host, three_nodes.host)
    assert on_swarm(address, hosts=hosts) == three_nodes.host


@pytest.mark.multinode
def test_leader_lost_in_the_middle_of_a_run_is_replaced(engine_dir: str, unique: str) -> None:
    bed = start_engine(nodes=3, managers=3, engine=engine_dir)

    async def work(swarm: Swarm) -> tuple[str, float]:
        assert len(await swarm.list("node")) == 3
        await asyncio.to_thread(bed.kill_node, 1)
        began = time.monotonic()
        # reads and writes of many resources, as in the middle of an `up`
        await asyncio.gather(
            *(swarm.list(kind, bypass_cache=True) for kind in ("node", "service", "config")),
            *(swarm.inspect("config", f"{unique}-{number}") for number in range(10)),
        )
        assert await swarm.create("config", {"Name": unique, "Data": "eA=="})
        return swarm.name, time.monotonic() - began

    try:
        name, seconds = on_swarm(work, hosts=tuple(docker.host for docker in bed.dockers))
    finally:
        bed.down()
    assert name in (bed.node(2).host, bed.node(3).host)
    # the election itself takes up to 10 s on a machine with nothing else to do; the suite keeps this one busy
    assert seconds < 60
