"""The provider's configuration, as far as handlers ask for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, reveal
from swarm_provider.dockerapi.connection.settings import ConnectionSettings, RegistryAuth, TlsFiles
from swarm_provider.model.provider import DELETE_UNREACHABLE, TRUE
from swarm_provider.plan.ownership.swarm_identity import Cluster


@dataclass(frozen=True)
class Settings:
    """The provider's configuration, as far as handlers ask for it.

    Attributes:
        connection: where Docker is.
        node_hosts: addresses of other nodes' daemons, by the node's host name or id.
        keep_previous: default per kind (`config`, `secret`) of old versions kept.
        strict: every warning is an error.
        advice: names of the advice warnings to show; None: all.
        offline_preview: with an unreachable swarm, Check, Diff and Read go by the state.
        delete_unreachable: what is on a swarm that cannot be reached is given up.
        cluster: the swarm that it must be; None: whichever it is.
    """

    connection: ConnectionSettings
    node_hosts: Mapping[str, str] = field(default_factory=dict)
    keep_previous: Mapping[str, int] = field(default_factory=dict)
    strict: bool = False
    offline_preview: bool = False
    advice: tuple[str, ...] | None = None
    delete_unreachable: bool = False
    cluster: Cluster | None = None


def settings_from(args: Json) -> Settings:
    """Read the provider's configuration from its normal inputs (wire names)."""
    known = reveal({key: value for key, value in args.items() if value is not UNKNOWN})
    tls = known.get("tls")
    connection = ConnectionSettings(
        host=known.get("host"),
        hosts=tuple(known.get("hosts") or ()),
        context=known.get("context"),
        tls=TlsFiles(
            ca_file=tls.get("caFile", ""),
            cert_file=tls.get("certFile", ""),
            key_file=tls.get("keyFile", ""),
            verify=tls.get("verify", True),
        )
        if tls
        else None,
        api_version=known.get("apiVersion") or os.environ.get("DOCKER_API_VERSION") or None,
        registry_auth=tuple(
            RegistryAuth(entry["address"], entry.get("username", ""), entry.get("password", ""))
            for entry in known.get("registryAuth") or ()
        ),
        environ=dict(os.environ),
    )
    return Settings(
        connection,
        known.get("nodeHosts") or {},
        known.get("keepPrevious") or {},
        bool(known.get("strict")),
        bool(known.get("offlinePreview")),
        None if known.get("advice") is None else tuple(known["advice"]),
        # not kept in the state: it is for the run that it is given to
        bool(known.get("deleteUnreachable")) or os.environ.get(DELETE_UNREACHABLE, "").lower() in TRUE,
    )
