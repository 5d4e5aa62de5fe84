"""HTTP over the system's ssh: `ssh HOST docker system dial-stdio`, as the docker CLI does it.

docker-py's own ssh transport needs paramiko even where it only calls ssh, starts a process for every call, and its
pipes know no timeouts. Here a connection is a socket pair whose other end is ssh's standard input and output, so
that urllib3's pool keeps, reuses and times out connections as it does for any other socket.

The user's ~/.ssh/config, agent and known hosts apply. ssh never asks anything: there is nobody to answer.
"""

from __future__ import annotations

import contextlib
import shlex
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable
from typing import IO
from urllib.parse import unquote, urlsplit

from swarm_provider.dockerapi.failures import SshFailed

# sshd drops connections at random when more than ten are logging in (MaxStartups 10:30:100)
LOGINS_AT_ONCE = 4
CONNECTIONS = 8
_PROBE = b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
_LONGEST_ANSWER = 65536


def command(url: str, connect_timeout: float) -> list[str]:
    """Return the ssh call for `ssh://[user@]host[:port][/path/of/the/socket]`; `hosts` has checked user and host."""
    parts = urlsplit(url)
    # -o: fail instead of asking for a passphrase, a password or a new host key
    args = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(connect_timeout))}"]
    if parts.username:
        args += ["-l", unquote(parts.username)]
    if parts.port:
        args += ["-p", str(parts.port)]
    far = ["docker"]
    if parts.path.strip("/"):
        # ssh hands its arguments to the other host as one text, which a shell there reads
        far += ["--host", shlex.quote(f"unix://{parts.path}")]
    return [*args, "--", str(parts.hostname), *far, "system", "dial-stdio"]


class SshStream:
    """One ssh process and the socket that leads to it; ssh is started and asked whether the daemon there answers.

    Args:
        logins: how many may log in at a time.
        connect_timeout: seconds.

    Raises:
        SshFailed: it does not; for certain nothing was sent then.
    """

    def __init__(self, url: str, logins: threading.Semaphore, connect_timeout: float) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.socket, theirs = socket.socketpair()
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the attempt
        with logins, complaints:
            try:
                with theirs:
                    self._process = subprocess.Popen(
                        command(url, connect_timeout),
                        stdin=theirs.fileno(),
                        stdout=theirs.fileno(),
                        stderr=complaints,
                        # a Ctrl-C in the terminal is for Pulumi; and without a terminal ssh cannot ask
                        start_new_session=True,
                    )
                self.socket.settimeout(connect_timeout + 5)
                self._wait_for_docker()
            except OSError as error:
                self.socket.close()
                self.end()
                raise SshFailed(_reason(complaints, error)) from None

    def _wait_for_docker(self) -> None:
        self.socket.sendall(_PROBE)
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = self.socket.recv(4096)
            if not more:
                raise SshFailed("the connection was closed")
            answer += more
            if len(answer) > _LONGEST_ANSWER or not answer.startswith(b"HTTP/"[: len(answer)]):
                raise SshFailed("the remote side does not respond as Docker does; does its shell print a banner?")

    def end(self) -> None:
        """End ssh."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=2)


def streams(url: str, connect_timeout: float) -> Callable[[], SshStream]:
    """Return what opens a stream to a daemon, for a pool."""
    logins = threading.Semaphore(LOGINS_AT_ONCE)
    return lambda: SshStream(url, logins, connect_timeout)


def _reason(complaints: IO[bytes], error: Exception) -> str:
    complaints.seek(0)
    lines = complaints.read(_LONGEST_ANSWER).decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    if said:
        return said[-1]
    if isinstance(error, FileNotFoundError):
        return "ssh is not installed"
    if isinstance(error, TimeoutError):
        return "timed out"
    return str(error)
