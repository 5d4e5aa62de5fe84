"""Whatever stands in a file, reading it ends with a project or a clean error.

The long form runs for ten minutes (`make accept`), with what takes time and memory: see fuzz.py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from swarm_provider.compose import load
from swarm_provider.compose.common.dialect import DIALECTS
from swarm_provider.errors import InputError
from tests.compose import cases
from tests.support.engine import REPO

CORPUS = [path.read_text("utf-8") for name in cases.names() for path in cases.files(name)]
WORDS = [line.strip() for text in CORPUS for line in text.splitlines()] + [
    *(
        "[]",
        "{}",
        "null",
        "~",
        "- ",
        ": ",
        "&a ",
        "*a",
        "<<: *a",
        "!!int ",
        "!x ",
        "${",
        "${X:+",
        "$$",
        "|",
        ">",
        "'",
        '"',
        "!reset ",
        "!override ",
        "extends: web",
        "extends: {file: 1.yml, service: web}",
        "include: [1.yml]",
        "include: [2.yml]",
    ),
    *("0", "-1", "1e9", ".inf", ".nan", "2024-01-02", "99999999999999999999", "é", "\ud7ff", "\t", "\n", "---", "..."),
]
snippets = st.one_of(st.sampled_from(WORDS), st.text(max_size=8))


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Return a case's file with lines exchanged, dropped, moved in, or cut at random places."""
    lines = draw(st.sampled_from(CORPUS)).splitlines()
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        indent = line[: len(line) - len(line.lstrip())]
        change = draw(st.integers(0, 4))
        if change == 0 and len(lines) > 1:
            del lines[at]
        elif change == 1:
            lines.insert(at, indent + draw(snippets))
        elif change == 2:
            lines[at] = line.partition(":")[0] + ": " + draw(snippets)
        elif change == 3:
            cut = draw(st.integers(0, len(line)))
            lines[at] = line[:cut] + draw(snippets) + line[cut:]
        else:
            lines[at] = draw(st.sampled_from(WORDS))
    return "\n".join(lines)


def ends_cleanly(data: bytes, second: bytes | None = None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, "1.yml"), Path(folder, "2.yml")][: 1 if second is None else 2]
        for path, content in zip(paths, (data, second or b""), strict=False):
            path.write_bytes(content)
        for dialect in DIALECTS:
            try:
                load(paths, stack="s", env={**cases.ENVIRONMENT, "X": object()}, dialect=dialect)
            except InputError as error:
                assert str(error)
                assert all(problem.message for problem in error.problems)


RELAXED: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


@settings(max_examples=150, **RELAXED)
@given(mutated())
def test_mutated_file_is_read_or_refused_cleanly(text: str) -> None:
    ends_cleanly(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=50, **RELAXED)
@given(mutated(), mutated())
def test_two_mutated_files_are_merged_or_refused_cleanly(one: str, other: str) -> None:
    ends_cleanly(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))


@settings(max_examples=100, **RELAXED)
@given(st.binary(max_size=200))
def test_random_bytes_are_read_or_refused_cleanly(data: bytes) -> None:
    ends_cleanly(b"services: {web: {image: bb}}\n" + data)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_ten_minutes_of_hostile_files_end_with_clean_errors() -> None:
    """No traceback, no hang, no blow-up of memory; in a process of its own, which has little of it."""
    command = [sys.executable, "-m", "tests.compose.fuzz", "600"]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True, timeout=1100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
