"""When the plugin itself is at fault: one line with its place, a non-zero exit, and a log that can be sent."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from swarm_provider.plugin import lookups
from swarm_provider.plugin.protocol.logfile import open_log
from swarm_provider.plugin.protocol.rpc import rpc
from swarm_provider.plugin.server import Provider

CANARY = "canary-7d1f"


class Aborted(Exception):
    pass


class Context:
    """Takes the status of a call."""

    async def abort(self, code: grpc.StatusCode, message: str, trailing: Any = ()) -> None:
        raise Aborted(code, message)


@pytest.fixture
def unlogged() -> Iterator[None]:
    """Leaves the process's log as it was."""
    yield
    open_log({}, str)


def fault() -> str:
    """The line that a person sees of a KeyError whose text has a secret."""

    async def run() -> None:
        provider = Provider(None)
        provider.log.hide({CANARY})

        @rpc
        async def Check(self: Any, request: Any, context: Any) -> Any:  # noqa: N802
            return lookups._described({"Spec": {}, CANARY: 1})

        await Check(provider, None, Context())

    with pytest.raises(Aborted) as caught:
        asyncio.run(run())
    code, message = caught.value.args
    assert code is grpc.StatusCode.INTERNAL
    assert "\n" not in message
    return str(message)


def test_internal_error_says_where_and_how_to_get_its_traceback(unlogged: None) -> None:
    line = fault()
    assert "internal error in the swarm provider, please report it: KeyError: 'ID' (plugin/lookups.py:" in line
    assert "run again with SWARM_PROVIDER_LOG=FILE" in line


def test_log_has_the_traceback_and_no_secret(unlogged: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "provider.log"
    monkeypatch.setenv("SWARM_PROVIDER_LOG", str(file))
    assert f"the log {file} has its traceback" in fault()
    text = file.read_text()
    assert "Traceback (most recent call last)" in text
    assert "lookups.py" in text
    assert CANARY not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def started(code: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, "127.0.0.1:1"],
        capture_output=True,
        text=True,
        timeout=30,
        env=environ,
        check=False,
    )


def test_faults_are_not_printed_to_stderr_which_pulumi_shows() -> None:
    done = started(
        "import asyncio, logging\n"
        "from swarm_provider.plugin.server import Provider\n"
        "async def fail(): raise ValueError('hunter2')\n"
        "async def run():\n"
        "    Provider(None)\n"
        "    asyncio.create_task(fail())\n"
        "    await asyncio.sleep(0)\n"
        "    log = logging.getLogger('swarm_provider.plugin.server')\n"
        "    log.error('a fault', exc_info=ValueError('hunter2'))\n"
        "asyncio.run(run())"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_plugin_that_cannot_serve_says_so_and_fails() -> None:
    done = started(
        "import asyncio, swarm_provider.plugin.serving as serving\n"
        "async def serve(engine): raise RuntimeError('no port\\nis free')\n"
        "serving.serve = serve\n"
        "from swarm_provider.plugin.__main__ import _run\n"
        "asyncio.run(_run(None))"
    )
    assert done.returncode == 1
    assert done.stderr == "the swarm provider failed to start: RuntimeError: no port is free\n"


def test_plugin_whose_engine_is_gone_says_so_and_fails() -> None:
    done = started("from swarm_provider.plugin.__main__ import main\nmain()")
    assert done.returncode == 1
    assert done.stderr == "the swarm provider ends: Pulumi's engine does not listen on 127.0.0.1:1\n"


def test_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    done = started(
        "import asyncio\nfrom swarm_provider.plugin.__main__ import _run\nasyncio.run(_run(None))",
        SWARM_PROVIDER_LOG=str(tmp_path / "no" / "log"),
    )
    assert done.returncode == 1
    told = f"SWARM_PROVIDER_LOG: cannot write '{tmp_path}/no/log': No such file or directory"
    assert done.stderr == f"the swarm provider failed to start: {told}\n"


def test_node_without_a_description_is_no_fault() -> None:
    class Swarm:
        async def list(self, kind: str) -> list[dict[str, Any]]:
            return [{"ID": "n1", "Spec": {}, "Status": {}}, {"ID": "n2", "Description": {"Hostname": "two"}}]

    class Session:
        async def swarm(self) -> Swarm:
            return Swarm()

    session: Any = Session()
    assert asyncio.run(lookups._node(session, "two"))["id"] == "n2"
    assert asyncio.run(lookups._node(session, "n1"))["hostname"] == ""
    assert [node["hostname"] for node in asyncio.run(lookups._nodes(session, {}))["nodes"]] == ["", "two"]
