"""docs/policies.md: its tables have every rule with its parameters, and its configuration is one that rules take."""

from __future__ import annotations

import json
import re

from jsonschema import Draft202012Validator

from swarm_provider.plan.policies.parameters import EXEMPT
from swarm_provider.plan.policies.services import RULES
from swarm_provider.plan.policies.stacks import STACK_RULES
from tests.docs.fences import fences
from tests.support.engine import REPO

PAGE = REPO / "docs" / "policies.md"
EVERY = (*RULES, *STACK_RULES)
ROWS = re.findall(r"^\| `([a-z-]+)` \| (.+?) \|(.*)\|$", PAGE.read_text(), re.MULTILINE)


def test_tables_have_every_rule_with_its_parameters() -> None:
    rows = [(name, said, re.findall(r"`(\w+)`:", parameters)) for name, said, parameters in ROWS]
    assert rows == [(rule.name, rule.description, [*rule.parameters]) for rule in EVERY]


def test_configuration_of_the_page_is_valid() -> None:
    (text,) = (fence.text for fence in fences(PAGE) if fence.title == "policy.json")
    schemas = {rule.name: {**rule.parameters, **EXEMPT} for rule in EVERY}
    for name, given in json.loads(text).items():
        settings = {} if isinstance(given, str) else {key: given[key] for key in given if key != "enforcementLevel"}
        for key, value in settings.items():
            Draft202012Validator(schemas[name][key]).validate(value)
        assert name == "all" or name in schemas


def test_defaults_of_parameters_are_what_their_schemas_take() -> None:
    for rule in EVERY:
        for schema in {**rule.parameters, **EXEMPT}.values():
            Draft202012Validator(schema).validate(schema["default"])
