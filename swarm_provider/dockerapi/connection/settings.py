"""How to reach Docker: what the provider's inputs and the environment say, as plain values. Nothing is opened here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class TlsFiles:
    """TLS for a tcp:// host; each file is a path to PEM text, "" for none.

    Attributes:
        ca_file: whom to trust as the server's issuer; "" takes the system's list.
        cert_file: the client's certificate.
        key_file: its key. Needed where `cert_file` is given.
        verify: whether the server's certificate is checked at all.
    """

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verify: bool = True


@dataclass(frozen=True)
class RegistryAuth:
    """The login for one registry, given in the provider's configuration.

    Attributes:
        address: the registry's host and port; `docker.io` (or "") is Docker Hub.
        username: the account; with "" the password is an identity token.
        password: password or token; never shown.
    """

    address: str
    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class ConnectionSettings:
    """Where Docker is, in the order in which one is looked for.

    `hosts`, else `host`, else `context`; when none is given, as the docker CLI does: DOCKER_HOST, DOCKER_CONTEXT,
    the current context of the docker configuration, the default socket.

    Attributes:
        host: `unix:///path`, `tcp://host:port` or `ssh://user@host[:port]`.
        hosts: several managers of one swarm; the first that answers and is usable serves.
        context: the name of a docker context.
        tls: for tcp hosts given here or by DOCKER_HOST; contexts bring their own.
        api_version: such as `1.43`; None takes the highest that both sides speak.
        timeout: seconds that one call may take.
        registry_auth: logins that win over those of the docker configuration.
        config_dir: the docker configuration's folder; None takes DOCKER_CONFIG, else `~/.docker`.
        environ: the environment that the above names are read from.
    """

    host: str | None = None
    hosts: tuple[str, ...] = ()
    context: str | None = None
    tls: TlsFiles | None = None
    api_version: str | None = None
    timeout: float = 60.0
    registry_auth: tuple[RegistryAuth, ...] = ()
    config_dir: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
