"""Rollouts and how they must end: the same list is run live, recorded from real engines, and replayed.

Every scenario is made of ServiceSpecs: the first is created, each further one is an update of the same service. What
is expected is said of the last; all before it must succeed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
SECOND = 10**9
FOREVER = ["sh", "-c", "trap exit TERM INT; sleep 1000000 & wait"]


@dataclass(frozen=True)
class Scenario:
    """One rollout.

    Attributes:
        name: in file names and test names.
        specs: given the service's name and a port of its own, the specs to submit one after the other.
        ends: "done" or "failed".
        says: texts that the verdict contains.
        never: texts that it does not contain.
        within: seconds after the last submission within which the end is told.
        at_least: seconds that it takes at least.
        meanwhile: what somebody else does to the service as soon as the last spec was submitted: "rollback",
            "remove" or "change".
        fail_after_ns: patience, when not the default.
    """

    name: str
    specs: Callable[[str, int], list[Json]]
    ends: str
    says: tuple[str, ...]
    never: tuple[str, ...] = ()
    within: float = 20.0
    at_least: float = 0.0
    meanwhile: str = ""
    fail_after_ns: int | None = None


def service(
    name: str,
    image: str = "bb:1",
    *,
    replicas: int = 1,
    mode: Json | None = None,
    container: Json | None = None,
    task: Json | None = None,
    **rest: Any,
) -> Json:
    """A ServiceSpec; restarts follow one another after a second."""
    return {
        "Name": name,
        "TaskTemplate": {
            "ContainerSpec": {"Image": image, **(container or {})},
            "RestartPolicy": {"Condition": "any", "Delay": SECOND},
            **(task or {}),
        },
        "Mode": mode or {"Replicated": {"Replicas": replicas}},
        **rest,
    }


def restart(condition: str, attempts: int = 0, delay: int = SECOND) -> Json:
    """A task template with only this restart policy."""
    policy: Json = {"Condition": condition, "Delay": delay}
    return {"RestartPolicy": {**policy, "MaxAttempts": attempts} if attempts else policy}


def shell(script: str, *env: str) -> Json:
    """A container that runs a script."""
    return {"Command": ["sh", "-c", script], "Env": list(env)}


def on(*constraints: str) -> Json:
    """A task template with placement constraints."""
    return {"Placement": {"Constraints": list(constraints)}}


def host_port(port: int) -> Json:
    """An EndpointSpec with one port of the node."""
    return {"Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": port, "PublishMode": "host"}]}


def ingress_port(port: int) -> Json:
    """An EndpointSpec with one port of the swarm."""
    return {"Ports": [{"Protocol": "tcp", "TargetPort": 8080, "PublishedPort": port, "PublishMode": "ingress"}]}


def replicated_job(completions: int, concurrent: int = 1) -> Json:
    return {"ReplicatedJob": {"MaxConcurrent": concurrent, "TotalCompletions": completions}}


def update(**settings: Any) -> Json:
    """The keyword UpdateConfig."""
    return {"UpdateConfig": settings}


def until(seconds: int) -> Json:
    """A container that exits with 1 until `seconds` have passed, as one that misses its database."""
    return shell(
        'if [ "$(date +%s)" -lt "$T" ]; then echo "no database yet" >&2; exit 1; fi; '
        "trap exit TERM INT; sleep 1000000 & wait",
        f"T={int(time.time()) + seconds}",
    )


def corrected(spec: Json) -> Json:
    """A spec of the same name and mode that has nothing wrong with it."""
    job = any(key in spec["Mode"] for key in ("ReplicatedJob", "GlobalJob"))
    right = service(spec["Name"], "bb:2", mode=spec["Mode"], UpdateConfig={"Parallelism": 0, "Monitor": 10**9})
    if "Replicated" in spec["Mode"]:
        right["Mode"] = {"Replicated": {"Replicas": 1}}
    if job:
        right["TaskTemplate"]["ContainerSpec"] |= shell("true")
        right["TaskTemplate"] |= restart("none")
        del right["UpdateConfig"]
    return right


FAIL = {"Env": ["FAIL_START=1"]}
SICK = {"Env": ["UNHEALTHY=1"]}
NOWHERE = on("node.labels.storage == raid")
GLOBAL: Json = {"Global": {}}
GLOBAL_JOB: Json = {"GlobalJob": {}}

SCENARIOS = [
    # ---------------------------------------------------------------------------- what succeeds
    Scenario("create", lambda n, p: [service(n, replicas=2)], "done", ("2/2 running",), at_least=5),
    Scenario("create-healthy", lambda n, p: [service(n, "web:1", replicas=2)], "done", ("2/2 running",)),
    Scenario("create-global", lambda n, p: [service(n, mode=GLOBAL)], "done", ("1/1 running",)),
    Scenario("create-none", lambda n, p: [service(n, replicas=0)], "done", ("0/0 running",), within=2),
    Scenario(
        "update-start-first",
        lambda n, p: [
            service(n, replicas=2),
            service(n, "bb:2", replicas=2, **update(Order="start-first", Parallelism=1, Monitor=2 * SECOND)),
        ],
        "done",
        ("2/2 running",),
        at_least=2,
    ),
    Scenario(
        "update-all-at-once",
        lambda n, p: [service(n, replicas=3), service(n, "bb:2", replicas=3, **update(Parallelism=0))],
        "done",
        ("3/3 running",),
        at_least=5,
    ),
    Scenario(
        "update-with-delay",
        lambda n, p: [
            service(n, replicas=2),
            service(n, "bb:2", replicas=2, **update(Parallelism=1, Delay=4 * SECOND, Monitor=SECOND)),
        ],
        "done",
        ("2/2 running",),
        at_least=8,
        within=40,
    ),
    Scenario(
        "update-global",
        lambda n, p: [service(n, mode=GLOBAL), service(n, "bb:2", mode=GLOBAL, **update(Monitor=SECOND))],
        "done",
        ("1/1 running",),
    ),
    Scenario(
        "update-ports",
        lambda n, p: [
            service(n, replicas=2),
            service(n, replicas=2, EndpointSpec=ingress_port(p), **update(Parallelism=1, Monitor=SECOND)),
        ],
        "done",
        ("2/2 running",),
        at_least=3,
    ),
    Scenario(
        "update-labels",
        lambda n, p: [service(n, replicas=2), service(n, replicas=2, Labels={"team": "blue"})],
        "done",
        ("2/2 running",),
        within=2,
    ),
    Scenario(
        "update-constraint-still-met",
        lambda n, p: [service(n, replicas=2), service(n, replicas=2, task=on("node.role == manager"))],
        "done",
        ("2/2 running",),
        within=2,
    ),
    Scenario(
        "update-forced",
        lambda n, p: [service(n), service(n, task={"ForceUpdate": 1}, **update(Monitor=SECOND))],
        "done",
        ("1/1 running",),
        at_least=1,
    ),
    Scenario("scale-up", lambda n, p: [service(n), service(n, replicas=3)], "done", ("3/3 running",), at_least=5),
    Scenario("scale-down", lambda n, p: [service(n, replicas=3), service(n)], "done", ("1/1 running",), within=3),
    Scenario("scale-to-none", lambda n, p: [service(n, replicas=2), service(n, replicas=0)], "done", ("0/0 running",)),
    Scenario(
        "one-shot",
        lambda n, p: [service(n, container=shell("exit 0"), task=restart("none"))],
        "done",
        ("1 finished",),
    ),
    Scenario(
        "job",
        lambda n, p: [service(n, mode=replicated_job(3), container=shell("sleep 1"), task=restart("none"))],
        "done",
        ("3/3 completed",),
        at_least=3,
        within=30,
    ),
    Scenario(
        "job-rerun",
        lambda n, p: [
            service(n, mode=replicated_job(2, 2), container=shell("sleep 1"), task=restart("none")),
            service(
                n, mode=replicated_job(2, 2), container=shell("sleep 1"), task={**restart("none"), "ForceUpdate": 1}
            ),
        ],
        "done",
        ("2/2 completed",),
        at_least=1,
    ),
    Scenario(
        "job-global",
        lambda n, p: [service(n, mode=GLOBAL_JOB, container=shell("true"), task=restart("none"))],
        "done",
        ("1/1 completed",),
    ),
    Scenario(
        "worker-waits-for-database",
        lambda n, p: [service(n, container=until(40), task=restart("any", delay=5 * SECOND))],
        "done",
        ("1/1 running",),
        at_least=38,
        within=60,
    ),
    Scenario(
        "worker-waits-for-database-updated",
        lambda n, p: [service(n), service(n, container=until(30), task=restart("any", delay=5 * SECOND))],
        "done",
        ("1/1 running",),
        at_least=28,
        within=60,
    ),
    Scenario(
        "slow-to-become-healthy",
        lambda n, p: [
            service(
                n,
                "web:1",
                container={
                    "Env": ["START_DELAY=20"],
                    "Healthcheck": {
                        "Test": ["CMD", "/app/health"],
                        "Interval": SECOND,
                        "Timeout": SECOND,
                        "Retries": 2,
                        "StartPeriod": 40 * SECOND,
                    },
                },
            )
        ],
        "done",
        ("1/1 running",),
        at_least=20,
        within=40,
    ),
    # ------------------------------------------------------------------------------- what fails
    Scenario(
        "image-missing",
        lambda n, p: [service(n, "nope:1")],
        "failed",
        (".1 on node1: image nope:1 cannot be pulled: ",),
    ),
    Scenario(
        "image-missing-global",
        lambda n, p: [service(n, "nope:1", mode=GLOBAL)],
        "failed",
        (" on node1: image nope:1 cannot be pulled",),
    ),
    Scenario(
        "image-missing-in-update",
        lambda n, p: [
            service(n, replicas=2),
            service(n, "nope:2", replicas=2, **update(Order="start-first", Parallelism=1)),
        ],
        "failed",
        ("image nope:2 cannot be pulled",),
    ),
    Scenario(
        "no-node-constraint",
        lambda n, p: [service(n, task=NOWHERE)],
        "failed",
        (
            ".1: no suitable node (scheduling constraints not satisfied on 1 node)",
            "no node satisfies `node.labels.storage == raid`",
        ),
    ),
    Scenario(
        "no-node-constraint-in-update",
        lambda n, p: [service(n, replicas=2), service(n, replicas=2, task=NOWHERE)],
        "failed",
        ("no suitable node (scheduling constraints not satisfied on 1 node)", "`node.labels.storage == raid`"),
    ),
    Scenario(
        "no-node-global",
        lambda n, p: [service(n, mode=GLOBAL, task=NOWHERE)],
        "failed",
        ("no suitable node: no node satisfies `node.labels.storage == raid`",),
    ),
    Scenario(
        "no-node-memory",
        lambda n, p: [service(n, task={"Resources": {"Reservations": {"MemoryBytes": 900 << 30}}})],
        "failed",
        (".1: no suitable node (insufficient resources on 1 node)", "it reserves 900G of memory"),
    ),
    Scenario(
        "no-node-cpu-global",
        lambda n, p: [service(n, mode=GLOBAL, task={"Resources": {"Reservations": {"NanoCPUs": 90 * SECOND}}})],
        "failed",
        ("no suitable node (insufficient resources on 1 node)", "it reserves 90 cpus"),
    ),
    Scenario(
        "no-node-max-replicas",
        lambda n, p: [service(n, replicas=2, task={"Placement": {"MaxReplicas": 1}})],
        "failed",
        ("max replicas per node limit exceed", "max_replicas_per_node is 1"),
    ),
    Scenario(
        "no-node-host-port",
        lambda n, p: [service(n, replicas=2, EndpointSpec=host_port(p))],
        "failed",
        ("no suitable node (host-mode port already in use on 1 node)", "/tcp on the node (mode: host)"),
    ),
    Scenario(
        "host-port-start-first",
        lambda n, p: [
            service(n, EndpointSpec=host_port(p)),
            service(n, "bb:2", EndpointSpec=host_port(p), **update(Order="start-first")),
        ],
        "failed",
        ("host-mode port already in use", "cannot be updated with order: start-first"),
    ),
    Scenario(
        "mount-missing",
        lambda n, p: [
            service(n, container={"Mounts": [{"Type": "bind", "Source": "/no/such/folder", "Target": "/data"}]})
        ],
        "failed",
        (".1 on node1: a mount failed", "bind source path does not exist: /no/such/folder"),
    ),
    Scenario(
        "command-missing",
        lambda n, p: [service(n, container={"Command": ["nosuchprogram"]})],
        "failed",
        (".1 on node1: its command failed to start (exit code 127)", '"nosuchprogram"'),
    ),
    Scenario(
        "crash-loop",
        lambda n, p: [service(n, "web:1", container=FAIL)],
        "failed",
        (".1 on node1: exited with code 1", " times)"),
        at_least=58,
        within=75,
    ),
    Scenario(
        "health-fails",
        lambda n, p: [service(n, "web:1", container=SICK)],
        "failed",
        (".1 on node1: its health check failed",),
        at_least=58,
        within=80,
    ),
    Scenario(
        "paused",
        lambda n, p: [
            service(n, "web:1", replicas=2),
            service(n, "web:2", replicas=2, container=FAIL, **update(Parallelism=1)),
        ],
        "failed",
        ("exited with code 1", "Swarm paused the update"),
        within=75,
    ),
    Scenario(
        "rolled-back",
        lambda n, p: [
            service(n, "web:1", replicas=2),
            service(n, "web:2", replicas=2, container=FAIL, **update(Parallelism=1, FailureAction="rollback")),
        ],
        "failed",
        ("exited with code 1", "Swarm rolled the update back"),
        within=40,
    ),
    Scenario(
        "rolled-back-health",
        lambda n, p: [
            service(n, "web:1"),
            service(n, "web:2", container=SICK, **update(FailureAction="rollback", Monitor=2 * SECOND)),
        ],
        "failed",
        ("its health check failed", "Swarm rolled the update back"),
        within=40,
    ),
    Scenario(
        "continued",
        lambda n, p: [
            service(n, "web:1"),
            service(n, "web:2", container=FAIL, **update(FailureAction="continue", Monitor=2 * SECOND)),
        ],
        "failed",
        ("exited with code 1",),
        at_least=55,
        within=80,
    ),
    Scenario(
        "attempts-used-up",
        lambda n, p: [service(n, container=shell("echo bad; exit 3"), task=restart("on-failure", 2))],
        "failed",
        ("exited with code 3 (3 times)", "restart policy exhausted (condition: on-failure, max_attempts: 2)"),
        within=30,
    ),
    Scenario(
        "one-shot-fails",
        lambda n, p: [service(n, container=shell("exit 4"), task=restart("none"))],
        "failed",
        (".1 on node1: exited with code 4", "condition: none"),
    ),
    Scenario(
        "job-fails",
        lambda n, p: [service(n, mode=replicated_job(1), container=shell("exit 5"), task=restart("none"))],
        "failed",
        ("exited with code 5", "restart policy exhausted (condition: none)"),
    ),
    Scenario(
        "job-global-fails",
        lambda n, p: [service(n, mode=GLOBAL_JOB, container=shell("exit 6"), task=restart("none"))],
        "failed",
        ("on node1: exited with code 6",),
    ),
    Scenario(
        "rolled-back-by-hand",
        lambda n, p: [service(n, replicas=2), service(n, "bb:2", replicas=2, **update(Monitor=20 * SECOND))],
        "failed",
        ("someone rolled the update back",),
        meanwhile="rollback",
        within=30,
    ),
    Scenario(
        "removed-by-somebody",
        lambda n, p: [service(n, replicas=2)],
        "failed",
        ("was removed during the rollout",),
        meanwhile="remove",
        within=5,
    ),
    Scenario(
        "changed-by-somebody",
        lambda n, p: [service(n, replicas=2)],
        "failed",
        ("was changed by someone else",),
        meanwhile="change",
        within=5,
    ),
]
