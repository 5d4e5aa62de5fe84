"""The tests that need no engine, with the oldest and the newest of each library that pyproject.toml allows.

    python tools/sdk_matrix.py [oldest | newest]...

Each set has a virtual environment of its own in .sdk-matrix/, kept for the next time. Prints a table; exits with 1 when
a set cannot be installed or its tests fail, with the end of what they said. PYTEST_ARGS adds options.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import subprocess
import sys
import time
import tomllib
import venv
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parents[1]
FOLDER: Final = REPO / ".sdk-matrix"
SETS: Final = ("oldest", "newest")
TESTS: Final = (
    *("--quiet", "--numprocesses", "2", "-p", "no:cacheprovider"),
    *("-m", "not live and not e2e and not multinode"),
    # what these try has nothing to do with the libraries
    *(f"--ignore=tests/{room}" for room in ("tools", "examples", "docs", "bench")),
    "tests",
)
STRICT: Final = ("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning")
"""What is left open is our fault with the newest set; older libraries leave things open themselves."""
_LAST_LINES: Final = 40


class Failed(Exception):
    """A step failed; its text is the end of what the step printed."""


def requirements() -> list[str]:
    """Return what the package depends on, as pyproject.toml has it: `pulumi>=3.225,<4`."""
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: list[str] = project["dependencies"]
    return found


def name_of(requirement: str) -> str:
    """Return the name in a requirement."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def lowest(requirement: str) -> str:
    """Return a requirement of exactly the lowest version that this one allows."""
    bound = re.search(r">=\s*([\w.]+)", requirement)
    if bound is None:
        raise Failed(f"{requirement!r} in pyproject.toml has no lower bound (>=)")
    return f"{name_of(requirement)}=={bound[1]}"


def install(name: str) -> Path:
    """Bring the virtual environment of a set up to date; return its Python."""
    folder = FOLDER / name
    python, stamp = folder / "bin" / "python", folder / "requirements"
    text = (REPO / "pyproject.toml").read_text(encoding="utf-8") + sys.version
    if not python.exists():
        venv.create(folder, with_pip=True, clear=True)
    digest = hashlib.sha256(text.encode()).hexdigest()
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    if name == "newest":
        # what is newest changes without a change here
        run([*pip, "--upgrade", "--upgrade-strategy", "eager", "-e", f"{REPO}[dev]"])
    elif not stamp.exists() or stamp.read_text(encoding="utf-8") != digest:
        run([*pip, "-e", f"{REPO}[dev]", *map(lowest, requirements())])
        stamp.write_text(digest, encoding="utf-8")
    return python


def versions(python: Path) -> list[str]:
    """Return the installed version of each library of `requirements`."""
    names = [name_of(requirement) for requirement in requirements()]
    code = "import sys\nfrom importlib.metadata import version\nprint(*map(version, sys.argv[1:]))"
    return run([str(python), "-c", code, *names]).split()


def run(command: list[str]) -> str:
    """Run a program in the repository; return what it printed.

    Raises:
        Failed: it did not exit with 0.
    """
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        command, cwd=REPO, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed("\n".join(done.stdout.splitlines()[-_LAST_LINES:]))
    return done.stdout


def table(rows: list[list[str]]) -> str:
    """Return rows as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)


def main(chosen: list[str]) -> int:
    """Run the tests of each set; return the exit code."""
    if unknown := set(chosen) - set(SETS):
        print(f"usage: sdk_matrix.py [oldest | newest]...; not {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    names = [name_of(requirement) for requirement in requirements()]
    rows = [["", *names, "tests"]]
    failures: list[str] = []
    for name in chosen or SETS:
        found, began = ["?"] * len(names), time.monotonic()
        try:
            python = install(name)
            found = versions(python)
            strict = STRICT if name == "newest" else ()
            said = run([str(python), "-m", "pytest", *TESTS, *strict, *shlex.split(os.environ.get("PYTEST_ARGS", ""))])
            result = said.strip().splitlines()[-1].strip("= ")
        except Failed as failure:
            failures.append(f"{name}:\n{failure}")
            result = f"FAILED after {time.monotonic() - began:.0f} s"
        rows.append([name, *found, result])
    print("\n\n".join([*failures, table(rows)]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
