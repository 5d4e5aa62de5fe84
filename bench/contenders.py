"""Who is measured: docker's CLI, a bare loop over the API, a provider that does nothing, and ours.

Each does the same steps on its own; a step that it does not have is None.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import shutil
import socket
import sys
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from bench.measure import LOOK_EVERY_S, Run, run
from bench.workload import SECRET, STACK, Json, Workload
from tests.support.engine import REPO, Engine, docker_environment
from tests.support.pulumi import PulumiProject

STEPS = ("first deploy", "preview, no change", "up, no change", "rotate one", "rotate all", "destroy")
UNCHANGED = ("preview, no change", "up, no change")
WATCHED_S = 1.0
"""How long a task that runs is watched, as `monitor` of the workload says; docker's own CLI waits as long."""


PARALLEL = 64
"""How many resources Pulumi works on at a time, as docs/day-two.md advises for many services."""
FEW = ", Pulumi's own parallelism"


class Contender(ABC):
    """One way to do the work, in a folder of its own."""

    name: ClassVar[str]

    def __init__(self, engine: Engine, workload: Workload, folder: Path, *, wait: bool) -> None:
        self.engine, self.workload, self.folder, self.wait = engine, workload, folder, wait
        self.versions = dict.fromkeys(workload.keys, 1)
        folder.mkdir(parents=True)
        self.prepare()

    @property
    def title(self) -> str:
        """What it is called in the results."""
        return self.name

    def step(self, step: str) -> Run | None:
        """Do one of STEPS; None where this contender has no such step."""
        if step == "rotate one":
            self.versions[self.workload.keys[0]] += 1
        elif step == "rotate all":
            self.versions = {key: version + 1 for key, version in self.versions.items()}
        return self.do(step)

    @abstractmethod
    def prepare(self) -> None:
        """Make what is there before the first step."""

    @abstractmethod
    def do(self, step: str) -> Run | None:
        """Do one step; None where there is no such step."""


class DockerCli(Contender):
    """`docker stack deploy`; its user writes a new name for a config that changes."""

    name = "docker stack deploy"

    def prepare(self) -> None:
        """The file is written before each step."""

    def do(self, step: str) -> Run | None:
        if step == "preview, no change":
            return None
        self.workload.write(self.folder, self.versions)
        deploy = ["docker", "stack", "deploy", "--resolve-image", "never", f"--detach={str(not self.wait).lower()}"]
        command = ["docker", "stack", "rm", STACK] if step == "destroy" else [*deploy, "-c", "docker.yml", STACK]
        return run(command, folder=self.folder, environment=self.engine.docker.environment)


class ApiLoop(Contender):
    """One call after the other, over one connection: the floor."""

    name = "bare API loop"

    def prepare(self) -> None:
        self._connection = _UnixConnection(self.engine.host.removeprefix("unix://"))
        self._ids: dict[str, str] = {}

    def do(self, step: str) -> Run | None:
        if step in UNCHANGED:
            return None
        begun = time.monotonic()
        if step == "first deploy":
            self._deploy()
        elif step == "destroy":
            self._destroy()
        else:
            self._rotate()
        return Run(time.monotonic() - begun)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        self._connection.request(method, path, json.dumps(body) if body is not None else None, {
            "Content-Type": "application/json", "Host": "docker"})  # fmt: skip
        answer = self._connection.getresponse()
        data = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {data.decode()}")
        return json.loads(data) if data else None

    def _config(self, key: str) -> tuple[str, str]:
        name = f"{STACK}_{key}-{self.versions[key]}"
        if name not in self._ids:
            data = _base64(self.workload.content(key, self.versions[key]))
            self._ids[name] = self._call("POST", "/configs/create", {"Name": name, "Data": data})["ID"]
        return self._ids[name], name

    def _deploy(self) -> None:
        network = {"Name": f"{STACK}_default", "Driver": "overlay"}
        self._network = self._call("POST", "/networks/create", network)["Id"]
        secret = {"Name": f"{STACK}_shared", "Data": _base64(SECRET)}
        self._secret = (self._call("POST", "/secrets/create", secret)["ID"], f"{STACK}_shared")
        for key in self.workload.keys:
            spec = self.workload.spec(key, self._config(key), self._secret, self._network)
            self._ids[key] = self._call("POST", "/services/create", spec)["ID"]
        self._converge()

    def _rotate(self) -> None:
        old = []
        for key in self.workload.keys:
            if f"{STACK}_{key}-{self.versions[key]}" in self._ids:
                continue
            old.append(f"{STACK}_{key}-{self.versions[key] - 1}")
            spec = self.workload.spec(key, self._config(key), self._secret, self._network)
            version = self._call("GET", f"/services/{self._ids[key]}")["Version"]["Index"]
            self._call("POST", f"/services/{self._ids[key]}/update?version={version}", spec)
        self._converge()
        for name in old:
            # as `keep_previous` does with its default: the one before stays, what is older goes
            older = name.rpartition("-")[0] + f"-{int(name.rpartition('-')[2]) - 1}"
            if older in self._ids:
                self._call("DELETE", f"/configs/{self._ids.pop(older)}")

    def _converge(self) -> None:
        """Wait until every update has ended and every task has run for as long as it is watched."""
        if not self.wait:
            return
        since: dict[str, float] = {}
        while True:
            services = {s["ID"]: s for s in self._call("GET", "/services")}
            tasks = [t for t in self._call("GET", "/tasks") if t["DesiredState"] == "running"]
            now = time.monotonic()
            running = {t["ID"] for t in tasks if t["Status"]["State"] == "running"}
            since = {id: since.get(id, now) for id in running}
            updating = any((s.get("UpdateStatus") or {}).get("State") == "updating" for s in services.values())
            wanted = self.workload.size * self.workload.replicas
            stable = all(now - seen >= WATCHED_S for seen in since.values())
            if len(running) == len(tasks) == wanted and stable and not updating:
                return
            time.sleep(0.25)

    def _destroy(self) -> None:
        for key in self.workload.keys:
            self._call("DELETE", f"/services/{self._ids[key]}")
        while self.wait and any(t["Status"]["State"] == "running" for t in self._call("GET", "/tasks")):
            time.sleep(0.25)
        for name, id in self._ids.items():
            if name.startswith(STACK):
                self._call("DELETE", f"/configs/{id}")
        self._call("DELETE", f"/secrets/{self._secret[0]}")
        self._call("DELETE", f"/networks/{self._network}")


class _Pulumi(Contender):
    """A Pulumi program; what it is, the subclasses say."""

    plugin_path: str
    program: str
    environment: dict[str, str]

    def __init__(
        self,
        *args: Any,
        cli: Path,
        host: str = "",
        checkpoints: bool = True,
        parallel: int | None = PARALLEL,
        venv: Path | None = None,
        **options: Any,
    ) -> None:
        self._cli, self._host, self._checkpoints, self._parallel = cli, host, checkpoints, parallel
        self._venv = venv or Path(sys.prefix)
        self.look_every = LOOK_EVERY_S
        super().__init__(*args, **options)

    def prepare(self) -> None:
        self.environment = {} if self._checkpoints else {"PULUMI_SKIP_CHECKPOINTS": "true"}
        self.environment |= {"PULUMI_PARALLEL": str(self._parallel)} if self._parallel else {}
        host = self._host or self.engine.host
        self.project = PulumiProject(
            self.folder, self.program, host=host, cli=self._cli, plugin_path=self.plugin_path, env=self.environment
        )

    @abstractmethod
    def write(self) -> None:
        """Write the files that the program reads."""

    def do(self, step: str) -> Run:
        """Do one step, and look at its processes every `look_every` seconds."""
        self.write()
        skip = ["--yes", "--skip-preview"]
        commands = {"preview, no change": ["preview"], "destroy": ["destroy", *skip]}
        environment = {**self.project.environment, "DOCKER_CONFIG": docker_environment()["DOCKER_CONFIG"]}
        pulumi = shutil.which("pulumi", path=environment["PATH"])
        command = [pulumi or "pulumi", *commands.get(step, ["up", *skip]), "--stack", "dev", "--non-interactive"]
        return run(command, folder=self.project.folder, environment=environment, look_every=self.look_every)

    @property
    def title(self) -> str:
        saved = "" if self._checkpoints else ", no checkpoints"
        return f"{self.name}{saved}{'' if self._parallel else FEW}"

    @property
    def state_bytes(self) -> int:
        """Size of the stack's state in the backend."""
        return sum(file.stat().st_size for file in self.project.backend.glob(".pulumi/stacks/*/dev.json"))


class Ours(_Pulumi):
    """swarm-provider."""

    name = "swarm-provider"
    program = """
    import os
    import swarm_provider as swarm
    swarm.Stack("bench", compose_file="ours.yml", resolve_image="never", wait=os.environ["BENCH_WAIT"] == "1")
    """

    def prepare(self) -> None:
        self.plugin_path = str(self._venv / "bin")
        super().prepare()
        _set(self.project, "runtime", {"name": "python", "options": {"virtualenv": str(self._venv)}})
        # language hosts before `virtualenv` take the first Python of PATH
        self.project.environment["PATH"] = os.pathsep.join([str(self._venv / "bin"), self.project.environment["PATH"]])
        self.project.environment["BENCH_WAIT"] = "1" if self.wait else "0"

    def write(self) -> None:
        self.workload.write(self.project.folder, self.versions)


class Release(Ours):
    """The same files as one resource."""

    name = "swarm-provider, Release"
    program = Ours.program.replace("swarm.Stack", "swarm.Release")


class Nothing(_Pulumi):
    """A program of the same shape, with a provider that does nothing: Pulumi's own floor."""

    name = "do-nothing provider"
    program = """
    import json
    import pulumi

    class Thing(pulumi.CustomResource):
        def __init__(self, kind, name, props, opts):
            super().__init__(f"nothing:index:{kind}", name, props, opts)

    things = json.load(open("things.json"))
    stack = pulumi.ComponentResource("nothing:index:Stack", "bench", {})
    below = pulumi.ResourceOptions(parent=stack)
    network = Thing("Network", "bench-default", {"name": "bench_default"}, below)
    secret = Thing("Secret", "bench-shared", {"data": pulumi.Output.secret("not a secret"), "name": "s"}, below)
    for key, service in things["services"].items():
        content = things["contents"][key]
        config = Thing("Config", f"bench-{key}-config", {"data": content, "name": f"{key}-{hash(content)}"}, below)
        service["configs"][0]["source"] = config.name
        service["secrets"] = [{"source": secret.name}]
        service["networks"] = {"default": network.name}
        Thing("Service", f"bench-{key}", service, below)
    """

    def prepare(self) -> None:
        folder = self.folder / "plugin"
        folder.mkdir()
        script = folder / "pulumi-resource-nothing"
        script.write_text(f'#!/bin/sh\nPYTHONPATH={REPO} exec {sys.executable} -m bench.nothing "$@"\n')
        script.chmod(0o755)
        self.plugin_path = str(folder)
        super().prepare()
        _set(self.project, "plugins", {"providers": [{"name": "nothing", "path": str(folder)}]})
        # equal texts have equal hashes in every run
        self.project.environment["PYTHONHASHSEED"] = "0"

    def write(self) -> None:
        self.workload.things(self.project.folder, self.versions)


class NothingAtOnce(Nothing):
    """The same content as one resource, with that provider."""

    name = "do-nothing provider, one resource"
    program = """
    import json
    import pulumi

    class Thing(pulumi.CustomResource):
        def __init__(self, kind, name, props):
            super().__init__(f"nothing:index:{kind}", name, props)

    things = json.load(open("things.json"))
    configs = {key: {"data": data, "name": f"{key}-{hash(data)}"} for key, data in things["contents"].items()}
    for key, service in things["services"].items():
        service["configs"][0]["source"] = configs[key]["name"]
    secrets = {"shared": {"data": pulumi.Output.secret("not a secret"), "name": "s"}}
    networks = {"default": {"name": "bench_default"}}
    Thing("Release", "bench", {"services": things["services"], "configs": configs, "secrets": secrets,
        "networks": networks})
    """


def _set(project: PulumiProject, key: str, value: Json) -> None:
    """Set a key of Pulumi.yaml."""
    file = project.folder / "Pulumi.yaml"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def contenders(engine: Engine, workload: Workload, folder: Path, cli: Path, *, wait: bool) -> list[Contender]:
    """Everybody, in the order in which they are measured; the Pulumi ones with and without checkpoints."""
    found: list[Contender] = [
        DockerCli(engine, workload, folder / "docker", wait=wait),
        ApiLoop(engine, workload, folder / "loop", wait=wait),
    ]
    for checkpoints in (True, False):
        for number, kind in enumerate((Nothing, Ours)):
            place = folder / f"pulumi{number}{checkpoints}"
            found.append(kind(engine, workload, place, wait=wait, cli=cli, checkpoints=checkpoints))
    if wait:
        found.append(Ours(engine, workload, folder / "few", wait=wait, cli=cli, checkpoints=False, parallel=None))
    return found
