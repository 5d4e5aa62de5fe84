"""The workflows for GitHub: what they run is pinned, and they may do no more than they need. Nobody runs them here."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.engine import REPO
from tools.release.__main__ import PARTS

FILES = sorted((REPO / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"


def jobs(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))["jobs"]
    return found


def runs(file: Path) -> Iterator[str]:
    for job in jobs(file).values():
        yield from (step["run"] for step in job.get("steps", ()) if "run" in step)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_actions_are_pinned_to_commits(file: Path) -> None:
    used = re.findall(r"uses: (\S+)(.*)", file.read_text("utf-8"))
    assert used
    for name, comment in used:
        pinned = re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", name) and re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
        assert pinned or name.startswith("./"), name


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_what_publishes_may_write(file: Path) -> None:
    data = yaml.safe_load(file.read_text("utf-8"))
    assert set((data["permissions"] or {}).values()) <= {"read"}
    writes = {
        name: {what for what, how in (job.get("permissions") or {}).items() if how == "write"}
        for name, job in data["jobs"].items()
    }
    allowed = {"release": {"contents", "id-token", "attestations"}, "pypi": {"id-token"}, "npm": {"id-token"}}
    assert {name: found for name, found in writes.items() if found} == (allowed if file.stem == "release" else {})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_shell_gets_values_of_events_as_variables(file: Path) -> None:
    assert not [text for text in runs(file) if "${{" in text]


def test_release_makes_every_part_of_dist_once() -> None:
    told = re.findall(r"-m tools\.release ([a-z ]+)", "\n".join(runs(REPO / ".github/workflows/release.yml")))
    assert sorted(" ".join(told).split()) == sorted(PARTS)


def test_nothing_is_published_before_the_tests() -> None:
    data = jobs(REPO / ".github/workflows/release.yml")

    def before(name: str) -> set[str]:
        needs = data[name].get("needs", [])
        direct = {needs} if isinstance(needs, str) else set(needs)
        return direct.union(*map(before, direct))

    assert all({"ci", "packages", "plugin"} <= before(name) for name in ("release", "pypi", "npm"))
    assert ".ci/run" in "\n".join(runs(REPO / ".github/workflows/ci.yml"))


@pytest.mark.long
def test_actionlint_finds_nothing() -> None:
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
    command = ["go", "run", ACTIONLINT, "-no-color", *map(str, FILES)]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
