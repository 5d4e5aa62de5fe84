"""Registry credentials for an image, as the header that Docker expects: inline logins, config.json, helpers.

Nothing here is ever logged or put into a message but the name of the registry and of the helper.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from typing import Any, Final

from swarm_provider.core.image import DEFAULT_DOMAIN, registry
from swarm_provider.dockerapi.connection.hosts import read_config
from swarm_provider.dockerapi.connection.settings import ConnectionSettings, RegistryAuth
from swarm_provider.dockerapi.processes import output_of
from swarm_provider.errors import SwarmProviderError

_HUB_KEY = "https://index.docker.io/v1/"
_SECTIONS = ("auths", "credsStore", "credHelpers")
HELPER_SECONDS: Final = 30.0
"""How long a credential helper may take; those of cloud registries ask a server."""
# docker-credential-helpers, credentials/error.go and credentials.go
_NOT_FOUND: Final = "credentials not found in native keychain"
_TOKEN: Final = "<token>"


class CredentialsFailed(SwarmProviderError):
    """A login is configured for the registry and cannot be read."""


class RegistryLogins:
    """The logins of one provider; looks each registry up once.

    Args:
        helper_seconds: how long a credential helper may take.
    """

    def __init__(self, settings: ConnectionSettings, helper_seconds: float = HELPER_SECONDS) -> None:
        self._settings = settings
        self._helper_seconds = helper_seconds
        self._inline = {_host(login.address): login for login in settings.registry_auth}
        self._headers: dict[str, str | None] = {}

    def header(self, image: str) -> str | None:
        """Return the X-Registry-Auth header for an image's registry (POST /services/create, GET /distribution).

        May call a credential helper, so it blocks; the answer for a registry is kept.

        Raises:
            InputError: `image` is no reference, or the docker configuration cannot be read.
            CredentialsFailed: the helper or the entry for this registry does not work.
        """
        host = registry(image)
        if host not in self._headers:
            found = self._find(host)
            self._headers[host] = _encode(found) if found else None
        return self._headers[host]

    def _find(self, host: str) -> dict[str, Any] | None:
        login = self._inline.get(host)
        if login is not None:
            return _inline(login, host)
        config = read_config(self._settings)
        sections = {name: config[name] for name in _SECTIONS if config.get(name)}
        if not sections:
            return None
        from swarm_provider.dockerapi.libraries.docker_py import Logins, LoginsUnreadable

        try:
            logins = Logins(sections)
            helper = logins.helper(host)
            found = self._ask_helper(f"docker-credential-{helper}", host) if helper else None
            return logins.stored(host) if found is None else found
        except LoginsUnreadable as error:
            raise CredentialsFailed(
                f"the login for {host} in the docker configuration cannot be read ({error}); "
                f"run docker login again, or set registry_auth in the provider's configuration"
            ) from None

    def _ask_helper(self, program: str, host: str) -> dict[str, Any] | None:
        """Return the login that a credential helper has for a registry, None where it has none."""
        path = shutil.which(program, path=self._settings.environ.get("PATH"))
        if path is None:
            raise CredentialsFailed(
                f"the docker configuration has the logins for {host} in {program}, which is not on PATH; "
                "install it, or set registry_auth in the provider's configuration"
            )
        server = _HUB_KEY if host == DEFAULT_DOMAIN else host
        what = f"the login for {host} in the docker configuration cannot be read"
        advice = f"try `echo {server} | {program} get`, or set registry_auth in the provider's configuration"
        try:
            code, said = output_of(
                [path, "get"],
                environ={**os.environ, **self._settings.environ},
                timeout=self._helper_seconds,
                given=server,
            )
        except subprocess.TimeoutExpired:
            raise CredentialsFailed(
                f"{what}: {program} did not respond within {self._helper_seconds:g} s; {advice}"
            ) from None
        except OSError as error:
            raise CredentialsFailed(f"{what}: {program} cannot be started ({error.strerror}); {advice}") from None
        if code != 0:
            if said.strip() == _NOT_FOUND:
                return None
            raise CredentialsFailed(f"{what}: {program} fails with exit code {code}; {advice}")
        try:
            login = json.loads(said)
            user, secret = login["Username"], login["Secret"]
        except (ValueError, KeyError, TypeError):
            # what it printed may have a password in it
            raise CredentialsFailed(f"{what}: {program} returned no login; {advice}") from None
        if not user and not secret:
            return None
        if user == _TOKEN:
            return {"identitytoken": secret, "serveraddress": server}
        return {"username": user, "password": secret, "serveraddress": server}


def _host(address: str) -> str:
    host = address.strip().removeprefix("https://").removeprefix("http://").partition("/")[0].rpartition("@")[2]
    return DEFAULT_DOMAIN if host in ("", "index.docker.io", "registry-1.docker.io") else host


def _inline(login: RegistryAuth, host: str) -> dict[str, Any]:
    server = _HUB_KEY if host == DEFAULT_DOMAIN else host
    if not login.username:
        return {"identitytoken": login.password, "serveraddress": server}
    return {"username": login.username, "password": login.password, "serveraddress": server}


def _encode(login: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(login).encode()).decode()
