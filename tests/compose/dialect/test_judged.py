"""Every case is read as the judge reads it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import load
from swarm_provider.errors import InputError
from tests.compose.dialect import cases
from tests.compose.dialect.cases import EXPECTED, Case

CASES = cases.cases()
SAID: dict[str, Any] = json.loads(EXPECTED.read_text(encoding="utf-8"))


def test_every_case_is_judged_and_has_its_rule() -> None:
    assert len(CASES) >= 80
    assert sorted(case.name for case in CASES) == sorted(SAID)
    assert all(case.rule for case in CASES)
    # a case that the judge refuses says how our error reads, and no other one does
    assert [case.name for case in CASES if bool(case.says) != ("error" in SAID[case.name])] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_case_is_read_as_the_judge_reads_it(case: Case, tmp_path: Path) -> None:
    folder = tmp_path.resolve()
    case.write(folder)
    if not case.says:
        assert cases.of_ours(case.load(folder), folder) == SAID[case.name]
        return
    with pytest.raises(InputError) as caught:
        case.load(folder)
    assert case.says in str(caught.value)
    # what is wrong in a file is told with the file and the line
    assert all(problem.path == "env_file" or (problem.file and problem.line) for problem in caught.value.problems)


@pytest.mark.parametrize("case", [case for case in CASES if not case.says], ids=lambda case: case.name)
def test_case_ends_cleanly_in_dockers_dialect(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    try:
        project = load([tmp_path / name for name in case.files], stack="s", env={"HOME": "/home/me", **case.env})
    except InputError as error:
        assert all(problem.message for problem in error.problems)
    else:
        assert project.services


@pytest.mark.long
def test_judge_says_what_is_recorded(tmp_path: Path) -> None:
    """Builds compose-go's loader from the Go proxy; where there is no Go, the recorded words are what there is."""
    if shutil.which("go") is None:
        pytest.skip("the judge is built with Go")
    said = cases.record(cases.build(tmp_path))
    # which of the services of a circle an error begins with is by chance
    assert {name: "error" if "error" in value else value for name, value in said.items()} == {
        name: "error" if "error" in value else value for name, value in SAID.items()
    }
