"""The rules on all resources of a program together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.core import Json
from swarm_provider.core.units import size_bytes, size_text
from swarm_provider.core.values import at, has_unknown, mappings
from swarm_provider.plan.policies.parameters import Parameters, is_exempt, with_defaults
from swarm_provider.plan.policies.services import replicas


@dataclass(frozen=True)
class Part:
    """A resource of a program, or a service of a Release.

    Attributes:
        urn: of the resource.
        kind: `Service`, `Secret` and so on.
        values: its outputs, which repeat its inputs.
        needs: the URNs of the resources that it depends on.
    """

    urn: str
    kind: str
    values: Json
    needs: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Its name, without the version of a family."""
        found = self.values.get("baseName") or self.values.get("name")
        return found if isinstance(found, str) else self.urn.rpartition("::")[2]


Found = tuple[str, str]
"""A sentence, and the URN of the resource that it is about; "" for none."""


@dataclass(frozen=True)
class StackRule:
    """A rule on all resources together; the attributes are those of a `Rule`."""

    name: str
    description: str
    find: Callable[[Sequence[Part], Json], Iterable[Found]]
    parameters: Parameters = field(default_factory=dict)
    enabled: bool = True

    def broken_by(self, parts: Iterable[Part], given: Mapping[str, Any]) -> list[Found]:
        """Return what is wrong."""
        settings = with_defaults(self.parameters, given)
        return [*self.find([part for part in parts if not is_exempt(part.name, settings)], settings)]


def _of(parts: Iterable[Part], *kinds: str) -> list[Part]:
    return [part for part in parts if part.kind in kinds]


def _unused(parts: Sequence[Part], _: Json) -> Iterator[Found]:
    needed = frozenset[str]().union(*(part.needs for part in parts))
    named = {
        one.get(key)
        for part in _of(parts, "Service")
        for one in (*mappings(part.values.get("secrets")), *mappings(part.values.get("configs")))
        for key in ("source", "name")
        if isinstance(one.get(key), str)
    }
    for part in _of(parts, "Secret", "Config"):
        if part.urn not in needed and not {part.name, part.values.get("name")} & named:
            yield f"{part.kind.lower()} {part.name} is used by no service of this program; remove it", part.urn


def _memory_budget(parts: Sequence[Part], settings: Json) -> Iterator[Found]:
    total = sum(size_bytes(limit) * number for limit, number in map(_limit, _of(parts, "Service")))
    most = settings["memory"]
    if most and total > size_bytes(most):
        yield (
            f"the memory limits of all replicas come to {size_text(total)}, and {most} are allowed; lower "
            f"deploy.resources.limits.memory or deploy.replicas",
            "",
        )


def _limit(service: Part) -> tuple[Any, int]:
    """Return the memory limit of each task and how many tasks there are; of a global service, one."""
    limit = at(service.values, "deploy", "resources", "limits", "memory")
    number = replicas(service.values)
    return (0 if limit is None or has_unknown(limit) else limit), 1 if number is None else number


def _open_network(parts: Sequence[Part], _: Json) -> Iterator[Found]:
    plain = {
        part.values.get("name")
        for part in _of(parts, "Network")
        if part.values.get("driver") in (None, "overlay") and "encrypted" not in (at(part.values, "driverOpts") or {})
    }
    for part in _of(parts, "Service"):
        names = {one["name"] for one in mappings(part.values.get("networks")) if isinstance(one.get("name"), str)}
        found = sorted(names & plain)
        if mappings(part.values.get("secrets")) and found:
            yield (
                f"{part.name} has secrets, and its network {found[0]} is not encrypted; set driver_opts of the "
                f"network to {{'encrypted': 'true'}}",
                part.urn,
            )


STACK_RULES: Final = (
    StackRule("unused", "Secrets and configs are used by a service.", _unused),
    StackRule(
        "memory-budget",
        "The memory limits of all replicas together stay below a budget; a global service counts once.",
        _memory_budget,
        {
            "memory": {
                "type": "string",
                "pattern": r"^(\d+(\.\d+)?[kKmMgGtTpP]?)?$",
                "default": "",
                "description": "The budget, such as 64G. Empty: none.",
            }
        },
    ),
    StackRule(
        "open-network",
        "Services with secrets are in encrypted networks.",
        _open_network,
        enabled=False,
    ),
)
