"""docker-py: pools for the named pipes of Windows, and the logins of a docker configuration.

Its own client is not used: that reads the login file of its process on the way, and fails where the file has an odd
entry; its ssh needs paramiko.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from docker import transport
from docker.auth import AuthConfig, load_config
from docker.errors import DockerException

from swarm_provider.dockerapi.libraries.urllib3_pools import Pool


def named_pipe_pool(url: str, timeout: float, connections: int) -> Pool | None:
    """Return a pool of connections to a named pipe, None where there are none: on all systems but Windows.

    Relies on: `docker.transport` has `NpipeHTTPAdapter(base_url, timeout, max_pool_size=)` on Windows only, which
    docker-py does not document, and its `get_connection(url)` gives a pool of urllib3 for any URL, in 7.1 as in 7.2.
    Not tried: no Windows was at hand.

    Args:
        url: address of the daemon.
        timeout: seconds.
        connections: how many at a time.
    """
    adapter: Any = getattr(transport, "NpipeHTTPAdapter", None)
    if adapter is None:
        return None
    pool = adapter(url, timeout, max_pool_size=connections).get_connection("http+docker://localnpipe")
    if not isinstance(pool, Pool):
        raise TypeError(f"docker-py gives {type(pool).__name__} for a pool of connections")
    return pool


class LoginsUnreadable(Exception):
    """The logins cannot be read; the text is the kind of error alone, since the library's words may quote a login."""


class Logins:
    """The logins of a docker configuration.

    Relies on: `docker.auth.load_config(config_dict=)`, and of its result `get_credential_store(registry)`, `auths` and
    `resolve_authconfig(registry)`; none is documented, all are in 7.1 as in 7.2.

    Args:
        sections: its keys `auths`, `credsStore` and `credHelpers`, as far as it has them.

    Raises:
        LoginsUnreadable: an entry is none.
    """

    def __init__(self, sections: Mapping[str, Any]) -> None:
        with _readable():
            self._logins = load_config(config_dict=dict(sections))

    def helper(self, registry: str) -> str | None:
        """Return the name of the credential helper for a registry, such as `pass`; None where there is none."""
        with _readable():
            return self._logins.get_credential_store(registry) or None

    def stored(self, registry: str) -> dict[str, Any] | None:
        """Return the login that is in the configuration itself, None where there is none.

        The helpers are left out: the library would run them, and without a time-out.
        """
        with _readable():
            found = AuthConfig({"auths": self._logins.auths}).resolve_authconfig(registry)
        return dict(found) if found else None


@contextlib.contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except (DockerException, ValueError, KeyError, TypeError) as error:
        raise LoginsUnreadable(type(error).__name__) from None
