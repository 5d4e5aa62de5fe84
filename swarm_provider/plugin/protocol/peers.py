"""Who may speak to the plugin's port: on Linux the user that it runs as, and root.

The port is on the loopback, where every user of the machine can connect, and the protocol has no password. Linux tells
whose a connection is, in /proc/net/tcp and tcp6; elsewhere nothing does, and everybody may (docs/security.md).
"""

from __future__ import annotations

import ipaddress
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import grpc
import grpc.aio

_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENING: Final = "0A"
_TRUSTED_SECONDS: Final = 1.0
"""How long an answer counts. A port that was closed cannot come back as another user's within this time."""
_MOST_KNOWN: Final = 1000


@dataclass(frozen=True)
class _Row:
    """One socket of this machine's network, as the kernel lists it."""

    local: str
    state: str
    uid: int
    inode: str


class OwnUserOnly(grpc.aio.ServerInterceptor):  # type: ignore[misc, unused-ignore]
    """An interceptor that refuses every call that comes from another user's process."""

    def __init__(self) -> None:
        self.peers = Peers()
        self._guarded: dict[str, Any] = {}
        """The handler of each method, behind the question; a call costs less than to put it there."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Put the question before the method."""
        guarded = self._guarded.get(handler_call_details.method)
        if guarded is not None:
            return guarded
        handler = await continuation(handler_call_details)
        method = None if handler is None else handler.unary_stream or handler.unary_unary
        if method is None:
            return handler

        async def call(request: Any, context: Any) -> Any:
            if not self.peers.may_call(context.peer()):
                await context.abort(
                    grpc.StatusCode.PERMISSION_DENIED,
                    "this swarm plugin accepts connections only from the user who started it and from root",
                )
            return await method(request, context)

        # what streams writes its answers itself
        make = grpc.unary_stream_rpc_method_handler if handler.unary_stream else grpc.unary_unary_rpc_method_handler
        guarded = make(
            call, request_deserializer=handler.request_deserializer, response_serializer=handler.response_serializer
        )
        self._guarded[handler_call_details.method] = guarded
        return guarded


@dataclass
class Peers:
    """The connections to one port.

    Attributes:
        port: the plugin's own; 0 as long as it has none.
    """

    port: int = 0
    _known: dict[str, float] = field(default_factory=dict)

    def may_call(self, peer: str) -> bool:
        """Tell whether the process at the other end, such as `ipv4:127.0.0.1:40000`, is this user's or root's."""
        now = time.monotonic()
        if self._known.get(peer, 0.0) > now:
            return True
        if not self._is_own(peer):
            return False
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[peer] = now + _TRUSTED_SECONDS
        return True

    def _is_own(self, peer: str) -> bool:
        if not sys.platform.startswith("linux"):
            return True
        wanted = _kernel_forms(peer)
        # the kernel's list is no snapshot: a row may be missing while others come and go
        for _ in range(3):
            rows: list[_Row] = []
            for table in _TABLES:
                rows += _rows(table, f":{self.port:04X}")
                found = [row for row in rows if row.local in wanted]
                # a socket that its process closed has no inode, and then the list says root
                if found and all(row.inode != "0" and row.uid in (0, os.geteuid()) for row in found):
                    # a connection is in one table, and each table takes milliseconds to read
                    return True
            if not any(row.state == _LISTENING for row in rows):
                # it does not even list this plugin, so it tells nothing here (no /proc, or a sandbox's)
                return True
            if found:
                return False
        return False


def _rows(table: str, port: str) -> Iterator[_Row]:
    """Return the sockets of one table that listen at a port, or are connected to it."""
    try:
        lines = Path(table).read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        if port not in line:
            continue
        words = line.split()
        if len(words) > 9 and words[1 if words[3] == _LISTENING else 2].endswith(port):
            yield _Row(words[1], words[3], int(words[7]), words[9])


def _kernel_forms(peer: str) -> set[str]:
    """Return how the kernel may write an address of gRPC's: IPv4 also inside of IPv6."""
    host, _, port = unquote(peer.partition(":")[2]).rpartition(":")
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
        number = f"{int(port):04X}"
    except ValueError:
        return set()
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    forms = [address] if mapped is None else [address, mapped]
    if isinstance(address, ipaddress.IPv4Address):
        forms.append(ipaddress.IPv6Address(f"::ffff:{address}"))
    return {f"{_hex(form.packed)}:{number}" for form in forms}


def _hex(packed: bytes) -> str:
    """Return the words of an address as the kernel prints them: each as a number of this machine."""
    words = (packed[index : index + 4] for index in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
