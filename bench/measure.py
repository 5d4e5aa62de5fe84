"""Running a command: how long it took, and how much memory each kind of process of it had at most."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY_S = 0.1


@dataclass(frozen=True)
class Run:
    """One run of a command.

    Attributes:
        seconds: wall time.
        memory: kind of process (`plugin`, `program`, `cli`) -> its highest resident size, in MiB.
    """

    seconds: float
    memory: Mapping[str, float] = field(default_factory=dict)


def run(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], stdin: str | None = None) -> Run:
    """Run a command to its end. Raises RuntimeError with its output when it fails."""
    with (folder / "output.log").open("w+") as log:
        begun = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=log, stderr=log, stdin=subprocess.PIPE, text=True
        )
        peaks: dict[str, float] = {}
        looking = threading.Thread(target=_look, args=(process, peaks))
        looking.start()
        process.communicate(stdin)
        seconds = time.monotonic() - begun
        looking.join()
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{log.read()[-4000:]}")
    return Run(seconds, peaks)


def _look(process: subprocess.Popen[str], peaks: dict[str, float]) -> None:
    while process.poll() is None:
        for pid in _family(process.pid):
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                status = Path(f"/proc/{pid}/status").read_text()
            except OSError:
                continue
            peak = next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
            kind = _kind(arguments)
            peaks[kind] = max(peaks.get(kind, 0.0), peak)
        time.sleep(LOOK_EVERY_S)


def _kind(arguments: Sequence[str]) -> str:
    line = " ".join(arguments)
    if "pulumi-resource-" in line or "bench.nothing" in line:
        return "plugin"
    if "pulumi-language-python-exec" in line:
        return "program"
    return "cli" if Path(arguments[0]).name == "pulumi" else "other"


def _family(pid: int) -> list[int]:
    """The process and all below it."""
    found, queue = [], [pid]
    while queue:
        one = queue.pop()
        found.append(one)
        try:
            for children in Path(f"/proc/{one}/task").glob("*/children"):
                queue.extend(int(child) for child in children.read_text().split())
        except OSError:
            # it has just ended
            continue
    return found
