"""docs/compose.md: its tables of keys and options are those of the code."""

from __future__ import annotations

import inspect
import re

from swarm_provider.compose.common import validation
from swarm_provider.compose.common.unsupported import SERVICE
from swarm_provider.compose.common.validation import FORBIDDEN
from swarm_provider.resources.stack import Stack
from tests.support.engine import REPO

PAGE = (REPO / "docs" / "compose.md").read_text(encoding="utf-8")


def table(heading: str) -> set[str]:
    """Return the words in the first column below a heading, up to the next one."""
    section = re.split(r"^#+ ", PAGE.split(f"{heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| ([^|]*`[^|]*) \|", section, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`(\w+)", cell)}


def test_keys_without_effect_are_those_that_the_loader_warns_of() -> None:
    assert table("### Without effect") == set(SERVICE)


def test_keys_refused_are_those_that_the_loader_forbids() -> None:
    assert table("### Refused") == set(FORBIDDEN)


def test_keys_supported_are_all_others_of_the_schema() -> None:
    keys = set(validation._schema()["$defs"]["service"]["properties"])
    assert table("### Supported") == keys - set(SERVICE) - set(FORBIDDEN)


def test_options_are_the_arguments_of_stack() -> None:
    arguments = set(inspect.signature(Stack.__init__).parameters) - {"self", "resource_name", "opts"}
    assert table("## Options") == arguments
