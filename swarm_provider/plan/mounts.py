"""What a change of a service's mounts means for the data behind them. Pure."""

from __future__ import annotations

from swarm_provider.spec import Json
from swarm_provider.spec.values import reveal


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


def _volumes(inputs: Json) -> dict[str, object]:
    """Return the volume at each target, "" for an anonymous one."""
    mounts = reveal(inputs.get("volumes")) or []
    if not isinstance(mounts, list):
        return {}
    return {
        str(mount.get("target")): mount.get("source") or ""
        for mount in mounts
        if isinstance(mount, dict) and mount.get("type") == "volume"
    }
