"""Registry logins: given inline, in docker's config.json, by credential helpers (real programs here)."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.dockerapi import ConnectionSettings, CredentialsFailed, RegistryAuth
from swarm_provider.dockerapi.auth import RegistryLogins
from swarm_provider.errors import InputError
from tests.e2e.stacks import wait_for

PASSWORD = "hunter2"


def logins(folder: Path, config: dict[str, Any] | None = None, *inline: RegistryAuth) -> RegistryLogins:
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config))
    return RegistryLogins(ConnectionSettings(config_dir=str(folder), registry_auth=inline))


def entry(user: str, password: str = PASSWORD) -> dict[str, str]:
    """An entry of `auths` as `docker login` writes it."""
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def decoded(header: str | None) -> dict[str, Any] | None:
    """The header's fields, with lower-case keys as the daemon reads them."""
    if header is None:
        return None
    return {key.lower(): value for key, value in json.loads(base64.urlsafe_b64decode(header)).items()}


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """docker-credential-test on PATH: knows registry.test and Docker Hub; writes each question into a file."""
    asked = tmp_path / "asked"
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker-credential-test"
    program.write_text(
        f"""#!/bin/sh
read server
echo "$1 $server" >>{asked}
case $server in
  registry.test) echo '{{"Username": "robot", "Secret": "{PASSWORD}"}}' ;;
  token.test) echo '{{"Username": "<token>", "Secret": "{PASSWORD}"}}' ;;
  https://index.docker.io/v1/) echo '{{"Username": "hub", "Secret": "{PASSWORD}"}}' ;;
  broken.test) echo 'oops {PASSWORD}'; exit 3 ;;
  garbage.test) echo '{PASSWORD}' ;;
  *) echo 'credentials not found in native keychain'; exit 1 ;;
esac
"""
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return asked


def test_login_of_nobody_is_no_header(tmp_path: Path) -> None:
    assert logins(tmp_path).header("registry.test/app") is None
    assert logins(tmp_path, {"currentContext": "x", "HttpHeaders": {"a": "b"}}).header("nginx") is None


def test_login_of_the_docker_configuration(tmp_path: Path) -> None:
    found = logins(tmp_path, {"auths": {"registry.test:5000": entry("ci")}}).header("registry.test:5000/app:1")
    assert decoded(found) == {
        "username": "ci",
        "password": PASSWORD,
        "email": None,
        "serveraddress": "registry.test:5000",
    }


@pytest.mark.parametrize("image", ["nginx", "team/app:1", "docker.io/library/nginx"])
def test_login_of_docker_hub_serves_names_without_a_registry(tmp_path: Path, image: str) -> None:
    found = decoded(logins(tmp_path, {"auths": {"https://index.docker.io/v1/": entry("hub")}}).header(image))
    assert found is not None
    assert found["username"] == "hub"


def test_login_for_one_registry_is_not_given_to_another(tmp_path: Path) -> None:
    assert logins(tmp_path, {"auths": {"registry.test": entry("ci")}}).header("registry.test:5000/app") is None


@pytest.mark.parametrize("address", ["registry.test", "https://registry.test/", "http://registry.test/v2/"])
def test_login_inline_wins_over_the_docker_configuration(tmp_path: Path, address: str) -> None:
    inline = RegistryAuth(address, "inline", PASSWORD)
    found = decoded(logins(tmp_path, {"auths": {"registry.test": entry("ci")}}, inline).header("registry.test/app"))
    assert found == {"username": "inline", "password": PASSWORD, "serveraddress": "registry.test"}


@pytest.mark.parametrize("address", ["", "docker.io", "https://index.docker.io/v1/"])
def test_login_inline_of_docker_hub(tmp_path: Path, address: str) -> None:
    found = decoded(logins(tmp_path, None, RegistryAuth(address, "me", PASSWORD)).header("nginx"))
    assert found == {"username": "me", "password": PASSWORD, "serveraddress": "https://index.docker.io/v1/"}


def test_login_inline_without_a_user_is_a_token(tmp_path: Path) -> None:
    found = decoded(logins(tmp_path, None, RegistryAuth("r.test", "", "tok")).header("r.test/a"))
    assert found == {"identitytoken": "tok", "serveraddress": "r.test"}


@pytest.mark.parametrize("config", [{"credsStore": "test"}, {"credHelpers": {"registry.test": "test"}}])
def test_login_of_a_credential_helper(tmp_path: Path, helper: Path, config: dict[str, Any]) -> None:
    found = decoded(logins(tmp_path, config).header("registry.test/app"))
    assert found == {"username": "robot", "password": PASSWORD, "serveraddress": "registry.test"}


def test_credential_helper_is_asked_once_for_a_registry(tmp_path: Path, helper: Path) -> None:
    known = logins(tmp_path, {"credsStore": "test"})
    for image in ("nginx", "team/app", "registry.test/app", "nginx:2"):
        assert known.header(image) is not None
    assert helper.read_text() == "get https://index.docker.io/v1/\nget registry.test\n"


def test_credential_helper_that_gives_a_token(tmp_path: Path, helper: Path) -> None:
    found = decoded(logins(tmp_path, {"credsStore": "test"}).header("token.test/app"))
    assert found == {"identitytoken": PASSWORD, "serveraddress": "token.test"}


def test_credential_helper_that_knows_nothing_leaves_it_to_the_entries(tmp_path: Path, helper: Path) -> None:
    known = logins(tmp_path, {"credsStore": "test", "auths": {"other.test": entry("ci")}})
    assert (decoded(known.header("other.test/app")) or {})["username"] == "ci"
    assert known.header("third.test/app") is None


@pytest.mark.parametrize("host", ["broken.test", "garbage.test"])
def test_credential_helper_that_fails_is_told_without_its_output(tmp_path: Path, helper: Path, host: str) -> None:
    with pytest.raises(CredentialsFailed) as caught:
        logins(tmp_path, {"credsStore": "test"}).header(f"{host}/app")
    assert f"the login for {host} in the docker configuration cannot be read" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def has_ended(process: str) -> bool:
    """Whether a process is gone, or a zombie: one that nobody waits for stays where there is no init."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_credential_helper_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path, helper: Path) -> None:
    started = tmp_path / "started"
    program = tmp_path / "bin" / "docker-credential-test"
    program.write_text(f"#!/bin/sh\nsleep 600 &\necho $$ $! >{started}\nwait\n")
    (tmp_path / "config.json").write_text(json.dumps({"credsStore": "test"}))
    known = RegistryLogins(ConnectionSettings(config_dir=str(tmp_path)), helper_seconds=0.5)
    began = time.monotonic()
    with pytest.raises(CredentialsFailed) as caught:
        known.header("registry.test/app")
    assert time.monotonic() - began < 5
    assert "docker-credential-test did not respond within 0.5 s" in str(caught.value)
    assert "registry_auth" in str(caught.value)
    # a signal takes a moment to arrive
    wait_for("the end of both", lambda: all(map(has_ended, started.read_text().split())), timeout=5)


def test_credential_helper_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialsFailed, match="docker-credential-nowhere, which is not on PATH"):
        logins(tmp_path, {"credsStore": "nowhere"}).header("registry.test/app")


def test_credential_helper_of_one_registry_does_not_matter_to_others(tmp_path: Path) -> None:
    assert logins(tmp_path, {"credHelpers": {"registry.test": "nowhere"}}).header("nginx") is None


def test_entry_that_cannot_be_read_is_told_without_its_content(tmp_path: Path) -> None:
    with pytest.raises(CredentialsFailed) as caught:
        logins(tmp_path, {"auths": {"registry.test": {"auth": PASSWORD}}}).header("registry.test/app")
    assert "run docker login again" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_login_for_text_that_is_no_image_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        logins(tmp_path).header("UPPER")


def test_password_is_in_no_representation() -> None:
    settings = ConnectionSettings(registry_auth=(RegistryAuth("r.test", "me", PASSWORD),), environ={"P": PASSWORD})
    assert PASSWORD not in repr(settings)
