"""What thousands of services cost the plugin: its real processes, between a simulated swarm and a modelled CLI.

No machine here runs 20,000 containers. So the daemon is the model of `tests/simulation`, in a process of its own, and
Pulumi's engine its model there; between them are the plugin's own processes, as a CLI starts them, whose processor time
and memory are measured. A tenth of the services uses one config and is waited for; the others are submitted.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, cast

import grpc
import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc

from bench.measure import TICKS
from swarm_provider.core.values import Secret
from tests.simulation.clock import VirtualLoop
from tests.simulation.engine.plugin import Calling
from tests.simulation.engine.program import Declared, Program, Ref
from tests.simulation.engine.run import Run, Stack
from tests.support.in_process import Refused

Json = dict[str, Any]
SIZES: Final = (500, 5000)
NODES: Final = 100
REPLICAS: Final = 4
SHARE: Final = 10
"""One service in so many uses the config that is rotated."""
PARALLEL: Final = 64
STEPS: Final = ("deploy", "preview, no change", "rotate a config")
LIMIT: Final = 400 * 1024 * 1024


@dataclass(frozen=True)
class Cost:
    """What a step took of the plugin.

    Attributes:
        cpu: processor seconds of its processes, of user and system.
        memory: MiB at most of any of them.
        calls: to the daemon, by method and path.
    """

    cpu: float
    memory: float
    calls: dict[str, int]


class PluginOnItsOwn(Calling):
    """A plugin process as a CLI starts it."""

    def __init__(self, host: str, engine: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "swarm_provider.plugin", engine],
            stdout=subprocess.PIPE,
            env={**os.environ, "DOCKER_HOST": host},
            text=True,
        )
        assert self.process.stdout is not None
        options = [("grpc.max_send_message_length", LIMIT), ("grpc.max_receive_message_length", LIMIT)]
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{int(self.process.stdout.readline())}", options)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.calls: dict[str, int] = {}
        self.cpu = self.memory = 0.0

    async def call(self, method: str, request: Any) -> Any:
        self.calls[method] = self.calls.get(method, 0) + 1
        try:
            return await getattr(self._stub, method)(request)
        except grpc.aio.AioRpcError as error:
            raise Refused(error.code(), error.details() or "", error.trailing_metadata() or ()) from None

    def kill(self) -> None:
        """Measure it, and let it end."""
        if self.process.poll() is not None:
            return
        folder = Path(f"/proc/{self.process.pid}")
        status = (folder / "status").read_text()
        self.memory = next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))
        self.cpu = sum(map(int, (folder / "stat").read_text().rpartition(")")[2].split()[11:13])) / TICKS
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()


class _Listener(engine_pb2_grpc.EngineServicer):
    """The CLI's end of what the plugin says."""

    async def Log(self, request: engine_pb2.LogRequest, context: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()


class _Command(Run):
    """A command of the CLI with plugins of its own."""

    def __init__(self, stack: Stack, program: Program, host: str, engine: str, *, preview: bool) -> None:
        super().__init__(stack, program, preview=preview, parallel=PARALLEL)
        self._where = host, engine
        self.own: list[PluginOnItsOwn] = []

    def _plugin(self) -> Calling:
        self.own.append(PluginOnItsOwn(*self._where))
        self._plugins.append(self.own[-1])
        return self.own[-1]


def program(size: int, revision: int, host: str) -> Program:
    """So many services on one network, with one secret; every tenth of them with the config."""
    declared = [
        Declared("Network", "n", {"name": "scale_n"}),
        Declared("Secret", "s", {"baseName": "scale_s", "data": Secret("not told to anybody")}),
        Declared("Config", "c", {"baseName": "scale_c", "data": f"revision = {revision}\n" + "# some text\n" * 20}),
    ]
    return Program((*declared, *(_service(number) for number in range(size))), {"host": host})


def _service(number: int) -> Declared:
    rotated = number % SHARE == 0
    args: Json = {
        "name": f"scale_w{number}",
        "image": "app:1",
        "environment": {"MODE": "prod", "NAME": f"w{number}", "LEVEL": "info"},
        "networks": [{"name": Ref("n", "id")}],
        "secrets": [{"source": Ref("s", "name")}],
        "deploy": {
            "replicas": REPLICAS,
            "updateConfig": {"parallelism": 0, "monitor": "1s"},
            "resources": {"limits": {"memory": "32M"}},
        },
        "wait": rotated,
    }
    if rotated:
        args["configs"] = [{"source": Ref("c", "name"), "target": "/etc/app.conf"}]
    return Declared("Service", f"w{number}", args)


@contextmanager
def _daemon() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.simulation.serve", "--nodes", str(NODES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def measure(size: int) -> dict[str, Cost]:
    """What each step costs at a size."""
    with _daemon() as address:
        return asyncio.run(_measured(size, address))


async def _measured(size: int, address: str) -> dict[str, Cost]:
    server = grpc.aio.server()
    engine_pb2_grpc.add_EngineServicer_to_server(_Listener(), server)
    engine = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    # a plugin of its own has no place in the loop's virtual time
    stack = Stack(cast(VirtualLoop, asyncio.get_running_loop()), "scale", "prod")
    found: dict[str, Cost] = {}
    for step, revision in zip(STEPS, (1, 1, 2), strict=True):
        host = f"tcp://{address}"
        command = _Command(stack, program(size, revision, host), host, engine, preview="preview" in step)
        result = await command.go()
        if not result.ok or ("preview" in step and result.changes):
            raise RuntimeError(f"{step} of {size}: {result.failures or result.changes}")
        with urllib.request.urlopen(f"http://{address}/counts") as answer:
            calls = json.load(answer)
        cpu, memory = sum(one.cpu for one in command.own), max(one.memory for one in command.own)
        found[step] = Cost(round(cpu, 2), round(memory, 1), dict(sorted(calls.items())))
        print(
            f"{size:5} {step:20} {cpu:7.2f} s of processors, {memory:6.1f} MiB, {sum(calls.values())} calls", flush=True
        )
    await server.stop(None)
    return found


def plain(found: dict[str, Cost]) -> Json:
    """The same for `results.json`."""
    return {step: asdict(cost) for step, cost in found.items()}
