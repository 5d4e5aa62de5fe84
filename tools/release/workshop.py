"""Where a release is made, with what, and how a step that fails is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

REPO: Final = Path(__file__).resolve().parents[2]
PINS: Final = REPO / "tools" / "release" / "requirements.txt"
_LAST_LINES: Final = 40


class Failed(Exception):
    """A step failed; its text says which, and the end of what it printed."""


@dataclass(frozen=True)
class Workshop:
    """The folders of one run.

    Attributes:
        out: what a release consists of.
        work: what is needed meanwhile.
        epoch: the time that all files get, in seconds since 1970.
    """

    out: Path
    work: Path
    epoch: int

    def wheel(self) -> Path:
        """Return the wheel that the other parts are made of."""
        found = sorted(self.out.glob("swarm_provider-*.whl"))
        if len(found) != 1:
            raise Failed(f"{len(found)} wheels in {self.out}, not one; the part `wheel` makes it")
        return found[0]

    def folder(self, name: str) -> Path:
        """Return an empty folder of this name."""
        folder = self.work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def python(self, name: str, *requirements: str | Path) -> Path:
        """Return the Python of a new virtual environment with these requirements, as `pip install` takes them."""
        venv.create(self.folder(name))
        python = _python_of(self.work / name)
        self.install(python, *requirements)
        return python

    def install(self, python: Path, *requirements: str | Path) -> None:
        """Install into an environment, in which nothing shall be that a release does not need: pip stays outside."""
        pip = self.work / "pip"
        if not pip.exists():
            venv.create(pip, with_pip=True)
        command = ("--quiet", "--disable-pip-version-check", "--no-input", "--python", python, "install")
        self.run([_python_of(pip), "-m", "pip", *command, *requirements])

    def run(
        self, command: Sequence[str | Path], folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> str:
        """Run a program; return what it printed on stdout.

        Args:
            command: the program and its arguments.
            folder: where it runs; not in the repository unless told, whose modules Python would take for the wheel's.
            environment: what is added to this process's environment.

        Raises:
            Failed: it did not exit with 0.
        """
        # the same bytes each time: build backends, npm and PyInstaller look at these
        fixed = {"SOURCE_DATE_EPOCH": str(self.epoch), "PYTHONHASHSEED": "0", **(environment or {})}
        texts, environ = [str(part) for part in command], {**os.environ, **fixed}
        done = subprocess.run(
            texts,
            cwd=folder or self.work,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            end = "\n".join((done.stdout + done.stderr).splitlines()[-_LAST_LINES:])
            raise Failed(f"{' '.join(texts)}: exit code {done.returncode}\n{end}")
        return done.stdout


def _python_of(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def pinned(*names: str) -> list[str]:
    """Return the requirements of these tools with their versions, as requirements.txt has them."""
    lines = PINS.read_text("utf-8").splitlines()
    found = {line.partition("==")[0]: line for line in lines if "==" in line}
    return [found[name] for name in names]


@contextmanager
def step(name: str) -> Iterator[list[str]]:
    """Print one line when a step is done: its name, its time, and the notes that it added to the list."""
    began = time.monotonic()
    notes: list[str] = []
    yield notes
    note = f"  ({', '.join(notes)})" if notes else ""
    print(f"{name} {'.' * (19 - len(name))} {time.monotonic() - began:.1f} s{note}", file=sys.stderr, flush=True)
