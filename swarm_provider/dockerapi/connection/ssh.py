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
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

# sshd drops connections at random when more than ten are logging in (MaxStartups 10:30:100)
LOGINS_AT_ONCE = 4
CONNECTIONS = 8
_PROBE = b"HEAD /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
_LONGEST_ANSWER = 65536


class SshFailed(OSError):
    """ssh ended, or the far end did not answer as Docker does; its text is what ssh said last."""


def command(url: str, connect_timeout: float) -> list[str]:
    """The ssh call for `ssh://[user@]host[:port][/path/of/the/socket]`, whose user and host `hosts` has checked."""
    parts = urlsplit(url)
    # -o: fail instead of asking for a passphrase, a password or a new host key
    args = ["ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={max(1, round(connect_timeout))}"]
    if parts.username:
        args += ["-l", unquote(parts.username)]
    if parts.port:
        args += ["-p", str(parts.port)]
    far = ["docker"]
    if parts.path.strip("/"):
        # ssh hands its arguments to the far end as one text, which a shell there reads
        far += ["--host", shlex.quote(f"unix://{parts.path}")]
    return [*args, "--", str(parts.hostname), *far, "system", "dial-stdio"]


class SshConnection(HTTPConnection):
    """One ssh process and the socket that leads to it."""

    def __init__(self, url: str, logins: threading.Semaphore, connect_timeout: float, timeout: float) -> None:
        super().__init__("docker", timeout=timeout)
        self._url = url
        self._logins = logins
        self._connect_timeout = connect_timeout
        self._process: subprocess.Popen[bytes] | None = None

    def connect(self) -> None:
        """Starts ssh and waits until the daemon at the far end answers.

        A failure here therefore means for certain that nothing was sent.
        """
        ours, theirs = socket.socketpair()
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the attempt
        with self._logins, complaints:
            try:
                with theirs:
                    self._process = subprocess.Popen(
                        command(self._url, self._connect_timeout),
                        stdin=theirs.fileno(),
                        stdout=theirs.fileno(),
                        stderr=complaints,
                        # a Ctrl-C in the terminal is for Pulumi; and without a terminal ssh cannot ask
                        start_new_session=True,
                    )
                ours.settimeout(self._connect_timeout + 5)
                self._wait_for_docker(ours)
            except (OSError, SshFailed) as error:
                ours.close()
                self._end()
                raise SshFailed(_reason(complaints, error)) from None
        ours.settimeout(self.timeout if isinstance(self.timeout, int | float) else None)
        self.sock = ours

    def close(self) -> None:
        super().close()
        self._end()

    def _wait_for_docker(self, sock: socket.socket) -> None:
        sock.sendall(_PROBE)
        answer = b""
        while b"\r\n\r\n" not in answer:
            more = sock.recv(4096)
            if not more:
                raise SshFailed("the connection was closed")
            answer += more
            if len(answer) > _LONGEST_ANSWER or not answer.startswith(b"HTTP/"[: len(answer)]):
                raise SshFailed("the far end does not answer as Docker does; does its shell print a greeting?")

    def _end(self) -> None:
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


class SshPool(HTTPConnectionPool):
    """Connections by ssh to one daemon."""

    scheme = "ssh"

    def __init__(self, url: str, connect_timeout: float, timeout: float) -> None:
        super().__init__("docker", timeout=timeout, maxsize=CONNECTIONS, block=True)
        self._ssh_url = url
        self._connect_timeout = connect_timeout
        self._ssh_timeout = timeout
        self._logins = threading.Semaphore(LOGINS_AT_ONCE)

    def _new_conn(self) -> Any:
        return SshConnection(self._ssh_url, self._logins, self._connect_timeout, self._ssh_timeout)


def _reason(complaints: IO[bytes], error: Exception) -> str:
    complaints.seek(0)
    lines = complaints.read(_LONGEST_ANSWER).decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    if said:
        return said[-1]
    if isinstance(error, FileNotFoundError):
        return "the program ssh is not installed here"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return str(error)
