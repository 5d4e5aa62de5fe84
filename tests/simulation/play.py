"""Plays a history: the swarm, Pulumi's engine and the plugin in one virtual time, with every invariant looked at."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import random
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any
from unittest import mock

from swarm_provider.dockerapi import api
from tests.simulation import invariants
from tests.simulation.bundle import is_member
from tests.simulation.clock import Hangs, VirtualLoop
from tests.simulation.engine.run import Result, Run, Stack
from tests.simulation.engine.state import State
from tests.simulation.history import (
    Backup,
    ByHand,
    Edit,
    Event,
    History,
    Made,
    Other,
    Up,
    content_text,
    edited,
    next_number,
    other_wish,
)
from tests.simulation.invariants import OWNER, Broken, Watch
from tests.simulation.model.swarm import SimulatedSwarm
from tests.simulation.model.wire import Daemon, Wire
from tests.simulation.wishes import BAD_IMAGES, GOOD_IMAGES, HOST, HOSTS, Content, Service, Wish

Json = dict[str, Any]
LONGEST_UP_S = 3600.0
OTHER = "till/prod"
MOST_READS = 40
"""Requests that a run may make in all its processes when nothing changes, whatever the size of the program."""
QUIET_S = 400.0


@contextlib.contextmanager
def deterministic(machine: Any, rng: random.Random) -> Iterator[None]:
    """Random numbers of the plugin come from a seed, and its calls go to this machine."""
    with (
        mock.patch.object(api, "MACHINE", machine),
        mock.patch("secrets.token_hex", lambda bytes=16: f"{rng.getrandbits(8 * bytes):0{2 * bytes}x}"),
    ):
        yield


class Player:
    """Plays one history.

    Attributes:
        story: what happened, a line for each event.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        self.loop = VirtualLoop(history.seed)
        rng = random.Random(history.seed * 7 + 1)
        names = tuple(f"n{number}" for number in range(1, history.nodes + 1))
        self.swarm = SimulatedSwarm(self.loop, rng, nodes=names, managers=history.managers)
        self.wire = Wire(self.loop.machine)
        for url, manager in zip(HOSTS, self.swarm.managers, strict=False):
            self.wire.daemons[url] = Daemon(self.swarm, manager)
        for number, image in enumerate(GOOD_IMAGES, 1):
            self.swarm.has_image(image, str(number))
        self.swarm.has_image("crash:1", "a")
        self.watch = Watch(self.swarm)
        self.stack = Stack(self.loop)
        self.other = Stack(self.loop, "till", "prod")
        self.watch.owners = {OWNER}
        self.wish = history.wish
        self.backups: list[State] = []
        self.results: list[Result] = []
        self.secrets: set[str] = set()
        self.story: list[str] = []
        self._crowded = False
        self._rng = rng

    def play(self) -> None:
        """Raises Broken."""
        try:
            with deterministic(self.loop.machine, self._rng):
                self.loop.run_until_complete(self._play())
        except Hangs as error:
            raise Broken("hangs", str(error)) from None
        finally:
            self.loop.machine.end_threads()
            self.loop.close()

    def tell(self, text: str) -> None:
        self.story.append(f"{self.loop.now:9.2f} s  {text}")

    async def _play(self) -> None:
        self._foreign()
        for event in self.history.events:
            await self._event(event)
        await self._end()

    # -------------------------------------------------------------------- the world

    def _foreign(self) -> None:
        """What somebody else has there: names that begin like ours."""
        for kind in self.history.foreign:
            name = {"service": "w1-old", "config": "c1-0123456789ab", "secret": "s1-old", "network": "n1x"}[kind]
            spec: Json = {"Name": name, "Labels": {"team": "other"}}
            if kind == "service":
                spec |= {"Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {"ContainerSpec": {"Image": "app:1"}}}
            elif kind in ("config", "secret"):
                spec["Data"] = "eA=="
            self.swarm._made(kind, spec)

    def _docker(self, method: str, target: str, body: Json | None = None) -> int:
        """What somebody does by docker at the first manager."""
        before, self.watch.by_hand = self.watch.by_hand, True
        try:
            text = None if body is None else json.dumps(body).encode()
            return self.swarm.answer(self.swarm.managers[0], method, f"/v1.41{target}", text)[0]
        finally:
            self.watch.by_hand = before

    def _by_hand(self, what: str, seed: int) -> None:
        rng = random.Random(seed)
        services = sorted(
            (live for live in self.swarm.services.values() if "team" not in (live["Spec"].get("Labels") or {})),
            key=lambda live: str(live["Spec"]["Name"]),
        )
        nodes = [*self.swarm.nodes.values()]
        node = rng.choice(nodes)
        if what.startswith("node ") or what in ("drain", "pause", "activate"):
            self._to_node(what, node, rng)
            return
        if what == "remove unused":
            for kind in ("config", "secret"):
                for id in [*self.swarm._objects[kind]]:
                    if rng.random() < 0.3:
                        self._docker("DELETE", f"/{kind}s/{id}")
            self.tell("by hand: docker config rm, docker secret rm of what is not in use")
            return
        if not services:
            return
        live = rng.choice(services)
        name = live["Spec"]["Name"]
        self.tell(f"by hand: {what} {name}")
        path = f"/services/{live['ID']}"
        if what == "remove service":
            self._docker("DELETE", path)
            return
        query = f"{path}/update?version={live['Version']['Index']}"
        if what == "rollback":
            self._docker("POST", f"{query}&rollback=previous", {})
            return
        spec = json.loads(json.dumps(live["Spec"]))
        if what == "scale" and "Replicated" in spec["Mode"]:
            spec["Mode"]["Replicated"]["Replicas"] = rng.randrange(5)
        elif what == "env":
            spec["TaskTemplate"]["ContainerSpec"]["Env"] = [f"BY_HAND={rng.randrange(3)}"]
        elif what == "image":
            spec["TaskTemplate"]["ContainerSpec"]["Image"] = rng.choice(GOOD_IMAGES)
        elif what == "force":
            spec["TaskTemplate"]["ForceUpdate"] = int(spec["TaskTemplate"].get("ForceUpdate") or 0) + 1
        elif what == "label":
            spec["Labels"] = {**(spec.get("Labels") or {}), "hand": str(rng.randrange(3))}
        self._docker("POST", query, spec)

    def _to_node(self, what: str, node: Any, rng: random.Random) -> None:
        first = node.id == self.swarm.managers[0]
        self.tell(f"{what} {node.hostname}")
        if what == "node down" and not first:
            self.swarm.set_node_state(node.id, "down")
        elif what == "node up":
            self.swarm.set_node_state(node.id, "ready")
        elif what == "node label":
            spec = {**node.live["Spec"], "Labels": {**node.labels, "hand": str(rng.randrange(3))}}
            self._docker("POST", f"/nodes/{node.id}/update?version={node.live['Version']['Index']}", spec)
        elif what in ("drain", "pause", "activate"):
            availability = "active" if what == "activate" else what
            spec = {**node.live["Spec"], "Availability": availability}
            self._docker("POST", f"/nodes/{node.id}/update?version={node.live['Version']['Index']}", spec)

    async def _other_goes(self) -> None:
        if self.other.state.resources:
            await self._other(Other(0, destroy=True))
            if self.other.state.resources:
                raise Broken("does not converge", "the other stack cannot be destroyed")

    def _heal(self) -> None:
        for daemon in self.wire.daemons.values():
            daemon.down = daemon.leaderless = False
        self.wire.set_faults([])
        for node in self.swarm.nodes.values():
            if not node.is_ready:
                self.swarm.set_node_state(node.id, "ready")
            if node.availability != "active":
                spec = {**node.live["Spec"], "Availability": "active"}
                self._docker("POST", f"/nodes/{node.id}/update?version={node.live['Version']['Index']}", spec)

    # ------------------------------------------------------------------------ events

    async def _event(self, event: Event) -> None:
        if isinstance(event, Edit):
            before, self.wish = self.wish, edited(event, self.wish)
            if before != self.wish:
                self.tell(f"edit: {event.what}: {_difference(before, self.wish)}")
        elif isinstance(event, ByHand):
            self._by_hand(event.what, event.seed)
            await asyncio.sleep(1.0)
        elif isinstance(event, Backup):
            self._backup(event)
        elif isinstance(event, Other):
            await self._other(event)
        elif isinstance(event, Made):
            self._make(event)
        else:
            await self._up(event)
        self.watch.require()

    def _backup(self, event: Backup) -> None:
        if not event.restore:
            self.tell("a backup of the state is kept")
            self.backups.append(self.stack.state.copy())
        elif self.backups:
            self.tell("the state is restored from the backup")
            self.stack.state = self.backups[-1].copy()

    def _make(self, event: Made) -> None:
        """Let somebody make an object with docker; the program asks for it from now on."""
        rng = random.Random(event.seed)
        name = f"{event.kind[0] if event.kind != 'service' else 'w'}{next_number(self.wish)}"
        spec: Json = {"Name": name}
        wish = self.wish
        if event.kind == "service":
            spec |= {"Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {"ContainerSpec": {"Image": "app:1"}}}
            one = Service(name, rng.choice(["app:1", "app:2"]), adopt=event.adopt, found=True)
            wish = replace(wish, services=(*wish.services, one))
        elif event.kind == "network":
            spec |= {"Driver": "overlay", "Attachable": rng.random() < 0.3}
            wish = replace(wish, networks=(*wish.networks, name))
            wish = replace(wish, adopted=wish.adopted | {name}) if event.adopt else wish
        else:
            text = content_text(rng, name)
            spec["Data"] = base64.b64encode(text.encode()).decode()
            text = text if rng.random() < 0.7 else content_text(rng, name)
            content = Content(name, event.kind.capitalize(), text, adopt=event.adopt)
            wish = replace(wish, contents=(*wish.contents, content))
        self._docker("POST", f"/{event.kind}s/create", spec)
        self.tell(f"by hand: docker {event.kind} create {name}; the program {'adopts' if event.adopt else 'wants'} it")
        self.wish = wish

    async def _other(self, event: Other) -> None:
        """Let another Pulumi stack run, alone or beside this one."""
        wish = Wish() if event.destroy else other_wish(event.seed, same_names=event.same_names)
        self.secrets |= wish.secrets()
        self._crowded = event.at_once
        beside = self.loop.create_task(self._run(self.wish, Up())) if event.at_once else None
        self.watch.owners = {OTHER, OWNER} if event.at_once else {OTHER}
        self.watch.by_hand = False
        run = Run(self.other, wish.program())
        self.loop.limit = self.loop.now + LONGEST_UP_S
        result = await run.go()
        if beside is not None:
            await beside
        self.watch.by_hand = True
        self.loop.limit = 1e12
        came_to = "ok" if result.ok else f"failed: {result.failures[0]}"
        self.tell(f"pulumi up of {OTHER}{' meanwhile' if event.at_once else ''}: {came_to}; {_ops(result)}")
        self.watch.owners = {OWNER}
        self._crowded = False
        self._look(result)

    def _expect(self, wish: Wish) -> None:
        self.watch.wanted = {one.name for one in wish.contents}
        self.watch.keeps |= {one.name: one.keep for one in wish.contents}
        self.watch.node_keys |= {one.key for one in wish.labels}
        self.watch.node_names |= {one.node for one in wish.nodes}
        self.watch.disposable |= {one.name for one in wish.volumes if one.gone}
        # what was adopted goes with the program, networks without a label that would tell
        self.watch.adoptable |= {
            *(one.name for one in wish.services if one.adopt),
            *(one.name for one in wish.contents if one.adopt),
            *wish.adopted,
        }
        self.secrets |= wish.secrets()

    async def _up(self, event: Up) -> None:
        wish = Wish() if event.delete else self.wish
        told: dict[str, Json] | None = None
        leaves: set[str] = set()
        if event.previewed:
            await asyncio.sleep(QUIET_S)
            preview = await self._run(wish, Up(), preview=True)
            told = invariants.foretold(preview) if preview.ok else None
            leaves = invariants.evicted(preview)
        before = invariants.running_tasks(self.swarm)
        names = {id: live["Spec"]["Name"] for id, live in self.swarm.services.items()}
        calm = self._is_calm()
        self.watch.stopped.clear()
        self.watch.changed.clear()
        self.watch.fresh.clear()
        result = await self._run(wish, event)
        if result.ok and not (event.meanwhile or event.trouble):
            invariants.runs_as_asked(wish, self.swarm, self._touched(wish, result))
        if told is not None and result.ok and calm:
            await asyncio.sleep(60.0)
            skip = {name for op, name in result.ops if op == "delete"} | leaves
            # of an image that does not run nobody knows how far Swarm goes
            skip |= {one.name for one in wish.services if one.image in BAD_IMAGES}
            gone = {names[id] for id in before if id in names and id not in self.swarm.services}
            invariants.as_foretold(
                told, {k: v for k, v in before.items() if k in names}, names, self.watch.stopped, skip | gone
            )

    def _touched(self, wish: Wish, result: Result) -> set[str]:
        """Services that the run has waited for."""
        done = {name for _, name in result.changes}
        return {
            one.name
            for one in wish.services
            # of a Release only those that differ are deployed
            if wish.resource_of(one.name) in done
            and (one.name in self.watch.changed or not (is_member(one.name) and wish.form == "release"))
        }

    def _is_calm(self) -> bool:
        return all(not self.swarm.orchestrator.is_updating(id) for id in self.swarm.services)

    async def _run(self, wish: Wish, event: Up, *, preview: bool = False) -> Result:
        self._expect(wish)
        run = Run(self.stack, wish.program(), preview=preview)
        self.wire.set_faults([*event.faults])
        self.watch.by_hand = False
        self.loop.limit = self.loop.now + LONGEST_UP_S
        began = self.loop.now
        asked = self.wire.requests
        process = self.loop.new_process()
        working = self.loop.create_task(run.go(), context=self.loop.in_process(process))
        if event.kill or event.trouble or event.meanwhile:
            await asyncio.wait([working], timeout=event.at)
            if not working.done():
                await self._befall(run, event, process)
        if self.loop.is_dead(process):
            await asyncio.sleep(3.0)
        else:
            await working
        self.watch.by_hand = True
        self.loop.limit = 1e12
        result = run.result
        reads = self.wire.requests - asked
        quiet = result.ok and not (result.changes or event.faults or event.trouble or self._crowded)
        if quiet and reads > MOST_READS:
            raise Broken("too many calls", f"a run that changes nothing has made {reads}")
        self.results.append(result)
        what = "pulumi preview" if preview else "pulumi up"
        faults = "".join(f"; {text}" for text in self.wire.told)
        came_to = "ok" if result.ok else f"failed: {result.failures[0]}" if result.ended else "killed"
        took = f"took {self.loop.now - began:.1f} s{_conditions(event)}{faults}"
        self.tell(f"{what} ({took}): {came_to}; {_ops(result)}")
        self.wire.told.clear()
        self._look(result)
        return result

    def _look(self, result: Result) -> None:
        for text in result.failures:
            if "internal error" in text:
                raise Broken("internal error", text)
        if self.loop.faults:
            raise Broken("unheard fault", self.loop.faults[0])
        invariants.no_secret(self.secrets, [result], self.stack.state, self.swarm)
        self.watch.require()

    async def _befall(self, run: Run, event: Up, process: int) -> None:
        rng = random.Random(event.seed)
        daemon = self.wire.daemons[HOST]
        if event.kill == "cli":
            self.loop.kill(process)
            # the plugin ends within two seconds of losing its engine
            await asyncio.sleep(2.0 * rng.random())
            run.kill_plugins()
        elif event.kill == "plugin":
            run.kill_plugins()
        elif event.kill == "interrupt":
            run.interrupt()
        elif event.trouble == "restart":
            daemon.down = True
            await asyncio.sleep(rng.choice([1.0, 5.0, 20.0, 60.0]))
            daemon.down = False
        elif event.trouble == "election":
            for one in self.wire.daemons.values():
                one.leaderless = True
            await asyncio.sleep(rng.choice([1.0, 5.0, 15.0]))
            for one in self.wire.daemons.values():
                one.leaderless = False
        elif event.trouble == "manager lost" and len(self.wire.daemons) > 1:
            # the others elect a leader; this one is back when somebody repairs it
            for one in self.wire.daemons.values():
                one.leaderless = True
            daemon.down = True
            await asyncio.sleep(rng.choice([1.0, 5.0, 15.0]))
            for one in self.wire.daemons.values():
                one.leaderless = False
            await asyncio.sleep(rng.choice([60.0, 600.0]))
            daemon.down = False
        if event.meanwhile:
            self._by_hand(event.meanwhile, event.seed)

    # ----------------------------------------------------------------------- the end

    async def _end(self) -> None:
        """Nothing interferes any more: two runs reach what is asked for, and a third changes nothing."""
        self._heal()
        self.wish = self.wish.healed()
        self.tell("all nodes are back, nothing interferes any more")
        await asyncio.sleep(30.0)
        await self._other_goes()
        first = await self._run(self.wish, Up())
        second = first if first.ok and not first.changes else await self._run(self.wish, Up())
        if any("change them in two runs" in text for text in second.failures):
            # two services that swap their ports: Swarm gives each to one at a time, and a person does as they are told
            self.tell("the ports are changed in two runs")
            await self._run(replace(self.wish, services=tuple(replace(it, port=0) for it in self.wish.services)), Up())
            second = await self._run(self.wish, Up())
        if not second.ok:
            raise Broken("does not converge", f"the second up fails: {second.failures[0]}")
        # a label that went last has moved tasks that still had the constraint of an older spec
        await asyncio.sleep(30.0)
        invariants.runs_as_asked(self.wish, self.swarm, {one.name for one in self.wish.services})
        await asyncio.sleep(QUIET_S)
        third = await self._run(self.wish, Up())
        if not third.ok:
            raise Broken("does not converge", f"the third up fails: {third.failures[0]}")
        if third.changes:
            raise Broken("not settled", f"the third up changes {third.changes}")
        invariants.bounded_versions(self.wish, self.swarm)
        self.watch.require()


def _conditions(event: Up) -> str:
    words = []
    if event.kill:
        words.append(
            f"{event.kill} killed after {event.at:.2f} s"
            if event.kill != "interrupt"
            else f"Ctrl-C after {event.at:.2f} s"
        )
    if event.trouble:
        words.append(f"{event.trouble} after {event.at:.2f} s")
    if event.meanwhile:
        words.append(f"meanwhile {event.meanwhile}")
    if event.delete:
        words.append("destroy")
    return "".join(f"; {word}" for word in words)


def _ops(result: Result) -> str:
    changes = result.changes
    return (
        ", ".join(f"{op} {name}" for op, name in changes[:12]) + (" ..." if len(changes) > 12 else "")
        if changes
        else "no changes"
    )


def _difference(before: Wish, after: Wish) -> str:
    told = []
    for group in ("contents", "services", "labels", "volumes", "nodes"):
        old = {one.name: one for one in getattr(before, group)}
        new = {one.name: one for one in getattr(after, group)}
        told += [f"{name} removed" for name in old if name not in new]
        told += [f"{name} added: {_said(new[name])}" for name in new if name not in old]
        told += [f"{name}: {_changed(old[name], new[name])}" for name in new if name in old and old[name] != new[name]]
    told += [
        f"{key} {getattr(before, key)} => {getattr(after, key)}"
        for key in ("form", "dialect", "on_failure")
        if getattr(before, key) != getattr(after, key)
    ]
    told += [
        f"network {name} is {'' if name in after.attachable else 'not '}attachable"
        for name in sorted(before.attachable ^ after.attachable)
    ]
    told += [f"network {name} removed" for name in before.networks if name not in after.networks]
    told += [f"network {name} added" for name in after.networks if name not in before.networks]
    told += [
        f"{name} is called {called} in the program"
        for name, called in after.logical.items()
        if before.logical.get(name) != called
    ]
    return "; ".join(told)


def _changed(old: Any, new: Any) -> str:
    keys = [one.name for one in fields(old) if getattr(old, one.name) != getattr(new, one.name)]
    return ", ".join(f"{key} {getattr(old, key)!r} => {getattr(new, key)!r}" for key in keys)


def _said(one: Any) -> str:
    """What of it is not as it usually is."""
    told = [f"{it.name}={getattr(one, it.name)!r}" for it in fields(one) if getattr(one, it.name) != it.default]
    return " ".join(told)


def described(wish: Wish) -> list[str]:
    """A line for each resource."""
    return [
        *(
            f"{type(one).__name__}: {_said(one)}"
            for one in (*wish.contents, *wish.labels, *wish.nodes, *wish.volumes, *wish.services)
        ),
        *(f"Network: {name}" for name in wish.networks),
        *([f"what begins with st_ is a {wish.form} (dialect {wish.dialect})"] if wish.form else []),
    ]


def play(history: History) -> tuple[Broken | None, list[str]]:
    """What does not hold in a history, and its story."""
    player = Player(history)
    try:
        player.play()
    except Broken as broken:
        return broken, player.story
    return None, player.story
