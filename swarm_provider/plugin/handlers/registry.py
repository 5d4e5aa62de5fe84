"""Every handler, by the token of its resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from swarm_provider.model.resources import CONFIG, NETWORK, NODE, NODE_LABEL, RELEASE, SECRET, SERVICE, VOLUME
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.handlers.family.config import ConfigHandler
from swarm_provider.plugin.handlers.family.secret import SecretHandler
from swarm_provider.plugin.handlers.network import NetworkHandler
from swarm_provider.plugin.handlers.node import NodeHandler
from swarm_provider.plugin.handlers.node_label import NodeLabelHandler
from swarm_provider.plugin.handlers.service.handler import ServiceHandler
from swarm_provider.plugin.handlers.volume import VolumeHandler
from swarm_provider.plugin.run.run import Run


def handlers(run: Run) -> Mapping[str, Handler]:
    """Return a handler per resource token, all of one run."""
    config, secret, network, service = ConfigHandler(run), SecretHandler(run), NetworkHandler(run), ServiceHandler(run)
    children = {"network": network, "config": config, "secret": secret, "service": service}
    return _Handlers(
        {
            CONFIG.token: config,
            SECRET.token: secret,
            NETWORK.token: network,
            VOLUME.token: VolumeHandler(run),
            NODE.token: NodeHandler(run),
            NODE_LABEL.token: NodeLabelHandler(run),
            SERVICE.token: service,
        },
        lambda: _of_releases(run, children),
    )


class _Handlers(dict[str, Handler]):
    """Handlers by token. That of Releases comes when there is one: what it reads compose files with takes a while."""

    def __init__(self, others: Mapping[str, Handler], of_releases: Callable[[], Handler]) -> None:
        super().__init__(others)
        self._of_releases = of_releases

    def __missing__(self, token: str) -> Handler:
        if token != RELEASE.token:
            raise KeyError(token)
        self[token] = self._of_releases()
        return self[token]


def _of_releases(run: Run, children: Mapping[str, Handler]) -> Handler:
    from swarm_provider.plugin.handlers.release.handler import ReleaseHandler

    return ReleaseHandler(run, children)
