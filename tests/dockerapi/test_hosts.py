"""Which daemon is meant: inputs, environment and docker contexts, in the docker CLI's order."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from swarm_provider.dockerapi.connection.hosts import Endpoint, endpoints
from swarm_provider.dockerapi.connection.settings import ConnectionSettings, TlsFiles
from swarm_provider.errors import InputError


def settings(folder: Path, environ: dict[str, str] | None = None, **inputs: object) -> ConnectionSettings:
    return ConnectionSettings(environ={"DOCKER_CONFIG": str(folder), **(environ or {})}, **inputs)  # type: ignore[arg-type]


def only(found: tuple[Endpoint, ...]) -> Endpoint:
    assert len(found) == 1
    return found[0]


def make_context(folder: Path, name: str, host: str, *, skip_verify: bool = False, tls: tuple[str, ...] = ()) -> None:
    """A context as `docker context create` writes it."""
    key = hashlib.sha256(name.encode()).hexdigest()
    meta = folder / "contexts" / "meta" / key
    meta.mkdir(parents=True)
    endpoint = {"Host": host, "SkipTLSVerify": skip_verify}
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))
    for file in tls:
        path = folder / "contexts" / "tls" / key / "docker" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("pem")


def make_current(folder: Path, name: str) -> None:
    (folder / "config.json").write_text(json.dumps({"currentContext": name}))


def test_nothing_given_means_the_default_socket(tmp_path: Path) -> None:
    assert only(endpoints(settings(tmp_path))).url == "unix:///var/run/docker.sock"


def test_each_source_wins_over_the_ones_after_it(tmp_path: Path) -> None:
    make_context(tmp_path, "current", "tcp://current:2375")
    make_context(tmp_path, "named", "tcp://named:2375")
    make_context(tmp_path, "given", "tcp://given:2375")
    make_current(tmp_path, "current")
    environ: dict[str, str] = {}
    inputs: dict[str, object] = {}
    steps: list[tuple[dict[str, object], object, str]] = [
        (inputs, {}, "tcp://current:2375"),
        (environ, {"DOCKER_CONTEXT": "named"}, "tcp://named:2375"),  # type: ignore[list-item]
        (environ, {"DOCKER_HOST": "tcp://environ:2375"}, "tcp://environ:2375"),  # type: ignore[list-item]
        (inputs, {"context": "given"}, "tcp://given:2375"),
        (inputs, {"host": "tcp://host:2375"}, "tcp://host:2375"),
        (inputs, {"hosts": ("tcp://hosts:2375",)}, "tcp://hosts:2375"),
    ]
    for where, more, expected in steps:
        where.update(more)  # type: ignore[call-overload]
        assert only(endpoints(settings(tmp_path, environ, **inputs))).url == expected


def test_hosts_stay_in_their_order(tmp_path: Path) -> None:
    found = endpoints(settings(tmp_path, hosts=("ssh://ops@m1", "tcp://m2:2375")))
    assert [endpoint.url for endpoint in found] == ["ssh://ops@m1", "tcp://m2:2375"]


def test_context_brings_its_tls_files(tmp_path: Path) -> None:
    make_context(tmp_path, "prod", "tcp://prod:2376", tls=("ca.pem", "cert.pem", "key.pem"))
    found = only(endpoints(settings(tmp_path, context="prod")))
    assert found.tls is not None
    assert found.tls.verify
    assert [Path(file).name for file in (found.tls.ca_file, found.tls.cert_file, found.tls.key_file)] == [
        "ca.pem",
        "cert.pem",
        "key.pem",
    ]
    assert found.origin == "docker context 'prod'"


def test_context_without_tls_speaks_plain(tmp_path: Path) -> None:
    make_context(tmp_path, "lab", "tcp://lab:2375")
    assert only(endpoints(settings(tmp_path, context="lab"))).tls is None


def test_context_that_skips_verification_uses_tls_all_the_same(tmp_path: Path) -> None:
    make_context(tmp_path, "lab", "tcp://lab:2376", skip_verify=True)
    assert only(endpoints(settings(tmp_path, context="lab"))).tls == TlsFiles(verify=False)


def test_context_default_is_docker_host_when_that_is_set(tmp_path: Path) -> None:
    found = only(endpoints(settings(tmp_path, {"DOCKER_HOST": "tcp://environ:2375"}, context="default")))
    assert found.url == "tcp://environ:2375"


@pytest.mark.parametrize("source", ["context", "DOCKER_CONTEXT", "current"])
def test_context_that_does_not_exist_is_named_with_its_source(tmp_path: Path, source: str) -> None:
    make_current(tmp_path, "gone")
    with pytest.raises(InputError, match=r"'gone'.*no such context.*docker context ls"):
        endpoints(
            settings(
                tmp_path,
                {"DOCKER_CONTEXT": "gone"} if source == "DOCKER_CONTEXT" else {},
                context="gone" if source == "context" else None,
            )
        )


def test_docker_tls_verify_takes_the_files_of_docker_cert_path(tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    certs.mkdir()
    for name in ("ca.pem", "cert.pem", "key.pem"):
        (certs / name).write_text("pem")
    environ = {"DOCKER_HOST": "tcp://m:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(certs)}
    assert only(endpoints(settings(tmp_path, environ))).tls == TlsFiles(
        str(certs / "ca.pem"), str(certs / "cert.pem"), str(certs / "key.pem")
    )


def test_docker_tls_verify_does_not_touch_sockets(tmp_path: Path) -> None:
    environ = {"DOCKER_HOST": "unix:///run/d.sock", "DOCKER_TLS_VERIFY": "1"}
    assert only(endpoints(settings(tmp_path, environ))).tls is None


def test_tls_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"host: the TLS ca file '/nowhere/ca\.pem' does not exist"):
        endpoints(settings(tmp_path, host="tcp://m:2376", tls=TlsFiles(ca_file="/nowhere/ca.pem")))


def test_tls_certificate_without_key_is_an_error(tmp_path: Path) -> None:
    cert = tmp_path / "cert.pem"
    cert.write_text("pem")
    with pytest.raises(InputError, match="the key file is missing"):
        endpoints(settings(tmp_path, host="tcp://m:2376", tls=TlsFiles(cert_file=str(cert))))


def test_tls_key_with_a_passphrase_is_an_error_instead_of_a_question(tmp_path: Path) -> None:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_text("pem")
    key.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(InputError, match=r"key\.pem' has a passphrase; store it without one"):
        endpoints(settings(tmp_path, host="tcp://m:2376", tls=TlsFiles("", str(cert), str(key))))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("/run/docker.sock", "unix:///run/docker.sock"),
        ("m1:2375", "tcp://m1:2375"),
        (" ssh://ops@m1 ", "ssh://ops@m1"),
        ("ssh://m1:2222/run/user/docker.sock", "ssh://m1:2222/run/user/docker.sock"),
        ("tcp://[::1]:2375", "tcp://[::1]:2375"),
    ],
)
def test_host_address_forms(tmp_path: Path, text: str, url: str) -> None:
    assert only(endpoints(settings(tmp_path, host=text))).url == url


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tcp://m1", "needs a host and a port"),
        ("tcp://:2375", "needs a host and a port"),
        ("ftp://m1:1", "unknown scheme 'ftp'"),
        ("tcp://m1:x", "not an address of a Docker daemon"),
        ("tcp://m1:2375/v1", "more than a host and a port"),
        ("ssh://", "has no host"),
        ("ssh://-oProxyCommand=x", "invalid host name"),
        ("ssh://a b", "invalid host name"),
        ("ssh://m1`id`", "invalid host name"),
        ("ssh://m1;id", "invalid host name"),
        ("ssh://$(id)", "invalid host name"),
        ("tcp://a'b:2375", "invalid host name"),
        ("tcp://-m1:2375", "invalid host name"),
        ("ssh://-oProxyCommand=x@m1", "invalid user name"),
        ("ssh://%2DoProxyCommand=x@m1", "invalid user name"),
        ("ssh://a%20b@m1", "invalid user name"),
        ("ssh://a%0Ab@m1", "invalid user name"),
        ("ssh://$(id)@m1", "invalid user name"),
        ("ssh://@m1", "invalid user name"),
        ("ssh://m1/run\n/docker.sock", "control character"),
        ("unix:///run/\x1b[2Jdocker.sock", "control character"),
    ],
)
def test_host_address_invalid_says_what_is_expected(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoints(settings(tmp_path, host=text))
    assert str(caught.value).startswith("host: ")
    assert why in str(caught.value)


def test_host_address_with_a_password_is_refused_without_showing_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        endpoints(settings(tmp_path, host="ssh://ops:hunter2@m1"))
    assert "a password is not allowed in an address" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "tcp://ops:2375/hunter2@m1:2375",
        "tcp://ops:2375?hunter2",
        "tcp://ops:2375#hunter2@m1",
        "ssh://ops:22/x?hunter2@m1",
        "ftp://ops:22/hunter2@m1",
        "tcp://hunter2@m1",
    ],
)
def test_host_address_that_is_refused_shows_no_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(InputError) as caught:
        endpoints(settings(tmp_path, host=url))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["m1", "m_1", "manager-1.example.com", "[fe80::1%25eth0]", "[::1]", "münchen"])
def test_host_names_that_there_are_pass(tmp_path: Path, name: str) -> None:
    assert only(endpoints(settings(tmp_path, host=f"ssh://ops@{name}"))).url == f"ssh://ops@{name}"


@pytest.mark.parametrize("name", ["ops", "first.last", "_svc", "host$", "a-b", "o+s"])
def test_user_names_that_there_are_pass(tmp_path: Path, name: str) -> None:
    assert only(endpoints(settings(tmp_path, host=f"ssh://{name}@m1"))).url == f"ssh://{name}@m1"


def test_docker_configuration_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{password: hunter2")
    with pytest.raises(InputError) as caught:
        endpoints(settings(tmp_path))
    assert f"{tmp_path / 'config.json'} cannot be read: it is not JSON" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_config_dir_wins_over_docker_config(tmp_path: Path) -> None:
    other = tmp_path / "other"
    make_context(other, "c", "tcp://c:2375")
    make_current(other, "c")
    found = only(endpoints(settings(tmp_path / "empty", config_dir=str(other))))
    assert found.url == "tcp://c:2375"
    assert found.origin == "current docker context 'c'"
