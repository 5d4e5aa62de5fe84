"""The plugin's port serves its own user and root, and nobody else on the machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarm_provider.plugin.protocol import peers
from swarm_provider.plugin.protocol.peers import Peers

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells whose a connection is")
NOBODY, OTHER = 65534, 65533
CALL = """
import sys, grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2_grpc
stub = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}"))
for _ in range(3):
    try:
        print("version", stub.GetPluginInfo(empty_pb2.Empty(), timeout=10).version)
    except grpc.RpcError as error:
        print(error.code().name, error.details())
"""


def started(user: int | None) -> subprocess.Popen[str]:
    """A real plugin process, of this user or of another one."""
    return subprocess.Popen(
        [*as_user(user), sys.executable, "-m", "swarm_provider.plugin"], stdout=subprocess.PIPE, text=True
    )


def as_user(user: int | None) -> list[str]:
    return [] if user is None else ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]


def call(port: str, user: int | None) -> list[str]:
    """What three calls of a process of that user are answered."""
    done = subprocess.run(
        [*as_user(user), sys.executable, "-c", CALL, port], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.fixture
def plugin(request: pytest.FixtureRequest) -> Iterator[str]:
    process = started(getattr(request, "param", None))
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.wait(10)
    process.stdout.close()


@LINUX
def test_process_of_the_same_user_is_served(plugin: str) -> None:
    assert all(line.startswith("version ") for line in call(plugin, None))


@pytest.mark.live
@pytest.mark.parametrize(
    ("plugin", "caller", "served"),
    [(None, NOBODY, False), (NOBODY, NOBODY, True), (NOBODY, None, True), (NOBODY, OTHER, False)],
    indirect=["plugin"],
)
def test_process_of_another_user_is_refused_and_root_is_served(plugin: str, caller: int | None, served: bool) -> None:
    # root is served, and nobody is served because somebody was before
    assert call(plugin, None)[0].startswith("version ")
    lines = call(plugin, caller)
    assert len(lines) == 3
    for line in lines:
        assert line.startswith(
            "version " if served else "PERMISSION_DENIED this swarm plugin accepts connections only from the user"
        )


@pytest.mark.live
def test_caller_who_closes_at_once_is_not_taken_for_root(plugin: str) -> None:
    # a socket whose process is gone is root's in the kernel's list
    code = (
        "import socket, sys\n"
        "s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "print(s.getsockname()[1], flush=True)\n"
    )
    done = subprocess.run(
        [*as_user(NOBODY), sys.executable, "-c", code, plugin], capture_output=True, text=True, check=True
    )
    assert not Peers(int(plugin)).may_call(f"ipv4:127.0.0.1:{done.stdout.strip()}")


def table(folder: Path, *rows: str) -> str:
    file = folder / "tcp"
    file.write_text("  sl  local_address rem_address   st\n" + "".join(f"{row}\n" for row in rows))
    return str(file)


def row(local: str, remote: str, state: str, uid: int, inode: str = "9") -> str:
    return f"   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 {uid:5d}        0 {inode} 1 0 20"


LISTENER = row("0100007F:1F90", "00000000:0000", "0A", 0)
PEER = "ipv4:127.0.0.1:40000"


@pytest.mark.skipif(sys.byteorder != "little", reason="the rows are those of a little-endian machine")
@LINUX
@pytest.mark.parametrize(
    ("rows", "peer", "may"),
    [
        ((LISTENER, row("0100007F:9C40", "0100007F:1F90", "01", os.geteuid())), PEER, True),
        ((LISTENER, row("0100007F:9C40", "0100007F:1F90", "01", 0)), PEER, True),
        ((LISTENER, row("0100007F:9C40", "0100007F:1F90", "01", 4321)), PEER, False),
        ((LISTENER, row("0100007F:9C40", "0100007F:1F90", "04", 0, "0")), PEER, False),
        ((LISTENER, row("0100007F:9C40", "0100007F:0050", "01", 0)), PEER, False),
        ((LISTENER,), PEER, False),
        ((), PEER, True),
        ((LISTENER, row("0" * 16 + "FFFF0000" + "0100007F:9C40", "0100007F:1F90", "01", 4321)), PEER, False),
        (
            (LISTENER, row("0" * 24 + "01000000:9C40", "0" * 24 + "01000000:1F90", "01", 0)),
            "ipv6:%5B::1%5D:40000",
            True,
        ),
        ((LISTENER,), "unix:/x", False),
        ((LISTENER,), "", False),
    ],
    ids=["own", "root", "other", "closed", "another port", "not listed", "no list", "mapped", "IPv6", "unix", "empty"],
)
def test_rows_of_the_kernel_decide(
    rows: tuple[str, ...], peer: str, may: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "_TABLES", (table(tmp_path, *rows),))
    assert Peers(8080).may_call(peer) is may


@LINUX
def test_answer_is_kept_for_a_moment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "_TABLES", (table(tmp_path, LISTENER, row("0100007F:9C40", "0100007F:1F90", "01", 0)),))
    known = Peers(8080)
    assert known.may_call(PEER)
    table(tmp_path, LISTENER)
    assert known.may_call(PEER)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 2)
    assert not known.may_call(PEER)
