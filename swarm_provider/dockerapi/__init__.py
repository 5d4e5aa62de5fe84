"""The one door to Docker: calls, credentials, errors. No decision is made here.

Nothing here imports the docker library before a connection is made or `preload` asks for it: the plugin starts fast.

    connection/  How a daemon is found and spoken to: hosts, contexts, TLS, ssh, and what happens when a manager is lost
    libraries/   What is used of the libraries that carry a call to Docker, each library's in one module
    answers      The latest answer to each question: one with the same bytes is not decoded again
    api          The calls to a swarm: list, inspect, create, update, remove per kind; tasks, logs, registries
    auth         Registry credentials for an image, as the header that Docker expects
    calls        Calls by the connection of a run, from an event loop: in threads, so many at a time
    failures     From what went wrong on the wire to the errors of this package
    kinds        The kinds of objects: their routes, and where each keeps its name and id
    lists        One list per kind and run: shared by all who ask, dropped by own writes
    logs         Docker's log stream as text
    processes    Other programs that are run for their answer: a credential helper, a version
    questions    Objects by name, id or label, as they are now: many askers share a call
    registries   What is asked of registries: the login for one, an image
    tasks        What is asked of tasks: which there are, what they wrote, what their health checks said
"""

from swarm_provider.core import Json
from swarm_provider.dockerapi.api import Swarm, connect
from swarm_provider.dockerapi.auth import CredentialsFailed
from swarm_provider.dockerapi.connection.hosts import Endpoint, endpoints
from swarm_provider.dockerapi.connection.settings import ConnectionSettings, RegistryAuth, TlsFiles
from swarm_provider.dockerapi.connection.transport import preload
from swarm_provider.dockerapi.failures import (
    ImageNotFound,
    NoLeader,
    NotAManager,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
    Unanswered,
)

__all__ = [
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
