"""A task, and what its container does: that is written in the image's name, the command and the environment."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]

STATES: Final = (
    "new",
    "allocated",
    "pending",
    "assigned",
    "accepted",
    "preparing",
    "ready",
    "starting",
    "running",
    "complete",
    "shutdown",
    "failed",
    "rejected",
    "remove",
    "orphaned",
)
RANK: Final = {state: number for number, state in enumerate(STATES)}
RUNNING: Final = RANK["running"]
SECOND: Final = 10**9


@dataclass(frozen=True)
class Behaviour:
    """What a container does.

    Attributes:
        rejected: why the node does not even start it.
        runs_s: how long it runs by itself; None: until it is stopped.
        exit_code: that it ends with then.
        healthy_s: seconds until it is healthy; None where there is no health check.
        sick: its health check fails.
        error: what Swarm says of its end, "" for its own words about an exit code.
        starts_never: it ends before it counts as running.
    """

    rejected: str = ""
    runs_s: float | None = None
    exit_code: int = 0
    healthy_s: float | None = None
    sick: bool = False
    error: str = ""
    starts_never: bool = False


def behaviour(container: Json, now_ns: int) -> Behaviour:
    """What a container of this spec does when it starts now."""
    image = str(container.get("Image") or "").partition("@")[0]
    command = [*(container.get("Command") or []), *(container.get("Args") or [])]
    env = dict(item.partition("=")[::2] for item in container.get("Env") or [])
    if image.startswith(("nope", "missing")):
        return Behaviour(rejected=f"No such image: {image}")
    for mount in container.get("Mounts") or []:
        if mount.get("Type") == "bind" and str(mount.get("Source")).startswith("/no/such"):
            words = f"bind source path does not exist: {mount['Source']}"
            return Behaviour(rejected=f'invalid mount config for type "bind": {words}')
    if command and command[0] == "nosuchprogram":
        words = f'exec: "{command[0]}": executable file not found in $PATH: unknown'
        return Behaviour(
            runs_s=0.0,
            exit_code=127,
            starts_never=True,
            error=f"starting container failed: OCI runtime create failed: {words}",
        )
    if image.startswith("crash") or env.get("FAIL_START"):
        return Behaviour(runs_s=0.4, exit_code=1, starts_never=image.startswith("web"))
    if command[:2] == ["sh", "-c"]:
        return _script(command[2], env, now_ns)
    checked = container.get("Healthcheck") or image.startswith("web")
    if env.get("UNHEALTHY"):
        return Behaviour(healthy_s=3.0, sick=True)
    if checked:
        return Behaviour(healthy_s=float(env.get("START_DELAY", 1.0)))
    return Behaviour()


def _script(script: str, env: Json, now_ns: int) -> Behaviour:
    if "$T" in script:
        return Behaviour() if now_ns >= int(env["T"]) * SECOND else Behaviour(runs_s=0.3, exit_code=1)
    if "1000000" in script:
        return Behaviour()
    exits, sleeps = re.search(r"exit (\d+)", script), re.search(r"sleep (\d+)", script)
    return Behaviour(runs_s=float(sleeps[1]) if sleeps else 0.3, exit_code=int(exits[1]) if exits else 0)


class Task:
    """One task, as a manager stores it.

    Attributes:
        template: TaskTemplate of the service that it was made from; not copied.
        endpoint: EndpointSpec of that.
        seen: what a list says of it, None when it has changed since.
        started: how often its node has been told to start it: what was to happen after an older time does not.
    """

    __slots__ = (
        "completes",
        "created",
        "desired",
        "endpoint",
        "error",
        "exit_code",
        "id",
        "iteration",
        "message",
        "node",
        "ports",
        "seen",
        "service",
        "slot",
        "state",
        "template",
        "timestamp",
        "updated",
        "version",
    )

    def __init__(self, id: str, service: str, slot: int, template: Json, endpoint: Json, now: str) -> None:
        self.id = id
        self.service = service
        self.slot = slot
        self.template = template
        self.endpoint = endpoint
        self.created = self.updated = self.timestamp = now
        self.desired = "running"
        self.state = "new"
        self.node = ""
        self.error = self.message = ""
        self.exit_code: int | None = None
        self.iteration: int | None = None
        self.version = 0
        self.seen: str | None = None

    @property
    def rank(self) -> int:
        return RANK[self.state]

    @property
    def wanted(self) -> bool:
        """Whether a manager wants it to run, or to complete."""
        return RANK[self.desired] <= RUNNING or self.desired == "complete"

    @property
    def holds(self) -> bool:
        """Whether it takes room on its node."""
        return bool(self.node) and self.rank <= RUNNING

    def text(self) -> str:
        """It as the API shows it."""
        if self.seen is None:
            self.seen = json.dumps(self.json())
        return self.seen

    def json(self) -> Json:
        status: Json = {"Timestamp": self.timestamp, "State": self.state, "Message": self.message, "PortStatus": {}}
        if self.error:
            status["Err"] = self.error
        if self.node and self.rank >= RANK["starting"]:
            status["ContainerStatus"] = {"ContainerID": f"c{self.id}", "PID": 0, "ExitCode": self.exit_code or 0}
        found: Json = {
            "ID": self.id,
            "Version": {"Index": self.version},
            "CreatedAt": self.created,
            "UpdatedAt": self.updated,
            "Labels": {},
            "Spec": {key: value for key, value in self.template.items() if key != "Runtime"},
            "ServiceID": self.service,
            "Status": status,
            "DesiredState": self.desired,
        }
        if self.slot:
            found["Slot"] = self.slot
        if self.node:
            found["NodeID"] = self.node
        if self.iteration is not None:
            found["JobIteration"] = {"Index": self.iteration}
        return found
