"""`swarm-provider report` as a person or a pipeline calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from swarm_provider.cli.__main__ import main
from tests.report.golden import PREVIEWS

UPDATE = str(PREVIEWS / "update.json")


def test_report_without_options_is_markdown_on_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", UPDATE]) == 0
    assert capsys.readouterr().out == (PREVIEWS / "update.md").read_text(encoding="utf-8")


def test_report_writes_page_and_comment_of_one_preview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, comment = tmp_path / "page.html", tmp_path / "comment.md"
    assert main(["report", UPDATE, "--html", str(page), "-o", str(comment)]) == 0
    assert capsys.readouterr().out == ""
    assert page.read_text(encoding="utf-8") == (PREVIEWS / "update.html").read_text(encoding="utf-8")
    assert comment.read_text(encoding="utf-8").startswith("<!-- swarm-provider report shop/prod -->\n")


def test_report_as_json_names_service_tasks_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", UPDATE, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    web = next(entry for entry in told["services"] if entry["service"] == "web")
    assert (web["restarts"], web["tasks"], web["reasons"]) == (True, 2, ["image", "environment.MODE"])
    assert told["marker"] == "<!-- swarm-provider report shop/prod -->"


@pytest.mark.parametrize(("name", "code"), [("unchanged", 0), ("update", 7), ("wrong", 1)])
def test_report_that_expects_no_changes_exits_by_what_it_finds(name: str, code: int) -> None:
    assert main(["report", str(PREVIEWS / f"{name}.json"), "--expect-no-changes"]) == code


def test_report_reads_standard_input_and_what_powershell_writes() -> None:
    data = Path(UPDATE).read_text(encoding="utf-8").encode("utf-16")
    done = subprocess.run(
        [sys.executable, "-m", "swarm_provider.cli", "report"], input=data, capture_output=True, check=True
    )
    assert done.stdout.decode() == (PREVIEWS / "update.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "/nowhere/preview.json"], "cannot read '/nowhere/preview.json': No such file or directory"),
        (["report", UPDATE, "--html", "/nowhere/page.html"], "cannot write '/nowhere/page.html'"),
        (["report", str(PREVIEWS / "update.md")], "this is not Pulumi's JSON"),
    ],
)
def test_report_that_cannot_be_made_says_why_in_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_wrong_arguments_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["report", "--limit", "5"])
    assert caught.value.code == 2
    assert "1000 characters at least" in capsys.readouterr().err
