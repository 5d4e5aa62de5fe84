"""Throw-away Docker Swarms: starting them, talking to them, taking them down.

A bed is what `testbed/swarm.sh up` makes: one dockerd per node, each in namespaces of its own. Every bed gets
a directory, a bridge and a subnet that nobody else uses, so that several test sessions run side by side.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import docker
from docker.errors import APIError

REPO = Path(__file__).resolve().parents[2]
TESTBED = REPO / "testbed"
_OWNER_FILE = "owner.pid"


class EngineError(RuntimeError):
    """A test engine could not be started or a docker command failed; says which, with its output."""


def bed_root() -> Path:
    """Where beds live: short, because the path of a Unix socket has 107 characters at most."""
    root = Path(tempfile.gettempdir())
    return root if len(str(root)) < 40 else Path("/tmp")


@dataclass
class Docker:
    """The docker CLI and API of one daemon.

    Call it as one types the command: `docker("service", "ls", "-q")` returns stdout without its last newline.
    """

    host: str
    environment: dict[str, str]
    _api: docker.APIClient | None = field(default=None, repr=False)

    def __call__(self, *args: str, check: bool = True, stdin: str | None = None, timeout: float = 120) -> str:
        """Run `docker ARGS`; a failure is an EngineError with docker's own words, unless check is False."""
        done = self.run(*args, stdin=stdin, timeout=timeout)
        for _ in range(10):
            if "update out of sequence" not in done.stderr:
                break
            # the CLI reads, then writes: a busy swarm has written in between
            done = self.run(*args, stdin=stdin, timeout=timeout)
        if check and done.returncode:
            raise EngineError(f"docker {' '.join(args)}: exit {done.returncode}: {done.stderr.strip()}")
        return done.stdout.rstrip("\n")

    def run(self, *args: str, stdin: str | None = None, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `docker ARGS` and return it with exit code, stdout and stderr."""
        command = ["docker", *args]
        return subprocess.run(
            command,
            env=self.environment,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def json(self, *args: str) -> Any:
        """The parsed JSON of a command such as `inspect`."""
        return json.loads(self(*args))

    def lines(self, *args: str) -> list[str]:
        """The command's stdout as lines."""
        return self(*args).splitlines()

    @property
    def api(self) -> Any:
        """docker-py's low-level client (APIClient) of the same daemon; Any, as half of it has no types."""
        if self._api is None:
            self._api = docker.APIClient(base_url=self.host, version="auto", timeout=60)
        return self._api

    # ------------------------------------------------------------------ what tests ask again and again

    def service(self, name: str) -> dict[str, Any]:
        """The service's inspect data."""
        found: dict[str, Any] = self.api.inspect_service(name)
        return found

    def create_service(self, spec: dict[str, Any]) -> str:
        """Make a service of a Spec as it stands, with what docker-py has no words for; returns its id."""
        api = self.api
        return str(api._result(api._post_json(api._url("/services/create"), data=spec), True)["ID"])

    def update_service(self, live: dict[str, Any], spec: dict[str, Any]) -> None:
        """Send a Spec as it stands to the service that was read as `live`."""
        api, url = self.api, self.api._url("/services/{0}/update", live["ID"])
        api._result(api._post_json(url, data=spec, params={"version": live["Version"]["Index"]}), True)

    def tasks(self, service: str, *, running: bool = True) -> list[dict[str, Any]]:
        """The service's tasks, oldest first; by default those that are wanted and running."""
        found = self.api.tasks(filters={"service": service})
        if running:
            found = [t for t in found if t["DesiredState"] == "running" and t["Status"]["State"] == "running"]
        return sorted(found, key=lambda task: str(task["CreatedAt"]))

    def task_ids(self, service: str) -> set[str]:
        """Ids of the service's running tasks: they stay the same when nothing was restarted."""
        return {str(task["ID"]) for task in self.tasks(service)}

    def exec_in(self, service: str, *command: str) -> str:
        """Run a command in a container of the service on this node; returns its stdout."""
        for task in reversed(self.tasks(service)):
            container = task["Status"].get("ContainerStatus", {}).get("ContainerID")
            if container:
                return self("exec", container, *command)
        raise EngineError(f"service {service} has no running container:\n{self('service', 'ps', service)}")

    def wait_running(self, service: str, replicas: int = 1, timeout: float = 60) -> None:
        """Wait until that many tasks of the service run."""
        end = time.monotonic() + timeout
        while len(self.tasks(service)) != replicas:
            if time.monotonic() > end:
                raise EngineError(
                    f"{service}: not {replicas} running tasks after {timeout:g} s:\n"
                    + self("service", "ps", "--no-trunc", service, check=False)
                )
            time.sleep(0.1)

    def remove_stack(self, stack: str, timeout: float = 60) -> None:
        """`docker stack rm`, and wait until no container of the stack runs on this node.

        Not with docker's own `--detach=false`: it once waited for ever, after service and network had gone.
        """
        self("stack", "rm", stack)
        end = time.monotonic() + timeout
        while left := self.lines("ps", "-q", "--filter", f"label=com.docker.stack.namespace={stack}"):
            if time.monotonic() > end:
                raise EngineError(f"stack {stack}: {len(left)} containers still run {timeout:g} s after its removal")
            time.sleep(0.1)

    def wait_settled(self, service: str, timeout: float = 60) -> None:
        """Wait until Swarm's last update of the service has ended, however; one that replaces nothing has no status."""
        begun = time.monotonic()
        while True:
            state = (self.service(service).get("UpdateStatus") or {}).get("State")
            waited = time.monotonic() - begun
            if state not in (None, "updating", "rollback_started") or (state is None and waited > 2):
                return
            if waited > timeout:
                raise EngineError(f"{service}: its update goes on after {timeout:g} s")
            time.sleep(0.1)


@dataclass
class Engine:
    """A swarm of one or more nodes. Node numbers begin with 1, which is a manager."""

    dir: Path
    bridge: str
    subnet: str
    dockers: list[Docker]
    _images: set[str] = field(default_factory=set)
    _left: set[str] = field(default_factory=set)
    """Networks of tests that are over, on which tasks were still ending."""

    @property
    def host(self) -> str:
        """DOCKER_HOST of the first node, a manager."""
        return self.dockers[0].host

    @property
    def docker(self) -> Docker:
        """docker of the first node."""
        return self.dockers[0]

    def node(self, number: int) -> Docker:
        """docker of node N, counted from 1."""
        return self.dockers[number - 1]

    def address(self, number: int = 1) -> str:
        """IP address of node N; `mode: host` ports are reached there."""
        return self.subnet.rsplit(".", 1)[0] + f".{number}"

    @property
    def gateway(self) -> str:
        """The host's address on the bridge: nodes reach and trust a registry that listens there."""
        return self.subnet.rsplit(".", 1)[0] + ".254"

    def images(self, *kinds: str) -> None:
        """Make the images of testbed/images.sh (`bb`, `web`, `pg`, `todo`, `db`) on every node, each once."""
        missing = [kind for kind in kinds if kind not in self._images]
        if missing:
            _run([str(TESTBED / "images.sh"), "--only", ",".join(missing), *(d.host for d in self.dockers)])
            self._images.update(missing)

    def inside(self, container: str, *, node: int = 1) -> list[str]:
        """Words before a command that run it on this machine, in the network of a container of node N."""
        key = self.node(node)("inspect", "--format", "{{.NetworkSettings.SandboxKey}}", container)
        init = (self.dir / f"node{node}" / "init.pid").read_text().strip()
        # the namespace is mounted where only the node's own mount namespace shows it
        return ["nsenter", f"--net=/proc/{init}/root{key}"]

    def stop_node(self, number: int) -> None:
        """Stop node N's daemon in good order."""
        self._swarm("node-stop", str(number))

    def kill_node(self, number: int) -> None:
        """Pull node N's plug: daemon and containers end at once."""
        self._swarm("node-kill", str(number))

    def start_node(self, number: int) -> None:
        """Start node N again with the state that it had."""
        self._swarm("node-start", str(number))

    def rejoin_node(self, number: int) -> None:
        """Start node N, which was removed from the swarm, and let it join again as a worker, under a new id."""
        self.start_node(number)
        self.node(number)("swarm", "leave", "--force")
        token = self.docker("swarm", "join-token", "-q", "worker")
        address = self.address(number)
        where = ["--advertise-addr", address, "--listen-addr", f"{address}:2377"]
        self.node(number)("swarm", "join", "--token", token, *where, f"{self.address(1)}:2377")

    def down(self) -> None:
        """Remove everything: daemons, namespaces, bridge, data."""
        _remove_bed(self.dir)

    def _swarm(self, *args: str) -> None:
        _run([str(TESTBED / "swarm.sh"), *args, "--dir", str(self.dir)])

    @contextlib.contextmanager
    def cleaned(self) -> Iterator[None]:
        """Remove at the end whatever swarm objects were made in between, and labels of nodes."""
        self.sweep()
        before, node_labels = self._objects(), self._node_labels()
        try:
            yield
        finally:
            self._remove(self._objects(), before)
            self._label_nodes(node_labels)

    def sweep(self) -> bool:
        """Remove the networks of earlier tests that tasks were still on; say whether none is left."""
        if self._left:
            for identifier in self._left - self._attached():
                with contextlib.suppress(APIError):
                    self.docker.api.remove_network(identifier)
            self._left &= {network["Id"] for network in self.docker.api.networks()}
        return not self._left

    def _node_labels(self) -> dict[str, dict[str, str]]:
        return {node["ID"]: node["Spec"].get("Labels") or {} for node in self.docker.api.nodes()}

    def _label_nodes(self, wanted: dict[str, dict[str, str]]) -> None:
        """Give each node the labels that it had."""
        for node in self.docker.api.nodes():
            own = wanted.get(node["ID"], {})
            if own != (node["Spec"].get("Labels") or {}):
                # where the node has just changed by itself, its labels stay: tests choose keys of their own
                with contextlib.suppress(APIError):
                    self.docker.api.update_node(node["ID"], node["Version"]["Index"], {**node["Spec"], "Labels": own})

    def _objects(self) -> dict[str, set[str]]:
        api = self.docker.api
        return {
            "service": {s["ID"] for s in api.services()},
            "config": {c["ID"] for c in api.configs()},
            "secret": {s["ID"] for s in api.secrets()},
            "network": {n["Id"] for n in api.networks()},
        }

    def _attached(self) -> set[str]:
        """Ids of the networks on which tasks are, those of removed services that still end among them."""
        attachments = [entry for task in self.docker.api.tasks() for entry in task.get("NetworksAttachments") or ()]
        return {str(entry["Network"]["ID"]) for entry in attachments}

    def _remove(self, now: dict[str, set[str]], before: dict[str, set[str]]) -> None:
        api = self.docker.api
        remove = {
            "service": api.remove_service,
            "config": api.remove_config,
            "secret": api.remove_secret,
            "network": api.remove_network,
        }
        for kind, call in remove.items():
            # the newest engine gives the subnet of a removed network to the next one, also where a node still has it
            stay = (now[kind] - before[kind]) & self._attached() if kind == "network" else set()
            self._left.update(stay)
            for identifier in now[kind] - before[kind] - stay:
                try:
                    call(identifier)
                except APIError:
                    # still in use by tasks that end: names are unique, so what stays disturbs nobody
                    self._left.update({identifier} if kind == "network" else ())


def start_engine(*, nodes: int = 1, managers: int = 1, engine: str = "", heartbeat: str = "") -> Engine:
    """Start a swarm in a bed of its own, without a default route: a look-up in a registry fails at once.

    Args:
        nodes: number of nodes.
        managers: how many of them are managers.
        engine: folder with another dockerd and its companions (testbed/engine.sh); "" is the one on PATH.
        heartbeat: dispatcher heartbeat such as "1s": a lost node is noticed sooner; "" is Swarm's 5 s.
    """
    remove_orphans()
    bed = Path(tempfile.mkdtemp(prefix="spbed", dir=bed_root()))
    (bed / _OWNER_FILE).write_text(str(os.getpid()))
    options = ["--dir", str(bed), "--nodes", str(nodes), "--managers", str(managers)]
    if engine:
        options += ["--engine", engine]
    if heartbeat:
        options += ["--heartbeat", heartbeat]
    try:
        bridge, subnet = _start_in_free_subnet(options)
    except BaseException:
        _remove_bed(bed)
        raise
    environment = docker_environment(engine)
    dockers = []
    for number in range(1, nodes + 1):
        host = f"unix://{bed}/node{number}/docker.sock"
        dockers.append(Docker(host, {**environment, "DOCKER_HOST": host}))
    return Engine(bed, bridge, subnet, dockers)


ENGINES: Final = {"20.10": (), "26.1": ("debian", "trixie"), "28.5": ("debian", "sid"), "go": ("go",)}
"""Engines that tests can be run on by name, and what testbed/engine.sh makes each of; the first is the one on PATH."""


def named_engine(name: str) -> str:
    """The folder of an engine of `ENGINES`, fetched or built once into the project's cache; "" is the one on PATH.

    Whatever else a name is, it is a folder.
    """
    if name not in ENGINES:
        return name
    if not ENGINES[name]:
        return ""
    how, *suite = ENGINES[name]
    return str(_made(how, *suite, name=suite[0] if suite else how))


def judging_cli(version: int, path: str) -> str:
    """PATH with a docker CLI of this major version in front: 28, or 29, which is built once into the cache.

    The one on `path` serves as 28 if it is newer than that; Debian's own is older than what is compared with.
    """
    if version == 28:
        done = subprocess.run(["docker", "--version"], capture_output=True, text=True, check=True, env={"PATH": path})
        own = int(done.stdout.removeprefix("Docker version ").partition(".")[0])
        return path if own == version else f"{named_engine('28.5')}{os.pathsep}{path}"
    return f"{_made('cli', name=f'cli-{version}')}{os.pathsep}{path}"


def _made(how: str, *options: str, name: str) -> Path:
    """Return the folder of the cache with what testbed/engine.sh makes, which is made once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swarm-provider" / "engine"
    target = cache / name
    with _lock(f"spengine-{name}.lock"):
        if not target.exists():
            cache.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=cache) as scratch:
                # half an hour: an engine is compiled
                _run([str(TESTBED / "engine.sh"), how, f"{scratch}/made", *options], timeout=1800)
                Path(scratch, "made").rename(target)
    return target


def docker_environment(engine: str = "") -> dict[str, str]:
    """An environment in which docker knows no host, context or credentials but those given on top of it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_") or k == "DOCKER_CONFIG"}
    if engine and Path(engine, "docker").exists():
        environment["PATH"] = f"{engine}{os.pathsep}{environment['PATH']}"
    return environment


def _start_in_free_subnet(options: list[str]) -> tuple[str, str]:
    """Start the bed; the lock keeps two sessions from choosing the same subnet between look and use."""
    with _lock():
        taken = subprocess.run(
            ["ip", "-o", "addr"], capture_output=True, text=True, check=True, env=_tool_environment()
        ).stdout
        while True:
            # overlay networks are given out from 10.0.0.0 upwards; the beds stay far above
            second, third = random.randrange(128, 250), random.randrange(250)
            if f" 10.{second}.{third}." not in taken:
                break
        bridge, subnet = f"sp{second:02x}{third:02x}", f"10.{second}.{third}.0/24"
        _run([str(TESTBED / "swarm.sh"), "up", "--bridge", bridge, "--subnet", subnet, *options])
    return bridge, subnet


def remove_orphans() -> None:
    """Take down beds whose test session was killed before it could."""
    with _lock():
        for owner in bed_root().glob(f"spbed*/{_OWNER_FILE}"):
            pid = owner.read_text().strip()
            if not (pid and Path("/proc", pid).exists()):
                _remove_bed(owner.parent)


@contextlib.contextmanager
def _lock(name: str = "spbed.lock") -> Iterator[None]:
    with (bed_root() / name).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _remove_bed(bed: Path) -> None:
    if (bed / "bed.state").exists():
        _run([str(TESTBED / "swarm.sh"), "down", "--dir", str(bed)])
    shutil.rmtree(bed, ignore_errors=True)


def _tool_environment() -> dict[str, str]:
    # dockerd, ip and iptables live in sbin, which a user's PATH may lack
    return {**os.environ, "PATH": os.environ["PATH"] + os.pathsep + "/usr/sbin" + os.pathsep + "/sbin"}


def _run(command: Sequence[str], timeout: float = 300) -> str:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        env=_tool_environment(),
        check=False,
    )
    if done.returncode:
        raise EngineError(
            f"{' '.join(command)}: exit {done.returncode}: {done.stderr.strip() or done.stdout.strip()}\n"
            "Tests need root on Linux and a Docker engine; `make setup` installs what is missing."
        )
    return done.stdout
