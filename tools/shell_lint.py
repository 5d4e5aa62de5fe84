"""shellcheck over every script of the repository, and over every block of shell in workflows and example pipelines.

    python tools/shell_lint.py

Exits with 1 when shellcheck has found something.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

REPO = Path(__file__).resolve().parents[1]
PATTERNS = (
    "tools/*.sh",
    "testbed/*.sh",
    "examples/ci/ci/*.sh",
    "findings/*.sh",
    "policy/pulumi-analyzer-swarm",
    ".ci/run",
)
SHELLCHECK = Path(sys.executable).parent / "shellcheck"


def scripts() -> list[str]:
    """Return the scripts' paths below the repository."""
    return sorted(str(path.relative_to(REPO)) for pattern in PATTERNS for path in REPO.glob(pattern))


def blocks() -> dict[str, str]:
    """Return the shell blocks of workflows and example pipelines by a file name that says where they stand."""
    found: dict[str, str] = {}
    for file in sorted([*(REPO / ".github").rglob("*.yml"), *(REPO / "examples" / "ci").rglob("*.yml")]):
        for place, text in _shell(yaml.safe_load(file.read_text(encoding="utf-8")), ()):
            # GitHub runs bash; GitLab whatever the image has, so its blocks are held to sh
            shell = "sh" if "gitlab" in file.name else "bash -eo pipefail"
            found[f"{file.name}-{'-'.join(place)}.sh"] = f"#!/usr/bin/env -S {shell}\n{text}\n"
    return found


def _shell(value: Any, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "run" and isinstance(inner, str):
                yield (*place, str(key)), inner
            elif key in ("script", "before_script", "after_script"):
                yield (*place, str(key)), "\n".join([inner] if isinstance(inner, str) else inner)
            else:
                yield from _shell(inner, (*place, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _shell(inner, (*place, str(number)))


def main() -> int:
    """Run shellcheck once over all of them."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in blocks().items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        paths = [*scripts(), *sorted(str(path) for path in Path(folder).iterdir())]
        return subprocess.run([str(SHELLCHECK), "-x", "-P", "SCRIPTDIR", *paths], cwd=REPO, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
