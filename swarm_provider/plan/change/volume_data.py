"""What a change of a service's mounts means for the data behind them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from swarm_provider.core import Json
from swarm_provider.core.values import has_unknown, reveal


def starting_empty(olds: Json, news: Json) -> list[str]:
    """Return a sentence for each place whose named volume gives way to another volume: no data comes with it.

    Args:
        olds: a service's old inputs in normal form.
        news: its new ones. Names that are not known yet are left out.
    """
    before, after = _volumes(olds), _volumes(news)
    found = []
    for target, name in after.items():
        old = before.get(target)
        if not isinstance(old, str) or not old or old == name or not isinstance(name, str):
            continue
        new = f"volume {name!r}" if name else "an anonymous volume"
        found.append(
            f"{target} starts empty, unless {new} holds data already: it was volume {old!r} before, whose data stays "
            f"there and is not copied"
        )
    return found


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
