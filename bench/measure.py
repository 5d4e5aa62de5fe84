"""Running a command: how long it took, and what each kind of process of it used: memory at most, processor time."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LOOK_EVERY_S = 0.1
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """One run of a command.

    Attributes:
        seconds: wall time.
        memory: kind of process (`plugin`, `program`, `cli`) -> its highest resident size, in MiB.
        cpu: kind of process -> processor seconds of all of that kind, as of the last look.
    """

    seconds: float
    memory: Mapping[str, float] = field(default_factory=dict)
    cpu: Mapping[str, float] = field(default_factory=dict)


def run(
    command: Sequence[str],
    *,
    folder: Path,
    environment: Mapping[str, str],
    stdin: str | None = None,
    look_every: float = LOOK_EVERY_S,
) -> Run:
    """Run a command to its end, and look at its processes now and then.

    Args:
        look_every: seconds between two looks; each costs about a millisecond of a processor.

    Raises:
        RuntimeError: it failed; with its output.
    """
    with (folder / "output.log").open("w+") as log:
        begun = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=dict(environment), stdout=log, stderr=log, stdin=subprocess.PIPE, text=True
        )
        peaks: dict[str, float] = {}
        used: dict[int, tuple[str, float]] = {}
        looking = threading.Thread(target=_look, args=(process, peaks, used, look_every))
        looking.start()
        process.communicate(stdin)
        seconds = time.monotonic() - begun
        looking.join()
        if process.returncode:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}\n{log.read()[-4000:]}")
    return Run(seconds, peaks, _by_kind(used.values()))


def _by_kind(used: Iterable[tuple[str, float]]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for kind, seconds in used:
        sums[kind] = round(sums.get(kind, 0.0) + seconds, 2)
    return sums


def _look(
    process: subprocess.Popen[str], peaks: dict[str, float], used: dict[int, tuple[str, float]], every: float
) -> None:
    while process.poll() is None:
        for pid in _family(process.pid):
            try:
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
                status = Path(f"/proc/{pid}/status").read_text()
                # what follows the name, which may hold blanks: state is the third field, utime the fourteenth
                times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
            except OSError:
                continue
            peak = next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)
            # one that ends has no command line any more, nor memory
            kind = _kind(arguments) if arguments[0] else used.get(pid, ("other", 0.0))[0]
            peaks[kind] = max(peaks.get(kind, 0.0), peak)
            used[pid] = (kind, sum(map(int, times)) / TICKS)
        time.sleep(every)


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
