"""requests: pools for TCP, with the proxies and the certificates that its users know.

Calls go to the pool itself: what a session of requests does for each (cookies, redirects, the environment) costs half
as much again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies, select_proxy

from swarm_provider.dockerapi.libraries.urllib3_pools import LocationError, Pool

if TYPE_CHECKING:
    from urllib3 import PoolManager


class BadProxy(Exception):
    """The address of a proxy cannot be used. It has no text: the library's quotes the address, and maybe a password."""


def trusted_certificates() -> str:
    """Return the file with the certificates of authorities that are trusted by default.

    Relies on: `requests.utils.DEFAULT_CA_BUNDLE_PATH`, in 2.32 as in 2.34.
    """
    return str(DEFAULT_CA_BUNDLE_PATH)


def proxy_for(url: str) -> str | None:
    """Return the address of the proxy that the environment has for a URL, None for none.

    Relies on: `requests.utils.get_environ_proxies(url)` and `select_proxy(url, proxies)`, in 2.32 as in 2.34.
    """
    found: str | None = select_proxy(url, get_environ_proxies(url))
    return found


def tcp_pool(url: str, tls: Mapping[str, Any], connections: int, proxy: str | None) -> Pool:
    """Return a pool of connections to an address.

    Relies on: an `HTTPAdapter` has its `poolmanager`, and by `proxy_manager_for(proxy)` one for a proxy, SOCKS too;
    both are urllib3's and take a pool's TLS settings in `connection_from_url(url, settings)`, in 2.32 as in 2.34.

    Args:
        url: address of the daemon.
        tls: urllib3's settings: `ca_certs`, `cert_file` ...
        connections: how many at a time.
        proxy: as `proxy_for` gives it.

    Raises:
        BadProxy: `proxy` is not the address of one that can be used.
    """
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=connections)
    manager: PoolManager = adapter.poolmanager
    if proxy is None:
        return manager.connection_from_url(url, dict(tls))
    if any(sign.isspace() for sign in proxy):
        # urllib3 2.0 takes it, and the failure then says nothing of a proxy
        raise BadProxy
    try:
        manager = adapter.proxy_manager_for(proxy if "://" in proxy else f"http://{proxy}")
        return manager.connection_from_url(url, dict(tls))
    except (LocationError, ValueError, OSError):
        raise BadProxy from None
