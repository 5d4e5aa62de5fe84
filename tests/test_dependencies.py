"""What pyproject.toml declares is what the package imports, no more and no less."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import swarm_provider

PACKAGE = Path(swarm_provider.__file__).parent
ROOT = PACKAGE.parent


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def name_in(requirement: str) -> str:
    return normal(re.split(r"[^\w.-]", requirement.strip(), maxsplit=1)[0])


def imported() -> set[str]:
    """The top-level modules that any module of the package imports, at its top or later."""
    found: set[str] = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def distributions() -> set[str]:
    """The distributions that what is imported comes from. `google` is a folder of several."""
    known = packages_distributions()
    tops = {name.partition(".")[0] for name in imported()} - set(sys.stdlib_module_names) - {"swarm_provider", "google"}
    found = {normal(name) for top in tops for name in known.get(top, [top])}
    return found | ({"protobuf"} if any(name.startswith("google.protobuf") for name in imported()) else set())


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return {name_in(requirement) for requirement in project["dependencies"]}


def pinned() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return {name_in(line) for line in lines if line and not line.startswith(("#", "-"))}


def test_every_distribution_that_is_imported_is_declared() -> None:
    assert distributions() - declared() == set()


def test_every_declared_distribution_is_imported() -> None:
    assert declared() - distributions() == set()


def test_every_declared_distribution_is_pinned_for_development() -> None:
    assert pinned() == declared()


def test_google_means_protobuf_alone() -> None:
    others = {name for name in imported() if name.startswith("google.") and not name.startswith("google.protobuf")}
    assert others == set()
