"""What a user bound to keys of the files: content, or the name of something that exists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from swarm_provider.compose.children import VOLUME_OPTIONS, Bound, has_content, not_bindable
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret, reveal
from swarm_provider.errors import InputError, Problem

KINDS: Final = ("network", "volume", "config", "secret")


def bindings(inputs: Json) -> dict[str, dict[str, Bound]]:
    """Return what was bound, by kind and key.

    Raises:
        InputError: a value is neither content nor a name.
    """
    problems: list[Problem] = []
    found = {kind: dict(_of_kind(kind, entries(inputs, f"{kind}s"), problems)) for kind in KINDS}
    if problems:
        raise InputError(*problems)
    return found


def entries(inputs: Json, name: str) -> Json:
    """Return the entries of a mapping; each of a secret one is secret.

    Raises:
        InputError: its keys are not known.
    """
    given = inputs.get(name)
    plain = reveal(given)
    if plain is UNKNOWN:
        raise InputError(Problem("its keys must be known at preview; make only its values Outputs", name))
    if isinstance(given, Secret):
        return {key: value if isinstance(value, Secret) else Secret(value) for key, value in given.value.items()}
    return given or {}


def _of_kind(kind: str, given: Json, problems: list[Problem]) -> Iterator[tuple[str, Bound]]:
    for key, value in given.items():
        if _is_imported(reveal(value)):
            continue
        bound = _bound(kind, value)
        if bound is None:
            problems.append(not_bindable(kind, key))
        else:
            yield key, bound


def _is_imported(value: Any) -> bool:
    """Say whether it is what `pulumi import` wrote into the program: what Read found, which the files say already."""
    return isinstance(value, Mapping) and "namespace" in value


def _bound(kind: str, value: Any) -> Bound | None:
    plain = reveal(value)
    if isinstance(plain, Mapping):
        return _of_map(kind, plain, secret=isinstance(value, Secret))
    if plain is UNKNOWN or isinstance(plain, str):
        return Bound(value, has_content(kind))
    if has_content(kind) and isinstance(plain, (int, float)) and not isinstance(plain, bool):
        # digits, as a YAML program writes them
        return Bound(Secret(str(plain)) if isinstance(value, Secret) else str(plain), is_content=True)
    return None


def _of_map(kind: str, given: Mapping[str, Any], *, secret: bool) -> Bound | None:
    allowed = {"volume": ("name", *VOLUME_OPTIONS), "network": ("name",)}.get(kind, ("name", "dataBase64"))
    if not set(given) <= set(allowed):
        return None
    if "name" in given:
        name = reveal(given["name"])
        return Bound(name) if name is UNKNOWN or isinstance(name, str) else None
    content = given.get("dataBase64")
    return None if content is None else Bound(Secret(content) if secret else content, is_content=True, is_base64=True)


def volume_options(inputs: Json) -> dict[str, Json]:
    """Return by key the options with which a bound volume is made wherever a task mounts it."""
    given = {key: reveal(value) for key, value in entries(inputs, "volumes").items()}
    return {
        key: {name: value[name] for name in VOLUME_OPTIONS if value.get(name) is not None}
        for key, value in given.items()
        if isinstance(value, Mapping)
    }
