"""A tree is accepted quickly only where a validator would accept it, too, and then nothing else is asked."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.validators import extend

from swarm_provider.compose.common.acceptance import Acceptance
from swarm_provider.compose.common.validation import _accepts, _validator
from swarm_provider.compose.yaml.reader import read
from swarm_provider.compose.yaml.tree import Template
from swarm_provider.errors import InputError
from tests.compose.test_fuzz import CORPUS, mutated

PROGRAM = """
import sys
from swarm_provider.compose import load
load([sys.argv[1]], stack="s", env={})
print([name for name in ("jsonschema", "importlib.resources") if name in sys.modules])
"""
LEAVES = st.sampled_from([None, True, False, 0, 1, -1, 1.0, 1.5, 101, "", "a", "1", "host", "z", Template(("a", 1))])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ax-", max_size=3), inner)
)
KEYWORDS: dict[str, list[Any]] = {
    "type": [
        "string",
        "integer",
        "number",
        "boolean",
        "null",
        "object",
        "array",
        ["string", "null"],
        ["number", "array"],
    ],
    "enum": [["a", "host"], ["z"], [1, "a"]],
    "required": [["a"], ["a", "x"]],
    "uniqueItems": [True, False],
    "pattern": ["^a$", "1"],
    "minimum": [0, 1],
    "maximum": [1, 100],
    "items": [{"type": "string"}, {"$ref": "#/$defs/number"}],
    "properties": [{"a": {"type": "string"}}, {"a": {"$ref": "#/$defs/number"}, "x": {"minimum": 1}}],
    "patternProperties": [{"^x-": {}}, {"^a": {"type": "integer"}, "a": {"minimum": 1}}],
    "additionalProperties": [True, False, {"type": "boolean"}],
    "oneOf": [[{"type": "string"}, {"type": "integer"}], [{"minimum": 0}, {"type": "number"}]],
    "anyOf": [[{"type": "string"}, {"minimum": 1}]],
    "maxItems": [1],
}
SCHEMAS = st.lists(st.sampled_from(sorted(KEYWORDS)), max_size=4, unique=True).flatmap(
    lambda words: st.fixed_dictionaries({word: st.sampled_from(KEYWORDS[word]) for word in words})
)


KNOWN: Any = extend(Draft202012Validator, type_checker=_validator("compose-spec").TYPE_CHECKER)  # type: ignore[no-untyped-call]
"""A validator with the compose-spec's own idea of a string."""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated() | st.sampled_from(CORPUS))
def test_a_file_is_accepted_where_the_schema_accepts_it(text: str) -> None:
    with contextlib.suppress(InputError, UnicodeError):
        tree = read(text.encode(), "f.yml")
        assert _accepts()(tree) == _validator("compose-spec").is_valid(tree)


@settings(max_examples=400, deadline=None)
@given(SCHEMAS, VALUES)
def test_each_keyword_means_what_it_means_to_a_validator(words: dict[str, Any], value: Any) -> None:
    schema = {**words, "$defs": {"number": {"type": "number"}}}
    sure = not {"maxItems", "uniqueItems"} & words.keys() and words.get("enum") != [1, "a"]
    found = Acceptance(schema)(value)
    # the validator itself cannot look for a pattern in a string that is not known yet
    with contextlib.suppress(TypeError):
        expected = KNOWN(schema).is_valid(value)
        assert found in ({expected} if sure else {expected, False})


@pytest.mark.parametrize("keyword", ["maxItems", "not", "format"])
def test_keyword_that_is_not_known_is_left_to_a_validator(keyword: str) -> None:
    assert not Acceptance({"type": "string", keyword: 1, "$defs": {}})("a")


def test_valid_file_is_read_without_the_validator(tmp_path: Path) -> None:
    file = tmp_path / "stack.yml"
    file.write_text(
        "services: {web: {image: 'a:1', ports: [{target: 80}, {target: 81}], networks: {a: }}}\nnetworks: {a: }\n"
    )
    done = subprocess.run([sys.executable, "-c", PROGRAM, str(file)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]", "what takes long to import is imported"
