"""docker-py, requests and urllib3 are as `dockerapi/libraries` relies on them. What fails names what has changed."""

from __future__ import annotations

import contextlib
import socket
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import urllib3
from urllib3.exceptions import InsecureRequestWarning

from swarm_provider.dockerapi.connection import unix_socket
from swarm_provider.dockerapi.libraries import docker_py, requests_tcp, urllib3_pools
from swarm_provider.dockerapi.libraries.urllib3_pools import Pool, Response
from tests.dockerapi.stub import Stub, stub_daemon, stub_on_tcp

CHANGED = "; ".join(f"{name} {version(name)}" for name in ("docker", "requests", "urllib3")) + ": changed is "


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Stub]:
    with stub_daemon(tmp_path, "d", lambda method, path: (200, {"asked": f"{method} {path}"})) as stub:
        yield stub


def send(pool: Pool, method: str = "GET", target: str = "/v1.41/services", body: bytes | None = None) -> Response:
    return urllib3_pools.send(pool, method, target, body=body, headers={}, connect_timeout=5, read_timeout=5)


def path_of(stub: Stub) -> str:
    return stub.host.removeprefix("unix://")


# ----------------------------------------------------------------- docker-py


def test_named_pipes_are_told_to_be_missing_here() -> None:
    pool = docker_py.named_pipe_pool("npipe:////./pipe/docker_engine", 5, 4)
    assert pool is None, CHANGED + "docker.transport has NpipeHTTPAdapter on Linux"


def test_logins_of_a_configuration_are_read() -> None:
    logins = docker_py.Logins({"auths": {"r.example:5000": {"auth": "dXNlcjpwYXNz"}}, "credHelpers": {"ecr": "aws"}})
    found = logins.stored("r.example:5000")
    assert found is not None, CHANGED + "load_config"
    assert (found["username"], found["password"]) == ("user", "pass"), CHANGED + "the names in a login"
    assert logins.stored("elsewhere") is None
    assert (logins.helper("ecr"), logins.helper("elsewhere")) == ("aws", None), CHANGED + "get_credential_store"


def test_helper_is_not_run_by_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    logins = docker_py.Logins({"credsStore": "absent"})
    assert logins.helper("r.example") == "absent"
    assert logins.stored("r.example") is None, CHANGED + "resolve_authconfig asks a helper"


def test_odd_login_is_told_by_its_kind_alone() -> None:
    with pytest.raises(docker_py.LoginsUnreadable) as failure:
        docker_py.Logins({"auths": {"r.example": {"auth": "c2VjcmV0"}}}).stored("r.example")
    assert "c2VjcmV0" not in str(failure.value)
    assert str(failure.value).isidentifier()


# ------------------------------------------------------------------ requests


def test_tcp_pool_speaks_to_the_port() -> None:
    with stub_on_tcp() as stub:
        pool = requests_tcp.tcp_pool(stub.host.replace("tcp:", "http:"), {}, 4, None)
        assert isinstance(pool, urllib3.HTTPConnectionPool), CHANGED + "HTTPAdapter.poolmanager"
        assert send(pool).status == 200
        pool.close()


def test_tls_settings_reach_the_pool() -> None:
    pool = requests_tcp.tcp_pool("https://h:2376", {"cert_reqs": "CERT_NONE", "cert_file": "c.pem"}, 4, None)
    assert isinstance(pool, urllib3.HTTPSConnectionPool)
    assert (pool.cert_reqs, pool.cert_file) == ("CERT_NONE", "c.pem"), CHANGED + "connection_from_url"


def test_trusted_certificates_are_a_file() -> None:
    assert Path(requests_tcp.trusted_certificates()).is_file(), CHANGED + "DEFAULT_CA_BUNDLE_PATH"


def test_proxy_of_the_environment_is_found_and_its_exceptions_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("no_proxy", "near.example")
    assert requests_tcp.proxy_for("http://far.example:2375") == "http://proxy:3128", CHANGED + "get_environ_proxies"
    assert requests_tcp.proxy_for("http://near.example:2375") is None, CHANGED + "get_environ_proxies"


def test_call_through_a_proxy_names_the_daemon() -> None:
    with stub_on_tcp() as proxy:
        pool = requests_tcp.tcp_pool("http://m1:2375", {}, 4, proxy.host.replace("tcp:", "http:"))
        send(pool, target="http://m1:2375/v1.41/services")
        pool.close()
        assert proxy.targets == ["http://m1:2375/v1.41/services"], CHANGED + "proxy_manager_for"


@pytest.mark.parametrize("proxy", ["http://user:word@", "http://[bad", "gopher://proxy", "http://user:word@a b:1"])
def test_bad_proxy_is_told_without_its_address(proxy: str) -> None:
    with pytest.raises(requests_tcp.BadProxy) as failure:
        requests_tcp.tcp_pool("http://m1:2375", {}, 4, proxy)
    assert str(failure.value) == ""


# ------------------------------------------------------------------- urllib3


def test_refused_unix_socket_is_closed(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        unix_socket.UnixStream(str(tmp_path / "none.sock"), 1)


class Counted(unix_socket.UnixStream):
    """A stream that knows how often it was ended."""

    ended = 0

    def end(self) -> None:
        super().end()
        self.ended += 1


def test_stream_pool_opens_uses_again_and_ends_its_streams(daemon: Stub) -> None:
    opened: list[Counted] = []

    def open_stream() -> Counted:
        opened.append(Counted(path_of(daemon), 5))
        return opened[-1]

    pool = urllib3_pools.StreamPool("docker", open_stream, 5, 2, block=True)
    assert [send(pool, "POST", body=b"{}").status for _ in range(3)] == [200] * 3
    assert len(opened) == 1, CHANGED + "_new_conn, or when a connection is kept"
    pool.close()
    assert opened[0].ended == 1, CHANGED + "closing a pool closes its connections"


def test_stream_that_cannot_be_opened_fails_with_its_own_words() -> None:
    def fails() -> Counted:
        raise ConnectionAbortedError("no way")

    with pytest.raises(Exception, match="no way") as failure:
        send(urllib3_pools.StreamPool("docker", fails, 5, 2, block=True))
    assert isinstance(failure.value, OSError) or urllib3_pools.is_failure(failure.value)


def test_stream_of_an_answer_is_left_to_be_read(daemon: Stub) -> None:
    pool = urllib3_pools.StreamPool("docker", unix_socket.streams(path_of(daemon), 5), 5, 4, block=False)
    got = urllib3_pools.send(
        pool, "GET", "/v1.41/x", body=None, headers={}, connect_timeout=5, read_timeout=5, stream=True
    )
    assert b"".join(got.stream(None)) == b'{"asked": "GET /x"}', CHANGED + "preload_content"
    got.close()
    pool.close()


@contextlib.contextmanager
def port_that_closes() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def failure_of(url: str, proxy: str | None = None, connect: float = 5, read: float = 5) -> Exception:
    pool = requests_tcp.tcp_pool(url, {}, 4, proxy)
    with pytest.raises(urllib3.exceptions.HTTPError) as failure:
        urllib3_pools.send(pool, "GET", "/", body=None, headers={}, connect_timeout=connect, read_timeout=read)
    pool.close()
    return failure.value


def test_refused_connection_never_was_one() -> None:
    with port_that_closes() as port:
        pass
    error = failure_of(f"http://127.0.0.1:{port}")
    assert urllib3_pools.is_failure(error)
    assert urllib3_pools.never_connected(error), CHANGED + "NewConnectionError"


def test_unknown_host_never_was_a_connection() -> None:
    assert urllib3_pools.never_connected(failure_of("http://no-such-host.invalid")), CHANGED + "NameResolutionError"


def test_answer_that_is_late_was_a_connection() -> None:
    with port_that_closes() as port:
        error = failure_of(f"http://127.0.0.1:{port}", read=0.1)
    assert urllib3_pools.is_failure(error)
    assert not urllib3_pools.never_connected(error), CHANGED + "ReadTimeoutError: a write may have been done"


def test_failure_of_a_proxy_and_of_tls_are_told_apart() -> None:
    with port_that_closes() as port:
        pass
    assert urllib3_pools.is_of_a_proxy(failure_of("https://h:2376", f"http://127.0.0.1:{port}")), CHANGED + "ProxyError"
    with stub_on_tcp() as stub:
        error = failure_of(stub.host.replace("tcp:", "https:"))
    assert urllib3_pools.is_of_tls(error), CHANGED + "SSLError"


def test_fault_of_a_program_is_no_failure_of_a_connection() -> None:
    assert not any(urllib3_pools.is_failure(error) for error in (TypeError(), KeyError(), ValueError()))


def test_unverified_connections_are_made_without_a_warning() -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("default")
        urllib3_pools.allow_unverified()
        warnings.warn("unverified", InsecureRequestWarning, stacklevel=1)
    assert heard == []
