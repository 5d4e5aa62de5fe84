"""Services that do not stand as they should: how each comes about, and what is then changed of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from swarm_provider.core import Json

HERE = "node.role == manager"
NOWHERE = "node.labels.nowhere == yes"
SLEEP = ["sleep", "100000"]
FAIL = ["sh", "-c", "exit 1"]
LATER: Json = {"delay": "10m"}
"""A restart policy under which a task that failed waits for long until it is tried again."""
ONCE: Json = {"condition": "none"}
ENDED = ("complete", "shutdown", "failed", "rejected", "remove", "orphaned")


def merged(inputs: Json, parts: Json) -> Json:
    """Inputs with other ones merged over them, mapping by mapping."""
    result = dict(inputs)
    for key, value in parts.items():
        mappings = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if mappings else value
    return result


def given(deploy: Json | None = None, **parts: object) -> Json:
    """Inputs of a service; without more, one of two tasks that run."""
    policy = {"monitor": "300ms", "failureAction": "continue"}
    base: Json = {"image": "bb:1", "command": SLEEP, "environment": {"A": "1"}, "stopSignal": "SIGKILL"}
    return merged({**base, "deploy": {"replicas": 2, "updateConfig": policy}}, {**parts, "deploy": deploy or {}})


def anywhere(mode: str, deploy: Json | None = None, **parts: object) -> Json:
    """Inputs of a service of another mode."""
    inputs = given(merged({"mode": mode}, deploy or {}), **parts)
    del inputs["deploy"]["replicas"]
    if mode.endswith("job"):
        del inputs["deploy"]["updateConfig"]
    return inputs


@dataclass(frozen=True)
class Stage:
    """A step on the way to a state.

    Attributes:
        does: inputs that are sent, or words of `docker service`, or `kill` for the newest container.
        then: what is waited for: how many tasks are in which state; `waits` is a task that Swarm starts later, `ended`
            a slot in which nothing is to run any more. None: any.
        update: state of the service's update that is waited for, where it matters.
    """

    does: Json | tuple[str, ...]
    then: Mapping[str, int] | None
    update: str | None = None


def seen(tasks: list[Json]) -> Counter[str]:
    """The tasks of a service in the words of a stage."""
    open_tasks = [task for task in tasks if task["DesiredState"] not in ENDED or is_job_task(task)]
    words = Counter("waits" if task["DesiredState"] == "ready" else task["Status"]["State"] for task in open_tasks)
    held = {place(task) for task in open_tasks}
    words["ended"] = len({place(task) for task in tasks if task["DesiredState"] in ENDED} - held)
    return +words


def is_job_task(task: Json) -> bool:
    """Whether a job wants a task to end well."""
    return "JobIteration" in task and task["DesiredState"] == "complete"


def place(task: Json) -> str:
    """The slot, or the node of a global service."""
    return str(task.get("Slot") or task.get("NodeID") or "")


def up(**states: int) -> dict[str, int]:
    return states


def broken(inputs: Json) -> Json:
    """The same service with a command that fails at once, and a long wait between two tries."""
    return merged(inputs, {"command": FAIL, "deploy": {"restartPolicy": LATER}})


def unstartable(inputs: Json) -> Json:
    """The same service with a command that is not there: its tasks fail before they have run."""
    return merged(inputs, {"command": ["/nowhere"], "deploy": {"restartPolicy": LATER}})


def unplaceable(inputs: Json) -> Json:
    """The same service, changed, and with more memory reserved than there is."""
    return merged(inputs, {"environment": {"A": "2"}, "deploy": {"resources": {"reservations": {"memory": "900G"}}}})


def policy(inputs: Json, **update: object) -> Json:
    return merged(inputs, {"deploy": {"updateConfig": update}})


RUNS = Stage(given(), up(running=2))
FIRST = given({"updateConfig": {"order": "start-first"}})
STARTS_FIRST = Stage(FIRST, up(running=2))
GLOBAL = anywhere("global")
GLOBAL_FIRST = anywhere("global", {"updateConfig": {"order": "start-first"}})
EVERYWHERE = Stage(GLOBAL, up(running=1))
SECOND = {"environment": {"A": "2"}}
UNHEALTHY: Json = {"test": ["CMD", "false"], "interval": "1s", "retries": 1000, "startPeriod": "1h"}
JOB = anywhere("replicated-job", {"restartPolicy": ONCE}, command=["true"])
GLOBAL_JOB = anywhere("global-job", {"restartPolicy": ONCE}, command=["true"])

STATES: dict[str, tuple[Stage, ...]] = {
    # kept running, old tasks stop first
    "runs": (RUNS,),
    "no-node": (Stage(unplaceable(given()), up(pending=2)),),
    "half-placed": (Stage(given({"placement": {"maxReplicasPerNode": 1}}), up(running=1, pending=1)),),
    "crash-loop": (Stage(broken(given()), up(waits=2)),),
    "image-missing": (Stage(given({"restartPolicy": LATER}, image="nowhere:1"), up(waits=2)),),
    "finished": (Stage(given({"restartPolicy": {"condition": "on-failure"}}, command=["true"]), up(ended=2)),),
    "given-up": (Stage(given({"restartPolicy": ONCE}, command=FAIL), up(ended=2)),),
    "attempts-used-up": (
        Stage(given({"restartPolicy": {"maxAttempts": 1, "delay": "0s"}}, command=FAIL), up(ended=2)),
    ),
    "one-given-up": (RUNS, Stage(merged(given(), {"deploy": {"restartPolicy": ONCE}}), up(running=2), "completed"),
                     Stage(("kill",), up(running=1, ended=1))),
    "unhealthy": (Stage(given(healthcheck=UNHEALTHY), up(starting=2)),),
    "scaled-to-none": (Stage(given({"replicas": 0}), up()),),
    "scaled-up-by-hand": (RUNS, Stage(("scale", "4"), up(running=4))),
    "scaled-down-by-hand": (RUNS, Stage(("scale", "1"), up(running=1))),
    "scaled-beyond-room": (
        Stage(given({"placement": {"maxReplicasPerNode": 2}}), up(running=2)),
        Stage(("scale", "5"), up(running=2, pending=3)),
    ),
    "update-stuck": (RUNS, Stage(unplaceable(given()), up(running=1, pending=1), "updating")),
    "update-slow": (RUNS, Stage(policy(merged(given(), SECOND), delay="10m"), up(running=2), "updating")),
    "update-monitored": (
        RUNS, Stage(policy(merged(given(), SECOND), parallelism=0, monitor="10m"), up(running=2), "updating")
    ),
    "update-paused": (
        RUNS,
        Stage(
            policy(broken(given()), failureAction="pause", monitor="1m", delay="10m"), up(running=1, waits=1), "paused"
        ),
    ),
    "update-paused-and-runs": (
        RUNS,
        Stage(
            policy(merged(given(), {**SECOND, "deploy": {"restartPolicy": {"delay": "0s"}}}),
                   failureAction="pause", monitor="10m", delay="10m"),
            up(running=2), "updating",
        ),
        Stage(("kill",), up(running=2), "paused"),
    ),
    "update-of-ports-slow": (
        RUNS,
        Stage(
            policy(given(ports=[{"target": 80, "published": 0, "mode": "host"}]), delay="10m"),
            up(running=2), "updating",
        ),
    ),
    "rolled-back-by-hand": (
        RUNS, Stage(merged(given(), SECOND), up(running=2), "completed"),
        Stage(("update", "--rollback"), up(running=2), "rollback_completed"),
    ),
    "rolled-back-by-swarm": (
        RUNS,
        # a task that is tried later may be of the version before by then, and then stays as it waits
        Stage(policy(broken(given()), failureAction="rollback", monitor="1m"), None, "rollback_completed"),
    ),
    "rollback-paused": (
        Stage(merged(broken(given()), {"deploy": {"rollbackConfig": {"monitor": "1m", "failureAction": "pause"}}}),
              up(waits=2)),
        Stage(
            policy(merged(broken(given()), {**SECOND, "deploy": {"rollbackConfig": {
                "monitor": "1m", "failureAction": "pause"}}}), failureAction="rollback", monitor="1m"),
            up(waits=2), "rollback_paused",
        ),
    ),
    # kept running, new tasks start first
    "first-runs": (STARTS_FIRST,),
    "first-stuck": (
        Stage(merged(FIRST, {"deploy": {"placement": {"maxReplicasPerNode": 2}}}), up(running=2)),
        Stage(merged(FIRST, {**SECOND, "deploy": {"placement": {"maxReplicasPerNode": 2}}}),
              up(running=2, pending=1), "updating"),
    ),
    "first-all-stuck": (
        STARTS_FIRST,
        Stage(policy(unplaceable(FIRST), parallelism=0), up(running=2, pending=2), "updating"),
    ),
    "first-unhealthy": (
        STARTS_FIRST, Stage(merged(FIRST, {"healthcheck": UNHEALTHY}), up(running=2, starting=1), "updating")
    ),
    "first-paused": (
        STARTS_FIRST,
        Stage(
            policy(unstartable(FIRST), failureAction="pause", monitor="1m", delay="10m"),
            up(running=2, waits=1), "paused",
        ),
    ),
    # one on every node
    "global-runs": (EVERYWHERE,),
    "global-crash-loop": (Stage(broken(GLOBAL), up(waits=1)),),
    "global-no-room": (Stage(unplaceable(GLOBAL), up(pending=1)),),
    "global-finished": (
        Stage(merged(GLOBAL, {"command": ["true"], "deploy": {"restartPolicy": ONCE}}), up(ended=1)),
    ),
    "global-nowhere": (Stage(merged(GLOBAL, {"deploy": {"placement": {"constraints": [NOWHERE]}}}), up()),),
    "global-stuck": (EVERYWHERE, Stage(unplaceable(GLOBAL), up(pending=1), "updating")),
    "global-paused": (
        EVERYWHERE, Stage(policy(broken(GLOBAL), failureAction="pause", monitor="1m"), up(waits=1), "paused")
    ),
    "global-first-stuck": (
        Stage(GLOBAL_FIRST, up(running=1)),
        Stage(unplaceable(GLOBAL_FIRST), up(running=1, pending=1), "updating"),
    ),
    # jobs
    "job-completed": (Stage(JOB, up(complete=1)),),
    "job-runs": (Stage(merged(JOB, {"command": SLEEP}), up(running=1)),),
    "job-half-done": (
        Stage(merged(JOB, {"command": ["sh", "-c", "[ $SLOT = 1 ] || sleep 100000"],
                           "environment": {"SLOT": "{{.Task.Slot}}"},
                           "deploy": {"replicas": 3, "maxConcurrent": 2}}), up(complete=1, running=2)),
    ),
    "job-given-up": (Stage(merged(JOB, {"command": FAIL}), up(ended=1)),),
    "job-tried-later": (Stage(merged(broken(JOB), {"deploy": {"restartPolicy": {"condition": "any"}}}), up(waits=1)),),
    "job-no-room": (Stage(unplaceable(JOB), up(pending=1)),),
    "global-job-completed": (Stage(GLOBAL_JOB, up(complete=1)),),
    "global-job-runs": (Stage(merged(GLOBAL_JOB, {"command": SLEEP}), up(running=1)),),
    "global-job-given-up": (Stage(merged(GLOBAL_JOB, {"command": FAIL}), up(ended=1)),),
    "global-job-tried-later": (
        Stage(merged(broken(GLOBAL_JOB), {"deploy": {"restartPolicy": {"condition": "any"}}}), up(waits=1)),
    ),
}  # fmt: skip

Change = Callable[[Json, Json], Json]
"""What is sent next, from what was sent at first and at last."""
CHANGES: dict[str, Change] = {
    "label": lambda first, last: merged(last, {"deploy": {"labels": {"n": "m"}}}),
    "environment": lambda first, last: merged(last, {"environment": {"A": "3"}}),
    "image": lambda first, last: merged(last, {"image": "bb:2"}),
    "replicas": lambda first, last: merged(last, {"deploy": {"replicas": 3}}),
    "one-replica": lambda first, last: merged(last, {"deploy": {"replicas": 1}}),
    "placement": lambda first, last: merged(last, {"deploy": {"placement": {"constraints": [HERE]}}}),
    "order": lambda first, last: policy(last, order="stop-first" if _order(last) == "start-first" else "start-first"),
    "back": lambda first, last: merged(first, {"deploy": {"labels": {"n": "back"}}}),
    "right": lambda first, last: merged(
        _healthy(last["deploy"].get("mode", "replicated")), {"environment": {"A": "9"}}
    ),
}


def _healthy(mode: str) -> Json:
    return given() if mode == "replicated" else anywhere(mode)


def _order(inputs: Json) -> str:
    return str((inputs["deploy"].get("updateConfig") or {}).get("order", "stop-first"))


def applies(state: str, change: str) -> bool:
    """Whether a change can be made of what a state's service is."""
    deploy = last_of(state)["deploy"]
    mode = str(deploy.get("mode", "replicated"))
    if change in ("replicas", "one-replica"):
        return mode == "replicated"
    return not (change == "order" and mode.endswith("job"))


def sent_of(state: str) -> list[Json]:
    """The inputs that were sent on the way to a state."""
    return [stage.does for stage in STATES[state] if isinstance(stage.does, dict)]


def last_of(state: str) -> Json:
    return sent_of(state)[-1]


def changed(state: str, change: str) -> Json:
    """What a change makes of a state's service, all its slots at once, so that a slot that fails holds up no other."""
    sent = sent_of(state)
    result = CHANGES[change](sent[0], sent[-1])
    if not str(result["deploy"].get("mode", "")).endswith("job"):
        result = policy(result, parallelism=0, failureAction="continue", monitor="300ms", delay="0s")
    return result
