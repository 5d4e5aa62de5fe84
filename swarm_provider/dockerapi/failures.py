"""From what went wrong on the wire to the errors of this package. Pure: texts and exceptions in, errors out.

What the exceptions of a library mean is asked where that library is known, and only when there is one.

The words of the daemon are kept, whole and as they came; request bodies and headers never become part of a message.

    ConnectionFailed
    +- Unanswered               the call was sent and no response came: it may have been done
    DockerError
    +- NotAManager              this node cannot serve swarm calls (any more); the call was not done
    +- NoLeader                 the managers have none at the moment; a write may or may not have been done
    +- RegistryError            a registry was asked through the daemon
       +- ImageNotFound         (also a NotFound) it does not have that image
       +- RegistryDenied        it wants other credentials
       +- RegistryUnreachable   it does not answer
"""

from __future__ import annotations

import errno
import json
import re
import socket
import ssl

from swarm_provider.errors import Conflict, ConnectionFailed, DockerError, NotFound, OutOfSequence


class Unanswered(ConnectionFailed):
    """The call went out and no response came back, so it may or may not have been done."""


class SshFailed(OSError):
    """ssh ended, or the other side did not respond as Docker does; its text is what ssh said last. Nothing was sent."""


class NotAManager(DockerError):
    """The node is a worker, left the swarm or lost its role; nothing was done."""


class NoLeader(DockerError):
    """The managers have no leader at the moment; they elect one within ten seconds when most of them run."""


class RegistryError(DockerError):
    """A registry could not say what an image is."""


class ImageNotFound(RegistryError, NotFound):
    """The registry does not have the image (or hides that from whoever may not see it)."""


class RegistryDenied(RegistryError):
    """The registry wants a login, or another one."""


class RegistryUnreachable(RegistryError):
    """The daemon could not reach the registry."""


_CONFLICTS = (
    "name conflicts with an existing object",
    "already exists",
    "is in use",
    "in use by",
    "has active endpoints",
)
_NO_LEADER = ("does not have a leader", "no elected cluster leader", "lost leadership")
_NOT_FOUND = ("manifest unknown", "not found", "name unknown", "no such image", "name_unknown", "manifest_unknown")
_DENIED = ("unauthorized", "denied", "authentication required", "no basic auth credentials", "incorrect username")


def daemon_message(body: bytes | str) -> str:
    """Return what the daemon says in an error's body."""
    text = body.decode(errors="replace") if isinstance(body, bytes) else body
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if isinstance(data, dict) and isinstance(data.get("message"), str):
        text = data["message"]
    return re.sub(r"^rpc error: code = \w+ desc = ", "", text.strip()) or "no reason given"


def from_answer(status: int, body: bytes | str, call: str) -> DockerError:
    """Return the error for an answer of the daemon with a status of 400 or more.

    Args:
        status: the HTTP status.
        body: what came with it.
        call: what was asked, for the message.
    """
    message = daemon_message(body)
    lower = " ".join(message.lower().split())
    kind: type[DockerError] = DockerError
    if "update out of sequence" in lower:
        kind = OutOfSequence
    elif "not a swarm manager" in lower:
        kind = NotAManager
    elif any(words in lower for words in _NO_LEADER):
        kind = NoLeader
    elif status == 404:
        kind = NotFound
    elif status == 409 or any(words in lower for words in _CONFLICTS):
        kind = Conflict
    return kind(message, status=status, call=call)


def from_registry(error: DockerError) -> DockerError:
    """Return the same error, sorted by what the registry meant."""
    lower = " ".join(error.message.lower().split())
    kind: type[DockerError] = RegistryUnreachable
    # a registry that hides private images answers "denied" for those that do not exist, so this one comes first
    if error.status in (401, 403) or any(words in lower for words in _DENIED):
        kind = RegistryDenied
    elif error.status == 404 or any(words in lower for words in _NOT_FOUND):
        kind = ImageNotFound
    elif error.status == 400:
        kind = RegistryError
    return kind(error.message, status=error.status, call=error.call)


def causes(error: BaseException) -> list[BaseException]:
    """Return the error and all that it wraps, outermost first: by cause, reason, and as an argument.

    Not by context: that would lead to the failure of an earlier host that is being handled meanwhile.
    """
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or any(item is known for known in found):
            continue
        found.append(item)
        waiting += [getattr(item, "reason", None), *item.args, item.__cause__]
    return found


def why_unreachable(error: BaseException, url: str) -> str:
    """Return why a daemon cannot be reached and what to do about it, as a part of a line."""
    from swarm_provider.dockerapi.libraries import urllib3_pools

    chain = causes(error)
    text = " ".join(str(item) for item in chain)
    lower = text.lower()
    for item in chain:
        if isinstance(item, SshFailed):
            return _ssh_advice(str(item))
        if isinstance(item, socket.gaierror):
            return "unknown host name"
        if urllib3_pools.is_of_a_proxy(item):
            return "the proxy in HTTP_PROXY or HTTPS_PROXY cannot reach it; add the host to NO_PROXY"
    if "certificate verify failed" in lower:
        detail = re.search(r"certificate verify failed: ([^(\]]+)", text)
        why = f" ({detail[1].strip()})" if detail else ""
        return f"its TLS certificate is not trusted{why}; check the CA file"
    if "certificate required" in lower or "bad certificate" in lower or "unknown ca" in lower:
        return "it requires a TLS client certificate signed by its CA; check the cert and key files"
    if "wrong version number" in lower or "record layer failure" in lower:
        return "it does not speak TLS on this port; remove the TLS files or use the port for TLS"
    if any(isinstance(item, ssl.SSLError) or urllib3_pools.is_of_tls(item) for item in chain):
        return "the TLS connection fails; check the CA, cert and key files"
    for item in chain:
        if isinstance(item, OSError) and item.errno:
            return _os_reason(item, url)
    if "timed out" in lower or "timeout" in lower:
        return "timed out"
    if "remote end closed" in lower or "connection aborted" in lower:
        return "it closed the connection"
    return f"{type(chain[-1]).__name__}"


def is_of_the_wire(error: BaseException) -> bool:
    """Tell whether an exception of a call comes from the connection, and not from a bug of this program."""
    if isinstance(error, OSError):
        return True
    from swarm_provider.dockerapi.libraries import urllib3_pools

    return urllib3_pools.is_failure(error)


_NEVER_SENT = (
    SshFailed,
    FileNotFoundError,
    PermissionError,
    ConnectionRefusedError,
    socket.gaierror,
    ssl.SSLCertVerificationError,
)


def was_never_sent(error: BaseException) -> bool:
    """Tell whether it is certain that the daemon has not seen the call: no connection came about."""
    from swarm_provider.dockerapi.libraries import urllib3_pools

    return any(isinstance(item, _NEVER_SENT) or urllib3_pools.never_connected(item) for item in causes(error))


def _os_reason(error: OSError, url: str) -> str:
    if error.errno == errno.ENOENT:
        return "the socket does not exist; is the engine running there?"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "permission denied; run as a user who may use this socket (the group docker, usually)"
    if error.errno == errno.ECONNREFUSED:
        where = "on this socket" if url.startswith("unix:") else "on this port"
        return f"connection refused; is the engine running and listening {where}?"
    return (error.strerror or type(error).__name__).lower()


def _ssh_advice(said: str) -> str:
    lower = said.lower()
    advice = ""
    if "host key verification failed" in lower:
        advice = "; connect once by hand with ssh to accept its key, or add it to known_hosts"
    elif "permission denied" in lower:
        advice = "; add the key to ssh-agent or name it in ~/.ssh/config (password prompts are not possible here)"
    elif "dial-stdio" in lower or "command not found" in lower:
        advice = "; the docker CLI must be on that user's PATH there"
    return f"ssh says: {said.rstrip('.')}{advice}"
