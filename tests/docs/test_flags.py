"""docs/from-docker-commands.md, the table of flags: all that the docker CLI has, beside arguments that there are."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache

import pytest

from swarm_provider.core.names import camel
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.types.kinds import ListOf, ObjectOf
from tests.support.engine import REPO, judging_cli

TABLE = (REPO / "docs" / "from-docker-commands.md").read_text().partition("## Flags of a service")[2]
ROWS = re.findall(r"^\| (`--.*?) \| (.*?) \|$", TABLE, re.MULTILINE)
FLAGS = {flag for flags, _ in ROWS for flag in re.findall(r"`(--[a-z-]+)`", flags)}
ARGUMENTS = [found[1] for _, here in ROWS if (found := re.match(r"`([a-z_.]+)`", here))]


@cache
def flags_of(path: str) -> set[str]:
    """What the docker CLI of this PATH takes for a service, without `-add` and `-rm`."""
    found: set[str] = set()
    for command in ("create", "update"):
        done = subprocess.run(
            ["docker", "service", command, "--help"], capture_output=True, text=True, check=True, env={"PATH": path}
        )
        found |= set(re.findall(r"^ +(?:-\w, )? *(--[a-z-]+)", done.stdout, re.MULTILINE))
    return {re.sub(r"-(add|rm)$", "", flag) if flag not in ("--cap-add",) else flag for flag in found}


def test_every_flag_of_the_cli_has_a_row() -> None:
    assert len(FLAGS) > 75
    assert flags_of(os.environ["PATH"]) - FLAGS == set()


@pytest.mark.long
@pytest.mark.parametrize("version", [28, 29])
def test_every_flag_of_a_newer_cli_has_a_row(version: int) -> None:
    assert flags_of(judging_cli(version, os.environ["PATH"])) - FLAGS == set()


@pytest.mark.long
def test_every_row_is_a_flag_of_the_newest_cli() -> None:
    assert FLAGS - flags_of(judging_cli(29, os.environ["PATH"])) == set()


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_argument_of_a_row_is_one_of_the_service(argument: str) -> None:
    first, *rest = argument.split(".")
    kind = {entry.wire: entry.type for entry in SERVICE.inputs}[camel(first)]
    for word in rest:
        kind = kind.item if isinstance(kind, ListOf) else kind
        assert isinstance(kind, ObjectOf), argument
        if not kind.fields:
            return
        kind = kind.by_wire[camel(word)].type
