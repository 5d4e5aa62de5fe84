"""Every command has help with examples and its exit codes; colour only where a person looks."""

from __future__ import annotations

import argparse
import io
import re
import shlex

import pytest

from swarm_provider.cli.__main__ import main, parser
from swarm_provider.cli.common import Help, painted

COMMANDS = ("install-plugin", "refresh-auth", "report", "status", "doctor", "adopt")


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    return capsys.readouterr().out


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys)
    assert [command for command in COMMANDS if f"    {command}" not in shown] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_examples_and_exit_codes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys, command)
    assert "example" in shown and f"swarm-provider {command}" in shown
    assert "exit codes:\n  0  " in shown and "  2  wrong arguments" in shown
    assert max(map(len, shown.splitlines())) <= 120


@pytest.mark.parametrize("command", COMMANDS)
def test_examples_of_a_help_are_commands_that_work_as_written(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = help_of(capsys, command).partition("example")[2].partition("exit codes:")[0]
    examples = re.findall(r"(swarm-provider [^|;>&\n]*?)(?: {2,}\w.*)?(?=[|;>&\n])", shown)
    assert examples
    for example in examples:
        assert parser().parse_args(shlex.split(example)[1:]).command, example


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_and_not_where_no_color_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert painted("x", "red", Terminal()) == "\033[31mx\033[0m"
    assert painted("x", "red", io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert painted("x", "red", Terminal()) == "x"


def test_argparse_lays_out_paragraphs_by_the_method_that_help_replaces() -> None:
    method = getattr(argparse.RawDescriptionHelpFormatter, "_fill_text", None)
    assert method is not None, "argparse has changed: see Help in swarm_provider/cli/common.py"
    assert Help("x", width=12)._fill_text("a paragraph of words", 12, "") == "a paragraph\nof words"
