"""A history: what is done to a program, a swarm and the machines, one event after the other. Made from a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.simulation.bundle import FORMS, STACK, is_member
from tests.simulation.model.wire import Fault
from tests.simulation.wishes import (
    BAD_IMAGES,
    GOOD_IMAGES,
    HOSTS,
    Availability,
    Content,
    NodeLabel,
    Service,
    Volume,
    Wish,
)

Json = dict[str, Any]


@dataclass(frozen=True)
class Edit:
    """Somebody edits the program.

    Attributes:
        what: a key of `EDITS`.
        seed: decides about which resource, and to what.
    """

    what: str
    seed: int


@dataclass(frozen=True)
class Up:
    """Somebody runs `pulumi up`.

    Attributes:
        previewed: with a look at the preview, when all is quiet.
        faults: on the way to the daemon.
        kill: `cli`, `plugin` or `interrupt`: what is killed or asked to stop.
        at: seconds after its beginning, of kill, trouble and meanwhile.
        trouble: what befalls the managers then.
        meanwhile: what somebody else does by docker then.
        delete: a destroy instead.
    """

    previewed: bool = False
    faults: tuple[Fault, ...] = ()
    kill: str = ""
    at: float = 0.0
    trouble: str = ""
    meanwhile: str = ""
    seed: int = 0
    delete: bool = False


@dataclass(frozen=True)
class ByHand:
    """Somebody changes the swarm with docker, or a machine fails."""

    what: str
    seed: int


@dataclass(frozen=True)
class Backup:
    """The state is kept aside, or what was kept is put back."""

    restore: bool = False


@dataclass(frozen=True)
class Other:
    """Another Pulumi stack runs on the same swarm.

    Attributes:
        same_names: its program asks for names that this one has.
        at_once: it runs while this one's `up` does.
        destroy: it goes.
    """

    seed: int
    same_names: bool = False
    at_once: bool = False
    destroy: bool = False


@dataclass(frozen=True)
class Made:
    """Somebody makes an object with docker, and the program asks for it from then on.

    Attributes:
        kind: of object.
        adopt: the program says that it may be there already.
    """

    kind: str
    seed: int
    adopt: bool = True


Event = Edit | Up | ByHand | Backup | Other | Made


@dataclass(frozen=True)
class History:
    """All of it, with what there is at the beginning.

    Attributes:
        seed: of what chance decides meanwhile: latencies, how long a container takes.
    """

    seed: int
    wish: Wish
    events: tuple[Event, ...]
    nodes: int = 3
    foreign: tuple[str, ...] = ()
    managers: int = 1
    options: Json = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------ edits


def _one(rng: random.Random, items: tuple[Any, ...]) -> Any:
    return rng.choice(items) if items else None


def _swap(items: tuple[Any, ...], old: Any, new: Any) -> tuple[Any, ...]:
    return tuple(new if one is old else one for one in items)


def _on_service(change: Callable[[random.Random, Service, Wish], Service]) -> Callable[[random.Random, Wish], Wish]:
    def edit(rng: random.Random, wish: Wish) -> Wish:
        one = _one(rng, wish.services)
        return wish if one is None else replace(wish, services=_swap(wish.services, one, change(rng, one, wish)))

    return edit


def _content(rng: random.Random, wish: Wish) -> Wish:
    one = _one(rng, wish.contents)
    if one is None:
        return wish
    # now and then back to an earlier one
    text = content_text(rng, one.name)
    return replace(wish, contents=_swap(wish.contents, one, replace(one, text=text)))


def content_text(rng: random.Random, name: str) -> str:
    return f"{name}-content-{rng.randrange(4)}-{'x' * 12}"


def _beside(one: Service, names: Iterable[str]) -> list[str]:
    """What a service may refer to: a member of the compose stack to members, any other to any other."""
    return [name for name in names if is_member(name) is is_member(one.name)]


def _some(rng: random.Random, names: list[str]) -> tuple[str, ...]:
    # of many, a few
    share = min(0.5, 3 / max(1, len(names)))
    return tuple(name for name in names if rng.random() < share)


def _uses(rng: random.Random, one: Service, wish: Wish) -> Service:
    return replace(one, uses=_some(rng, _beside(one, (item.name for item in wish.contents))))


def _networks(rng: random.Random, one: Service, wish: Wish) -> Service:
    return replace(one, networks=_some(rng, _beside(one, wish.networks)))


def _mounts(rng: random.Random, one: Service, wish: Wish) -> Service:
    return one if is_member(one.name) else replace(one, mounts=_some(rng, [item.name for item in wish.volumes]))


def _constraint(rng: random.Random, one: Service, wish: Wish) -> Service:
    some = [
        "",
        "node.role == manager",
        "node.hostname != n3",
        *(f"node.labels.{it.key} == {it.value}" for it in wish.labels),
    ]
    return replace(one, constraint=rng.choice(some))


def _remove(rng: random.Random, wish: Wish) -> Wish:
    names = wish.names()
    return wish.without(rng.choice(names)) if names else wish


def next_number(wish: Wish) -> int:
    """A number that no resource has."""
    # a service may have another name by now than its resource
    names = [*wish.names(), *map(str, wish.logical.values())]
    return 1 + max([0, *(int(found[0]) for name in names if (found := re.findall(r"\d+", name)))])


def _add(rng: random.Random, wish: Wish) -> Wish:
    return added(rng, wish, next_number(wish))


_KINDS = {"Config": 3, "Secret": 2, "Network": 1.5, "Service": 5, "NodeLabel": 0.7, "Volume": 0.8, "Node": 0.4}


def added(rng: random.Random, wish: Wish, number: int) -> Wish:
    """The wish with one resource more."""
    prefix = f"{STACK}_" if wish.form and rng.random() < 0.6 else wish.prefix
    kind = rng.choices([*_KINDS], [*_KINDS.values()])[0]
    if prefix and kind in ("NodeLabel", "Volume", "Node"):
        kind = "Service"
    if kind in ("Config", "Secret"):
        name = f"{prefix}{kind[0].lower()}{number}"
        keep = rng.choice([1, 1, 1, 2, 0]) if kind == "Config" and not is_member(name) else 1
        return replace(wish, contents=(*wish.contents, Content(name, kind, content_text(rng, name), keep)))
    if kind == "Network":
        return replace(wish, networks=(*wish.networks, f"{prefix}n{number}"))
    if kind == "NodeLabel":
        name = f"{prefix}l{number}"
        label = NodeLabel(name, rng.choice(["n1", "n1", "*"]), f"k{number}", rng.choice(["a", "b"]))
        return replace(wish, labels=(*wish.labels, label))
    if kind == "Node":
        value = rng.choice(["active", "pause", "drain"])
        taken = {one.node for one in wish.nodes}
        # the last that takes tasks stays
        if "n2" in taken or wish.size < 2:
            return wish
        return replace(wish, nodes=(*wish.nodes, Availability(f"{prefix}a{number}", "n2", value)))
    if kind == "Volume":
        # a daemon makes its own node's volumes only, and after an election it may be another one that is asked
        node = "n1" if len(wish.hosts) == 1 and rng.random() < 0.5 else ""
        volume = Volume(f"{prefix}v{number}", node, rng.random() < 0.4)
        return replace(wish, volumes=(*wish.volumes, volume))
    one = Service(f"{prefix}w{number}", mode=rng.choices(["replicated", "global", "job"], [8, 1.5, 0.7])[0])
    one = replace(one, replicas=rng.choice([1, 1, 2, 2, 3]), by_text=rng.random() < 0.2)
    one = _mounts(rng, _networks(rng, _uses(rng, one, wish), wish), wish)
    if one.mode != "job":
        one = replace(one, order=rng.choice(["stop-first", "stop-first", "start-first"]))
        one = replace(one, action=rng.choice(["pause", "pause", "rollback", "continue"]))
    if rng.random() < 0.3:
        one = _constraint(rng, one, wish)
    if rng.random() < 0.2:
        one = replace(one, port=8000 + number)
    return replace(wish, services=(*wish.services, one))


def other_wish(seed: int, *, same_names: bool) -> Wish:
    """What another Pulumi stack asks for."""
    rng = random.Random(seed)
    wish = Wish(prefix="" if same_names else "x")
    for number in range(1, 2 + rng.randrange(4)):
        wish = added(rng, wish, number)
    healed = wish.healed()
    return replace(
        healed,
        labels=(),
        volumes=(),
        nodes=(),
        contents=tuple(replace(one, adopt=False) for one in healed.contents),
        services=tuple(replace(one, port=0, adopt=False, mounts=()) for one in healed.services),
        adopted=frozenset(),
    )


def _rename(rng: random.Random, wish: Wish) -> Wish:
    """Another logical name for the same thing; those of members follow from their names."""
    names = [name for name in wish.names() if not is_member(name)]
    if not names:
        return wish
    name = rng.choice(names)
    return replace(wish, logical={**wish.logical, name: f"{name}-r{rng.randrange(100)}"})


def _mode(rng: random.Random, one: Service, wish: Wish) -> Service:
    return one if one.found else replace(one, mode="global" if one.mode == "replicated" else "replicated")


def _port(rng: random.Random, one: Service, wish: Wish) -> Service:
    """Another port, that of another service of the program perhaps, which then has none."""
    return replace(one, port=rng.choice([0, 8100, 8101, 8102]))


def _free_ports(wish: Wish) -> Wish:
    """The wish with each port published once: by the service that comes last."""
    taken: set[int] = set()
    services = []
    for one in reversed(wish.services):
        services.append(replace(one, port=0) if one.port in taken else one)
        taken.add(one.port)
    return replace(wish, services=tuple(reversed(services)))


def _rename_service(rng: random.Random, wish: Wish) -> Wish:
    """Another name in the swarm for the same resource."""
    one = _one(rng, wish.services)
    if one is None:
        return wish
    name = f"{one.name.partition('-')[0]}-v{rng.randrange(100)}"
    if name in wish.names():
        return wish
    if is_member(name):
        return replace(wish, services=_swap(wish.services, one, replace(one, name=name)))
    logical = {**wish.logical, name: wish.logical.get(one.name, one.name)}
    return replace(wish, services=_swap(wish.services, one, replace(one, name=name)), logical=logical)


def _attachable(rng: random.Random, wish: Wish) -> Wish:
    """A network has to be made anew."""
    name = _one(rng, wish.networks)
    return wish if name is None else replace(wish, attachable=wish.attachable ^ {name})


def _swap_ports(rng: random.Random, wish: Wish) -> Wish:
    with_port = [one for one in wish.services if one.port]
    if len(with_port) < 2:
        return wish
    first, second = rng.sample(with_port, 2)
    services = _swap(wish.services, first, replace(first, port=second.port))
    return replace(wish, services=_swap(services, second, replace(second, port=first.port)))


def _form(rng: random.Random, wish: Wish) -> Wish:
    """From a Stack to a Release, or back."""
    return replace(wish, form=FORMS[wish.form == "stack"]) if wish.form else wish


def _dialect(rng: random.Random, wish: Wish) -> Wish:
    return replace(wish, dialect="compose-spec" if wish.dialect == "docker" else "docker") if wish.form else wish


def _availability(rng: random.Random, wish: Wish) -> Wish:
    one = _one(rng, wish.nodes)
    if one is None:
        return wish
    value = rng.choice(["active", "pause", "drain"])
    return replace(wish, nodes=_swap(wish.nodes, one, replace(one, value=value)))


def _label_value(rng: random.Random, wish: Wish) -> Wish:
    one = _one(rng, wish.labels)
    if one is None:
        return wish
    return replace(wish, labels=_swap(wish.labels, one, replace(one, value=rng.choice(["a", "b"]))))


def _data(rng: random.Random, wish: Wish) -> Wish:
    """A volume's data may go, or not."""
    one = _one(rng, wish.volumes)
    return wish if one is None else replace(wish, volumes=_swap(wish.volumes, one, replace(one, gone=not one.gone)))


EDITS: dict[str, tuple[float, Callable[[random.Random, Wish], Wish]]] = {
    "content": (6, _content),
    "image": (3, _on_service(lambda rng, one, wish: replace(one, image=rng.choice(GOOD_IMAGES)))),
    "mode": (0.7, _on_service(_mode)),
    "port": (1.5, lambda rng, wish: _free_ports(_on_service(_port)(rng, wish))),
    "rename service": (0.8, _rename_service),
    "attachable": (0.6, _attachable),
    "bad image": (1.0, _on_service(lambda rng, one, wish: replace(one, image=rng.choice(BAD_IMAGES)))),
    "scale": (3, _on_service(lambda rng, one, wish: replace(one, replicas=rng.randrange(0, 5)))),
    "env": (2, _on_service(lambda rng, one, wish: replace(one, env=rng.randrange(5)))),
    "label": (1.5, _on_service(lambda rng, one, wish: replace(one, label=rng.randrange(5)))),
    "uses": (2, _on_service(_uses)),
    "networks": (1, _on_service(_networks)),
    "constraint": (1.5, _on_service(_constraint)),
    "parallelism": (1, _on_service(lambda rng, one, wish: replace(one, parallelism=rng.randrange(3)))),
    "no wait": (0.5, _on_service(lambda rng, one, wish: replace(one, wait=not one.wait))),
    "trigger": (0.7, lambda rng, wish: _trigger(rng, wish)),
    "remove": (2, _remove),
    "add": (2.5, _add),
    "rename": (1, _rename),
    "swap ports": (0.5, _swap_ports),
    "mounts": (0.7, _on_service(_mounts)),
    "form": (1.5, _form),
    "dialect": (0.8, _dialect),
    "on failure": (0.3, lambda rng, wish: replace(wish, on_failure=rng.choice(["rollback", "keep"]))),
    "availability": (0.7, _availability),
    "label value": (0.5, _label_value),
    "data": (0.4, _data),
}


def _trigger(rng: random.Random, wish: Wish) -> Wish:
    one = _one(rng, wish.contents)
    return (
        wish
        if one is None or is_member(one.name)
        else replace(wish, contents=_swap(wish.contents, one, replace(one, trigger=one.trigger + 1)))
    )


def edited(event: Edit, wish: Wish) -> Wish:
    return EDITS[event.what][1](random.Random(event.seed), wish)


# ----------------------------------------------------------------------------------------- from a seed

HAND = {
    "scale": 2.0,
    "env": 1.5,
    "image": 1.0,
    "remove service": 1.0,
    "force": 0.7,
    "rollback": 1.0,
    "drain": 1.0,
    "pause": 0.5,
    "activate": 1.0,
    "node label": 0.7,
    "node down": 1.0,
    "node up": 1.0,
    "remove unused": 0.7,
    "label": 0.5,
}
TROUBLES = ("restart", "election", "manager lost")


def _faults(rng: random.Random) -> tuple[Fault, ...]:
    found = []
    for _ in range(rng.choice([1, 1, 2, 3])):
        kind = rng.choices(["lost", "unanswered", "refused", "slow"], [1, 4, 2, 1])[0]
        status, message = rng.choice(
            [
                (500, "rpc error: code = Unknown desc = update out of sequence"),
                (500, "rpc error: code = DeadlineExceeded desc = context deadline exceeded"),
                (503, "rpc error: code = Unavailable desc = transport is closing"),
                (409, "update out of sequence"),
            ]
        )
        at = 1 + int(rng.expovariate(1 / 4))
        found.append(Fault(at, kind, rng.random() < 0.2, status, message, rng.choice([3.0, 30.0, 90.0])))
    return tuple(found)


def _up(rng: random.Random, calm: float) -> Up:
    seed = rng.randrange(1 << 30)
    if rng.random() < calm:
        return Up(previewed=True, seed=seed)
    at = rng.choice([0.02, 0.1, 0.5, 2.0, 5.0, 12.0]) * (0.3 + rng.random())
    what = rng.choices(
        ["faults", "cli", "plugin", "interrupt", "trouble", "meanwhile", "delete"], [4, 3, 2, 1, 1.5, 2, 0.3]
    )[0]
    if what == "faults":
        return Up(faults=_faults(rng), seed=seed)
    if what == "trouble":
        return Up(trouble=rng.choice(TROUBLES), at=at, seed=seed)
    if what == "meanwhile":
        return Up(meanwhile=rng.choices([*HAND], [*HAND.values()])[0], at=at, seed=seed)
    if what == "delete":
        return Up(delete=True, kill=rng.choice(["", "cli", "plugin", "interrupt"]), at=at, seed=seed)
    return Up(kill=what, at=at, seed=seed)


def generate(seed: int) -> History:
    """The history of a seed."""
    rng = random.Random(seed)
    managers = rng.choice([1, 1, 3])
    nodes = max(managers, rng.choice([1, 2, 3, 3, 4]))
    wish = Wish(size=nodes, hosts=HOSTS if managers > 1 else HOSTS[:1])
    if rng.random() < 0.3:
        wish = replace(wish, form=rng.choice(FORMS), dialect=rng.choice(["docker", "compose-spec"]))
    size = rng.choices([1, 3, 5, 8, 18, 38, 58], [2, 5, 5, 3, 0.5, 0.1, 0.05])[0]
    for number in range(1, 1 + size + rng.randrange(3)):
        wish = added(rng, wish, number)
    events: list[Event] = [_up(rng, 0.6)]
    names, weights = [*EDITS], [weight for weight, _ in EDITS.values()]
    for _ in range(rng.choice([2, 3, 4, 5])):
        what = rng.random()
        if what < 0.15:
            events.append(ByHand(rng.choices([*HAND], [*HAND.values()])[0], rng.randrange(1 << 30)))
        elif what < 0.2:
            events.append(Backup(rng.random() < 0.6))
        elif what < 0.3:
            seed_of_other = rng.randrange(1 << 30)
            events.append(Other(seed_of_other, rng.random() < 0.4, rng.random() < 0.4, rng.random() < 0.2))
        elif what < 0.36:
            kind = rng.choice(["service", "config", "secret", "network"])
            events.append(Made(kind, rng.randrange(1 << 30), rng.random() < 0.75))
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            events.append(Edit(rng.choices(names, weights)[0], rng.randrange(1 << 30)))
        events.append(_up(rng, 0.45))
    foreign = tuple(name for name in ("service", "config", "secret", "network") if rng.random() < 0.5)
    return History(seed, wish, tuple(events), nodes=nodes, foreign=foreign, managers=managers)
