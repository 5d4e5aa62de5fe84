"""A Pulumi policy pack for Docker Swarm: the rules of `swarm_provider.plan.policies`, asked by Pulumi's policy runtime.

A resource rule is asked about the inputs that Check has left, a stack rule about the outputs. The outputs of a Release
do not repeat what its files say of each service, so stack rules are told what its inputs had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN
from swarm_provider.plan.policies.parameters import EXEMPT, Parameters
from swarm_provider.plan.policies.services import RULES, Rule
from swarm_provider.plan.policies.stacks import STACK_RULES, Part, StackRule

_PREFIX: Final = "swarm:index:"
_CHILDREN: Final = (("service", "services"), ("config", "configs"))
"""What a rule is about, and the input of a Release that has each by its key in the files."""


def plain(value: Any) -> Any:
    """Return what Pulumi shows of a resource as plain data, with UNKNOWN for what only the update will know."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, position) for position in range(len(value))]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _item(values: Any, key: Any) -> Any:
    try:
        return plain(values[key])
    except UnknownValueError:
        return UNKNOWN


def _kind(resource_type: str) -> str:
    """Return `Service` and so on; "" for what is not of this provider."""
    return resource_type.removeprefix(_PREFIX) if resource_type.startswith(_PREFIX) else ""


def children(inputs: Json) -> Iterator[tuple[str, Json]]:
    """Yield what the files of a Release make, with what it is."""
    for of, place in _CHILDREN:
        found = inputs.get(place)
        yield from ((of, one) for one in (found.values() if isinstance(found, dict) else ()) if isinstance(one, dict))


class Pack:
    """The policies, and what they know of each Release."""

    def __init__(self) -> None:
        self._releases: dict[str, Json] = {}

    def policies(self) -> list[Policy]:
        """Return every policy, each advisory unless it is configured otherwise."""
        return [*map(self._resource_policy, RULES), *map(self._stack_policy, STACK_RULES)]

    def _resource_policy(self, rule: Rule) -> Policy:
        def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
            for of, inputs in self._about(args):
                for text in rule.broken_by(of, inputs, plain(args.get_config())):
                    report(text, None)

        return ResourceValidationPolicy(
            rule.name, rule.description, validate, EnforcementLevel.ADVISORY, _schema(rule.parameters)
        )

    def _about(self, args: ResourceValidationArgs) -> Iterator[tuple[str, Json]]:
        kind = _kind(args.resource_type)
        if kind in ("Service", "Config"):
            yield kind.lower(), plain(args.props)
        elif kind == "Release":
            inputs = self._releases[args.urn] = plain(args.props)
            yield from children(inputs)

    def _stack_policy(self, rule: StackRule) -> Policy:
        def validate(args: StackValidationArgs, report: ReportViolation) -> None:
            parts = [part for resource in args.resources for part in self._parts(resource)]
            for text, urn in rule.broken_by(parts, plain(args.get_config())):
                report(text, urn or None)

        level = EnforcementLevel.ADVISORY if rule.enabled else EnforcementLevel.DISABLED
        return StackValidationPolicy(rule.name, rule.description, validate, level, _schema(rule.parameters))

    def _parts(self, resource: PolicyResource) -> Iterator[Part]:
        kind = _kind(resource.resource_type)
        needs = frozenset(other.urn for other in resource.dependencies)
        yield Part(resource.urn, kind, plain(resource.props) if kind else {}, needs)
        if kind == "Release":
            inputs = self._releases.get(resource.urn, {})
            yield from (Part(resource.urn, "Service", one) for of, one in children(inputs) if of == "service")


def _schema(parameters: Parameters) -> PolicyConfigSchema:
    return PolicyConfigSchema({**parameters, **EXEMPT})


if __name__ == "__main__":
    PolicyPack("swarm", Pack().policies())
