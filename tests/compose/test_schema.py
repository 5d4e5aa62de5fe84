"""jsonschema is as `compose/common/validation.py` relies on it."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from swarm_provider.compose.common import validation
from swarm_provider.compose.common.dialect import Dialect

CHANGED = "jsonschema has changed, see _validator in swarm_provider/compose/common/validation.py: "


@pytest.mark.parametrize("dialect", ["docker", "compose-spec"])
def test_reference_is_followed_and_its_error_has_path_and_schema(dialect: Dialect) -> None:
    errors: list[Any] = list(validation._validator(dialect).iter_errors({"services": {"web": {"imag": 1}}}))
    assert [list(error.absolute_path) for error in errors] == [["services", "web"]], CHANGED + "extend, or descend"
    assert errors[0].validator == "additionalProperties", CHANGED + "descend"
    assert "image" in errors[0].schema["properties"], CHANGED + "the schema of an error"


def test_alternatives_of_an_error_are_its_context() -> None:
    (error,) = validation._validator("docker").iter_errors({"services": {"web": {"image": "a", "command": {}}}})
    assert {inner.validator for inner in error.context} == {"type"}, CHANGED + "the context of an error"
    assert all(inner.absolute_path == error.absolute_path for inner in error.context)


def test_library_itself_finds_the_same_errors() -> None:
    schema = validation._schema("docker")
    tree = {"services": {"web": {"imag": 1, "deploy": {"replicas": "a"}}}}
    own, theirs = validation._validator("docker"), jsonschema.Draft202012Validator(schema)
    found = [sorted(str(error.json_path) for error in one.iter_errors(tree)) for one in (own, theirs)]
    assert found[0] == found[1], CHANGED + "how it resolves $ref"
