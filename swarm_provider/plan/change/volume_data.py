"""What a change of a service's mounts means for the data behind them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from swarm_provider.core import Json
from swarm_provider.core.values import has_unknown, reveal


@dataclass(frozen=True)
class EmptyStart:
    """A place whose named volume gives way to another volume: no data comes with it.

    Attributes:
        target: the path in the container.
        old: the volume until now.
        new: the volume from now on, "" for an anonymous one.
    """

    target: str
    old: str
    new: str


@dataclass(frozen=True)
class OldOptions:
    """A volume that keeps the driver and the options that it was created with, although the program has others.

    Attributes:
        name: the volume.
        seen: whether it exists where this run can look; else it may, on other nodes.
    """

    name: str
    seen: bool


def describe(fact: EmptyStart | OldOptions) -> str:
    """Return what a change means for a volume's data, in words."""
    if isinstance(fact, EmptyStart):
        new = f"volume {fact.new!r}" if fact.new else "an anonymous volume"
        return (
            f"{fact.target} starts empty, unless {new} holds data already: it was volume {fact.old!r} before, whose "
            f"data stays there and is not copied"
        )
    if not fact.seen:
        return f"volume {fact.name!r} keeps its driver and options on nodes where it exists already"
    return (
        f"volume {fact.name!r} exists, and Docker cannot change the driver or options of a volume without losing its "
        f"data; undo the change, or give the volume another name and copy the data"
    )


def starting_empty(olds: Json, news: Json) -> list[EmptyStart]:
    """Return each place whose named volume gives way to another volume.

    Args:
        olds: a service's old inputs in normal form.
        news: its new ones. Names that are not known yet are left out.
    """
    before = _volumes(olds)
    return [
        EmptyStart(target, old, name)
        for target, name in _volumes(news).items()
        if isinstance(old := before.get(target), str) and old and isinstance(name, str) and old != name
    ]


def other_options(olds: Json, news: Json) -> dict[str, tuple[str, Json]]:
    """Return the volumes whose driver or driver options change while the name stays: new driver and options by name.

    Docker would go on with such a volume as it is, without a word, wherever it exists already. Options that are not
    known yet are left out.
    """
    before = dict(_options(olds))
    return {
        name: options
        for name, options in _options(news)
        if name in before and before[name] != options and not has_unknown(options)
    }


def _options(inputs: Json) -> Iterator[tuple[str, tuple[str, Json]]]:
    for mount in _mounts(inputs):
        options, name = mount.get("volume") or {}, mount.get("source")
        if mount.get("type") == "volume" and isinstance(name, str) and isinstance(options, dict) and name:
            yield name, (options.get("driver") or "local", options.get("driverOpts") or {})


def _volumes(inputs: Json) -> dict[str, object]:
    """Return the volume at each target, "" for an anonymous one."""
    return {
        str(mount.get("target")): mount.get("source") or ""
        for mount in _mounts(inputs)
        if mount.get("type") == "volume"
    }


def _mounts(inputs: Json) -> list[Json]:
    mounts = reveal(inputs.get("volumes")) or []
    return [mount for mount in mounts if isinstance(mount, dict)] if isinstance(mounts, list) else []
