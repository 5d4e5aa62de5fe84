"""What must hold, whatever happens. Each check raises Broken with what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from swarm_provider.core import labels
from swarm_provider.core.values import FORECAST, Secret
from swarm_provider.plan.change.sentences import Eviction, parse
from swarm_provider.plugin.protocol.values import decode
from tests.simulation.bundle import is_member
from tests.simulation.engine.run import Result
from tests.simulation.engine.state import State
from tests.simulation.model.swarm import SimulatedSwarm
from tests.simulation.model.tasks import RUNNING, Task
from tests.simulation.wishes import Content, Service, Wish

Json = dict[str, Any]


OWNER = "shop/dev"
"""The Pulumi stack that histories are about."""


class Broken(Exception):
    """An invariant does not hold.

    Attributes:
        rule: which one, in two or three words: shrinking looks for the same again.
    """

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(f"{rule}: {text}")
        self.rule = rule


class Watch:
    """Looks at every change of the swarm as it is made.

    Attributes:
        owners: the Pulumi stacks that run now; None: changes are somebody's by hand.
        wish: what their program asks for.
        broken: what did not hold, the first first.
    """

    def __init__(self, swarm: SimulatedSwarm) -> None:
        self.swarm = swarm
        self.by_hand = True
        self.owners: set[str] = set()
        self.deleting = False
        self.keeps: dict[str, int] = {}
        self.wanted: set[str] = set()
        self.node_keys: set[str] = set()
        self.node_names: set[str] = set()
        """Nodes whose availability the program says."""
        self.disposable: set[str] = set()
        """Volumes whose data the program has given up at some time."""
        self.adoptable: set[str] = set()
        """Names of what docker has made, and the program adopts."""
        self.fresh: set[str] = set()
        """Names of what was made since somebody has emptied this."""
        self.changed: set[str] = set()
        """Names of services that were made or changed since somebody has emptied this."""
        self.broken: list[Broken] = []
        self.writes = 0
        swarm.written = self._written
        swarm.orchestrator.told.append(self._told)
        self.stopped: dict[str, set[str]] = {}
        self.running: dict[str, dict[str, Task]] = {}

    def _written(self, method: str, kind: str, live: Json, before: Json | None) -> None:
        if self.by_hand:
            return
        self.writes += 1
        if kind == "service":
            self.changed.add(live["Spec"]["Name"])
        if method == "create":
            self.fresh.add(live["Spec"]["Name"] if "Spec" in live else live["Name"])
            return
        if kind == "node":
            self._node(live, before or {})
            return
        if kind == "volume":
            self._volume_goes(live)
            return
        own = (before or live.get("Spec") or live).get("Labels")
        owner = labels.owner(own)
        name = live["Spec"]["Name"] if "Spec" in live else live.get("Name")
        if owner not in self.owners and not (owner is None and name in self.adoptable):
            self._say("foreign", f"{method} of {kind} {name!r}, which belongs to {owner!r}")
        if method == "remove" and kind in ("config", "secret"):
            self._version_goes(kind, live, own)

    def _node(self, live: Json, before: Json) -> None:
        now = live["Spec"].get("Labels") or {}
        then = before.get("Labels") or {}
        touched = {key for key in {*now, *then} if now.get(key) != then.get(key)}
        free: Json = {"Labels": 0}
        if live["Description"]["Hostname"] in self.node_names:
            free["Availability"] = 0
        if touched - self.node_keys or {**live["Spec"], **free} != {**before, **free}:
            self._say("foreign", f"node {live['ID']}: {sorted(touched)} changed, {before} => {live['Spec']}")

    def _volume_goes(self, live: Json) -> None:
        owner, name = labels.owner(live.get("Labels")), live["Name"]
        if name not in self.disposable:
            self._say("data lost", f"volume {name!r} was removed, and nobody has given its data up")
        elif owner is not None and owner not in self.owners:
            self._say("foreign", f"remove of volume {name!r}, which belongs to {owner!r}")

    def _version_goes(self, kind: str, live: Json, own: Any) -> None:
        base = labels.base(own) or ""
        if base not in self.wanted or self.keeps.get(base, 1) == 0:
            return
        field = f"{kind.capitalize()}s"
        # a Release that returns to what it was takes back what it has made; only the spec that failed used that
        gave_up = live["Spec"]["Name"] in self.fresh and is_member(live["Spec"]["Name"])
        for service in self.swarm.services.values():
            for which in ("Spec",) if gave_up else ("Spec", "PreviousSpec"):
                container = (service.get(which) or {}).get("TaskTemplate", {}).get("ContainerSpec", {})
                if _uses(container, field, live["ID"]):
                    self._say(
                        "version in use",
                        f"{kind} {live['Spec']['Name']!r} was removed: {which} of {service['Spec']['Name']!r} uses it",
                    )

        for tasks in self.swarm.orchestrator.of_service.values():
            for task in tasks.values():
                # Swarm leaves what runs on a paused node as it was, however old, and a person is told of it
                paused = task.node in self.swarm.nodes and self.swarm.nodes[task.node].availability == "pause"
                runs = task.state == "running" and task.wanted and not paused
                if runs and _uses(task.template["ContainerSpec"], field, live["ID"]):
                    self._say(
                        "version in use", f"{kind} {live['Spec']['Name']!r} was removed: a task that runs uses it"
                    )

    def _say(self, rule: str, text: str) -> None:
        self.broken.append(Broken(rule, text))

    def _told(self, what: str, task: Task) -> None:
        if what != "runs":
            self.stopped.setdefault(task.service, set()).add(task.id)

    def require(self) -> None:
        if self.broken:
            raise self.broken[0]


def _uses(container: Json, field: str, id: str) -> bool:
    return any(entry[f"{field[:-1]}ID"] == id for entry in container.get(field) or ())


# --------------------------------------------------------------------------------------------- secrets


def no_secret(secrets: Iterable[str], results: Sequence[Result], state: State, swarm: SimulatedSwarm) -> None:
    """No secret, and no digest of one, is anywhere that somebody may look."""
    marks = {
        mark
        for text in secrets
        for mark in (text, hashlib.sha256(text.encode()).hexdigest()[:12], hashlib.md5(text.encode()).hexdigest()[:12])
    }
    if not marks:
        return
    for result in results:
        for text in (*result.failures, *(text for _, text in result.person.said), *result.person.status):
            _require_none(marks, text, "a message")
    for one in state.resources:
        for struct in (one.inputs, one.outputs):
            for text in _plain(decode(struct)):
                _require_none(marks, text, f"the state of {one.name}")
    for kind in ("secret", "service", "config", "network"):
        for live in swarm._objects[kind].values():
            spec = live.get("Spec") or live
            for text in (
                str(spec.get("Name") or live.get("Name")),
                *(str(v) for v in (spec.get("Labels") or {}).values()),
            ):
                _require_none(marks, text, f"the name or labels of a {kind}")


def _require_none(marks: set[str], text: str, where: str) -> None:
    for mark in marks:
        if mark in text:
            raise Broken("secret told", f"{where} has it: {text!r}")


def _plain(value: Any) -> Iterable[str]:
    if isinstance(value, Secret):
        return
    if isinstance(value, dict):
        for item in value.values():
            yield from _plain(item)
    elif isinstance(value, list):
        for item in value:
            yield from _plain(item)
    elif isinstance(value, str):
        yield value


# --------------------------------------------------------------------------------- what a success means


def runs_as_asked(wish: Wish, swarm: SimulatedSwarm, waited: set[str]) -> None:
    """After a success each service is what the program says, and runs where it was waited for.

    Args:
        waited: names of the services that the run has made or updated.
    """
    for node in wish.nodes:
        live = swarm.live("node", node.node)
        if live is None or live["Spec"]["Availability"] != node.value:
            raise Broken("success without it", f"node {node.node} is not {node.value}")
    for label in wish.labels:
        for each in swarm.nodes.values():
            if label.node in ("*", each.hostname) and each.labels.get(label.key) != label.value:
                raise Broken("success without it", f"node {each.hostname} has {each.labels}, not {label}")
    for volume in wish.volumes:
        own = next((swarm.volumes.get(id, {}) for id, node in swarm.nodes.items() if node.hostname == volume.node), {})
        if volume.node and volume.name not in own:
            raise Broken("success without it", f"volume {volume.name} does not exist on {volume.node}")
    for one in wish.services:
        live = swarm.live("service", one.name)
        if live is None:
            raise Broken("success without it", f"service {one.name} does not exist")
        _spec_as_asked(one, wish, live, swarm)
        if one.wait and one.name in waited:
            _tasks_as_asked(one, live, swarm)


def _spec_as_asked(one: Service, wish: Wish, live: Json, swarm: SimulatedSwarm) -> None:
    spec = live["Spec"]
    container = spec["TaskTemplate"]["ContainerSpec"]
    image = container["Image"].partition("@")[0]
    if image != one.image:
        raise Broken("success without it", f"{one.name} has image {image}, not {one.image}")
    if one.mode == "replicated" and spec["Mode"]["Replicated"]["Replicas"] != one.replicas:
        raise Broken("success without it", f"{one.name} has {spec['Mode']}, not {one.replicas} replicas")
    used = {}
    for kind in ("Config", "Secret"):
        for entry in container.get(f"{kind}s") or ():
            found = swarm.live(kind.lower(), entry[f"{kind}ID"])
            if found is None:
                raise Broken("success without it", f"{one.name} uses {entry[f'{kind}Name']}, which does not exist")
            used[labels.base(found["Spec"].get("Labels"))] = found
    wanted = {item.name: item for item in wish.contents if item.name in one.uses}
    if used.keys() != wanted.keys():
        raise Broken("success without it", f"{one.name} uses {sorted(map(str, used))}, not {sorted(wanted)}")
    for name, found in used.items():
        current = max(
            _versions(swarm, wanted[str(name)]), key=lambda item: labels.sequence(item["Spec"]["Labels"]) or 0
        )
        if found["ID"] != current["ID"]:
            raise Broken("success without it", f"{one.name} uses an old version of {name}")


def _tasks_as_asked(one: Service, live: Json, swarm: SimulatedSwarm) -> None:
    tasks = [*swarm.orchestrator.of_service.get(live["ID"], {}).values()]
    if one.mode == "job":
        run = int((live.get("JobStatus") or {}).get("JobIteration", {}).get("Index", 0))
        done = [task for task in tasks if task.state == "complete" and (task.iteration or 0) == run]
        if len(done) < one.replicas:
            raise Broken("success without it", f"job {one.name} has completed {len(done)} of {one.replicas}")
        return
    spec = live["Spec"]
    running = [
        task
        for task in tasks
        if task.state == "running"
        and task.wanted
        and not swarm.orchestrator.is_dirty(spec, task)
        and not swarm.orchestrator.is_lost(task)
    ]
    wanted = one.replicas
    if one.mode == "global":
        from tests.simulation.model.scheduler import fits_constraints

        wanted = sum(
            node.is_ready and node.availability == "active" and fits_constraints(spec["TaskTemplate"], node)
            for node in swarm.nodes.values()
        )
    if len(running) < wanted:
        states = [(task.slot, task.state, task.desired) for task in tasks]
        raise Broken("success without it", f"{one.name} runs {len(running)} of {wanted} tasks: {states}")


def _versions(swarm: SimulatedSwarm, content: Content) -> list[Json]:
    return [
        live
        for live in swarm._objects[content.kind.lower()].values()
        if labels.base(live["Spec"].get("Labels")) == content.name and labels.owner(live["Spec"]["Labels"]) == OWNER
    ]


def bounded_versions(wish: Wish, swarm: SimulatedSwarm) -> None:
    """At the end of it all, each family has no more versions than it keeps."""
    for content in wish.contents:
        found = _versions(swarm, content)
        if len(found) > content.keep + 1:
            names = [live["Spec"]["Name"] for live in found]
            raise Broken("too many versions", f"{content.name} keeps {content.keep}, and has {names}")


# ------------------------------------------------------------------------------------------- forecasts


def evicted(result: Result) -> set[str]:
    """Services of which a preview says that tasks leave their nodes."""
    return {
        name
        for _, text in result.person.said
        for fact in parse(text)
        if isinstance(fact, Eviction)
        for name in fact.counts
    }


def foretold(result: Result) -> dict[str, Json]:
    """What a preview says of the tasks of each service, by the service's name."""
    found: dict[str, Json] = {}
    for outputs in result.planned.values():
        for told in outputs.get(FORECAST) or ():
            before = found.get(told["service"])
            if before is None or told["restarts"]:
                found[told["service"]] = told
    return found


def as_foretold(
    told: dict[str, Json],
    before: dict[str, set[str]],
    names: dict[str, str],
    stopped: dict[str, set[str]],
    skip: set[str],
) -> None:
    """What happened to the tasks is what the preview said.

    Args:
        before: ids of the tasks that ran before, by service.
        names: of services by id.
        stopped: ids of the tasks that stopped meanwhile, by service.
        skip: names of services of which nothing is said here: they were removed.
    """
    for service, ran in before.items():
        name = names[service]
        if name in skip:
            continue
        gone = len(ran & stopped.get(service, set()))
        said = told.get(name)
        if said is None:
            if gone:
                raise Broken("not foretold", f"{gone} tasks of {name} stopped; the preview said nothing of it")
            continue
        if said["job"]:
            continue
        if said["replaced"]:
            continue
        if said["tasks"] is None:
            continue
        expected = said["tasks"] + said["stops"]
        if said["moves"]:
            continue
        if gone != expected:
            raise Broken(
                "not as foretold",
                f"{gone} tasks of {name} stopped, and {expected} were to; the preview said {said['text']!r}",
            )


def running_tasks(swarm: SimulatedSwarm) -> dict[str, set[str]]:
    return {
        service: {task.id for task in tasks.values() if task.rank == RUNNING and task.wanted}
        for service, tasks in swarm.orchestrator.of_service.items()
    }
