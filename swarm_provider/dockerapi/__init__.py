"""The one door to Docker: connections, calls, credentials. No decision is made here.

Nothing here imports the docker library before a connection is made or `preload` asks for it: the plugin starts fast.
"""

from swarm_provider.dockerapi.api import Json, Swarm, connect
from swarm_provider.dockerapi.auth import CredentialsFailed
from swarm_provider.dockerapi.batch import Batch
from swarm_provider.dockerapi.failures import (
    ImageNotFound,
    NoLeader,
    NotAManager,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
    Unanswered,
)
from swarm_provider.dockerapi.hosts import Endpoint, endpoints
from swarm_provider.dockerapi.settings import ConnectionSettings, RegistryAuth, TlsFiles
from swarm_provider.dockerapi.transport import preload

__all__ = [
    "Batch",
    "ConnectionSettings",
    "CredentialsFailed",
    "Endpoint",
    "ImageNotFound",
    "Json",
    "NoLeader",
    "NotAManager",
    "RegistryAuth",
    "RegistryDenied",
    "RegistryError",
    "RegistryUnreachable",
    "Swarm",
    "TlsFiles",
    "Unanswered",
    "connect",
    "endpoints",
    "preload",
]
