"""Two trees -> one, by the rules of the compose-spec: mappings are merged, lists appended, all else replaced.

`merge.py` has the docker CLI's rules, which are other ones and work on typed values. Here the values are those of the
file, in short and long forms, and every key keeps the place that it comes from. Nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from swarm_provider.compose.yaml.tree import Items, Map, Path, SourceLocation, Template, go_text, matches, part

_Rule = Callable[[Any, Any, Path, SourceLocation], Any]
_Pair = tuple[str, Any, tuple[str, int]]


def overlaid(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
    """Return `base` with `override` over it; `path` is where both stand, `at` where the override is written.

    Args:
        base: what the files before say.
        override: what this file says.
        path: the place in the tree.
        at: the place in the file, which collects problems.
    """
    rule = next((rule for pattern, rule in _RULES if matches(path, pattern)), None)
    if rule is not None:
        return rule(base, override, path, at)
    if override is None:
        return base
    if isinstance(base, Map):
        return _mapping(base, override, path, at) if isinstance(override, Map) else _misfit(base, override, at)
    if isinstance(base, Items):
        return _appended(base, override) if isinstance(override, Items) else _misfit(base, override, at)
    return override


def _mapping(base: Map, override: Map, path: Path, at: SourceLocation) -> Map:
    result = base.copied()
    for key, value in override.items():
        if key not in result:
            result.put(key, value, override.where(key))
            continue
        merged = overlaid(result[key], value, (*path, key), at.key(override, key))
        # a section and a service stand where they are first, all else where it is written last, as in docker's dialect
        kept = merged is result[key] or len(path) < 2
        result.put(key, merged, result.where(key) if kept else override.where(key))
    return result


def _misfit(base: Any, override: Any, at: SourceLocation) -> Any:
    at.error(f"{_kind(override)} cannot override {_kind(base)}; write it in the same form, or with !override")
    return base


def _kind(value: Any) -> str:
    return "a mapping" if isinstance(value, Map) else "a list" if isinstance(value, Items) else "a single value"


def _appended(base: Items, override: Items) -> Items:
    result = Items(base.file, base.line)
    for source in (base, override):
        for index, entry in enumerate(source):
            # of entries that are equal in every word the first stays
            if source is base or entry not in result:
                result.put(entry, source.where(index))
    return result


def _replaced(_base: Any, override: Any, _path: Path, _at: SourceLocation) -> Any:
    return override


def _sequence(base: Any, override: Any, _path: Path, _at: SourceLocation) -> Any:
    return _appended(_items(base), _items(override))


def _items(value: Any) -> Items:
    if isinstance(value, Items):
        return value
    items = Items()
    if value is not None:
        items.put(value, (getattr(value, "file", ""), getattr(value, "line", 0)))
    return items


def pairs(value: Any, separators: str = "=") -> Iterator[_Pair]:
    """Yield key, value (None where there is none) and place of each entry of a mapping or of a list of `KEY=value`."""
    if isinstance(value, Map):
        for key, entry in value.items():
            yield key, entry, value.where(key)
    for index, entry in enumerate(value if isinstance(value, Items) else ()):
        first = entry.parts[0] if isinstance(entry, Template) else go_text(entry)
        text = str(first)
        cut = min((position for sign in separators if (position := text.find(sign)) >= 0), default=-1)
        if cut < 0:
            yield text, None, value.where(index)
        elif isinstance(entry, Template):
            rest = (text[cut + 1 :],) if text[cut + 1 :] else ()
            yield text[:cut], Template((*rest, *entry.parts[1:])), value.where(index)
        else:
            yield part(entry, text[:cut]), part(entry, text[cut + 1 :]), value.where(index)


def _keyed(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
    """Merge mappings or lists of `KEY=value` by their keys."""
    result = Map(getattr(base, "file", ""), getattr(base, "line", 0))
    for source in (base, override):
        if source is not None and not isinstance(source, (Map, Items)):
            return _misfit(base, override, at)
        for key, value, where in pairs(source):
            result.put(key, value, where)
    return result


def _hosts(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
    """Merge `extra_hosts`: one host may have several addresses, in the order of the files."""
    result = Map(getattr(base, "file", ""), getattr(base, "line", 0))
    for source in (base, override):
        for host, value, where in pairs(source, "=:"):
            given = value if isinstance(value, Items) else _items(value)
            if any(isinstance(entry, Template) for entry in given):
                result.put(host, value, where)
                continue
            known = result[host] if isinstance(result.get(host), Items) else Items(*where)
            result.put(host, _appended(known, given), where)
    return result


def as_mapping(value: Any, default: dict[str, Any] | None = None) -> Any:
    """Return a list of names as a mapping of each to the default; anything else as it is."""
    if not isinstance(value, Items):
        return value
    result = Map(value.file, value.line)
    for index, name in enumerate(value):
        entry = None
        if default is not None:
            entry = Map(*value.where(index))
            for key, item in default.items():
                entry.put(key, item, value.where(index))
        result.put(str(go_text(name)), entry, value.where(index))
    return result


DEPENDENCY: Final = {"condition": "service_started", "required": True}


def _named(default: dict[str, Any] | None) -> _Rule:
    def rule(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
        one = Map() if base is None else as_mapping(base, default)
        other = Map() if override is None else as_mapping(override, default)
        if not isinstance(one, Map) or not isinstance(other, Map):
            return _misfit(base, override, at)
        return _mapping(one, other, path, at)

    return rule


def _logging(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
    if not isinstance(base, Map) or not isinstance(override, Map):
        return base if override is None else override if base is None else _misfit(base, override, at)
    drivers = {section["driver"] for section in (base, override) if section.get("driver") is not None}
    return _mapping(base, override, path, at) if len(drivers) < 2 else override


def _ulimit(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
    both = isinstance(base, Map) and isinstance(override, Map)
    return _mapping(base, override, path, at) if both else override


def _pools(base: Any, override: Any, path: Path, at: SourceLocation) -> Any:
    """Merge `ipam.config`: the pools of the later file, each over the earlier one of the same subnet."""
    if not isinstance(base, Items) or not isinstance(override, Items):
        return base if override is None else override
    result = Items(override.file, override.line)
    for index, pool in enumerate(override):
        same = [old for old in base if isinstance(old, Map) and isinstance(pool, Map) and _subnet(old) == _subnet(pool)]
        merged = _mapping(same[0], pool, (*path, index), at.item(override, index)) if same else pool
        result.put(merged, override.where(index))
    return result


def _subnet(pool: Map) -> Any:
    return pool.get("subnet")


def _rules(words: str, rule: _Rule) -> list[tuple[tuple[str, ...], _Rule]]:
    return [(tuple(word.split(".")), rule) for word in words.split()]


# compose-go, override/merge.go
_RULES: Final[list[tuple[tuple[str, ...], _Rule]]] = [
    *_rules("services.*.command services.*.entrypoint services.*.healthcheck.test", _replaced),
    *_rules(
        """services.*.environment services.*.labels services.*.deploy.labels services.*.sysctls services.*.annotations
        services.*.build.args services.*.build.labels services.*.build.additional_contexts networks.*.labels
        volumes.*.labels configs.*.labels secrets.*.labels""",
        _keyed,
    ),
    *_rules(
        """services.*.dns services.*.dns_opt services.*.dns_search services.*.env_file services.*.label_file
        services.*.tmpfs""",
        _sequence,
    ),
    *_rules("services.*.extra_hosts", _hosts),
    *_rules("services.*.depends_on", _named(DEPENDENCY)),
    *_rules("services.*.networks services.*.models", _named(None)),
    *_rules("services.*.logging", _logging),
    *_rules("services.*.ulimits.*", _ulimit),
    *_rules("networks.*.ipam.config", _pools),
]
