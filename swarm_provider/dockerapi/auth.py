"""Registry credentials for an image, as the header that Docker expects: inline logins, config.json, helpers.

Nothing here is ever logged or put into a message but the name of the registry and of the helper.
"""

from __future__ import annotations

import base64
import json
import shutil
import threading
from typing import Any

from swarm_provider.dockerapi.hosts import read_config
from swarm_provider.dockerapi.settings import ConnectionSettings, RegistryAuth
from swarm_provider.errors import SwarmProviderError
from swarm_provider.spec.image import DEFAULT_DOMAIN, registry

_HUB_KEY = "https://index.docker.io/v1/"
_SECTIONS = ("auths", "credsStore", "credHelpers")


class CredentialsFailed(SwarmProviderError):
    """A login is configured for the registry and cannot be read."""


class RegistryLogins:
    """The logins of one provider; looks each registry up once."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._inline = {_host(login.address): login for login in settings.registry_auth}
        self._headers: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def header(self, image: str) -> str | None:
        """The X-Registry-Auth header for an image's registry (POST /services/create, GET /distribution), or None.

        May call a credential helper, so it blocks; the answer for a registry is kept.

        Raises:
            InputError: `image` is no reference, or the docker configuration cannot be read.
            CredentialsFailed: the helper or the entry for this registry does not work.
        """
        host = registry(image)
        with self._lock:
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
        from docker.auth import load_config
        from docker.errors import DockerException

        try:
            logins = load_config(config_dict=sections, credstore_env=dict(self._settings.environ) or None)
            helper = logins.get_credential_store(host)
            program = f"docker-credential-{helper}"
            if helper and shutil.which(program, path=self._settings.environ.get("PATH")) is None:
                raise CredentialsFailed(
                    f"the docker configuration has the logins for {host} in {program}, which is not on PATH; "
                    "install it, or give registry_auth in the provider's configuration"
                )
            found = logins.resolve_authconfig(host)
        except (DockerException, ValueError, KeyError, TypeError) as error:
            # the library's text may quote what the helper printed
            raise CredentialsFailed(
                f"the login for {host} in the docker configuration cannot be read ({type(error).__name__}); "
                f"run docker login again, or give registry_auth in the provider's configuration"
            ) from None
        return dict(found) if found else None


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
