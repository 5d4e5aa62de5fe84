"""No command of the pages is without a test: each is executed, or stands in a short list with the reason why not."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache

import pytest

from tests.docs import inventory, test_commands
from tests.docs.commands import PROGRAMS, SHELLS, Command, filled, in_blocks, in_prose, names, simple_commands
from tests.docs.fences import fences
from tests.support.engine import REPO

PAGES = sorted(
    [*REPO.glob("README*.md"), REPO / "CONTRIBUTING.md", *(REPO / "docs").glob("*.md"), REPO / "examples/ci/README.md"]
)
RUNS = (*inventory.RUNS, *inventory.ALONE, *inventory.IN_A_CLONE)


@cache
def _programs() -> frozenset[str]:
    blocks = {command.text.split()[0] for page in PAGES for command in in_blocks(page)}
    return PROGRAMS | {word for word in blocks if re.fullmatch(r"[a-z][a-z0-9-]+", word)}


@cache
def _executed() -> frozenset[str]:
    found = {run.command for run in RUNS} | {run.shown for run in RUNS} | inventory.ELSEWHERE.keys()
    found |= {text for run in RUNS for text in simple_commands(f"{run.given}\n{run.then}")}
    for page in PAGES:
        if page.name in test_commands.BY_A_TEST:
            found |= {command.text for command in in_blocks(page)}
    return frozenset(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_command_of_a_page_is_executed_or_listed_with_a_reason(page: object) -> None:
    assert isinstance(page, type(REPO))
    lost = [one for one in in_blocks(page) if one.text not in _executed() | inventory.NOT_HERE.keys()]
    lost += [one for one in in_prose(page, _programs()) if not _accounted_for(one.text)]
    assert lost == [], "neither executed nor in tests/docs/inventory.py:\n" + "\n".join(map(str, lost))


def _accounted_for(text: str) -> bool:
    return any(text == one or (one.endswith("…") and names(one, text)) for one in inventory.NOT_HERE) or any(
        names(text, one) for one in _executed()
    )


def test_list_has_nothing_that_no_page_shows() -> None:
    shown = {one.text for page in PAGES for one in (*in_blocks(page), *in_prose(page, _programs()))}
    listed = {run.shown for run in RUNS} | inventory.ELSEWHERE.keys() | inventory.NOT_HERE.keys()
    assert sorted(one for one in listed - shown if not any(names(one, text) for text in shown)) == []


@pytest.mark.parametrize("run", [run for run in RUNS if run.typed], ids=lambda run: run.shown)
def test_what_is_typed_is_what_the_page_shows(run: inventory.Run) -> None:
    assert filled(run.shown, run.typed) or names(run.shown, run.typed)


@pytest.mark.parametrize("command", inventory.ELSEWHERE)
def test_command_that_another_test_runs_stands_there(command: str) -> None:
    path, needle = inventory.ELSEWHERE[command]
    assert needle in (REPO / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("command", inventory.NOT_HERE)
def test_command_that_cannot_be_executed_is_one_that_its_program_knows(command: str) -> None:
    assert inventory.NOT_HERE[command]
    program, *arguments = shlex.split(command)
    if program == "make":
        subprocess.run(["make", "-n", *arguments], cwd=REPO, check=True, capture_output=True)
    elif program == "python" and "--" not in command:
        assert importlib.util.find_spec(arguments[1])
    elif program == "python":
        done = subprocess.run(
            [sys.executable, *arguments[:2], "--help"], cwd=REPO, check=True, capture_output=True, text=True
        )
        assert all(word in done.stdout for word in arguments if word.startswith("--"))
    elif command.startswith("docker compose"):
        # `make setup` does not install it; a developer's machine may have it
        docker = shutil.which("docker")
        if docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0:
            words = [word for word in arguments if not word.startswith("--")]
            done = subprocess.run([docker, *words, "--help"], check=True, capture_output=True, text=True)
            assert all(word in done.stdout for word in arguments if word.startswith("--"))
    else:
        assert shutil.which(program, path="/usr/bin:/bin:/usr/sbin:/sbin")


def test_scripts_of_the_pages_exist() -> None:
    for page in PAGES:
        for one in in_prose(page):
            word = next(word for word in one.text.split() if "=" not in word)
            if "/" in word and not word.startswith("."):
                assert any((root / word).is_file() for root in (REPO, REPO / "examples/ci")), str(one)


def test_pages_have_no_other_shell_than_those_that_are_looked_for() -> None:
    known = {*SHELLS, "text", "yaml", "python", "json", "toml", "typescript", "go"}
    for page in PAGES:
        assert {fence.language for fence in fences(page)} <= known, page.name


@pytest.mark.parametrize("titles", [("by-hand", "here", "both")])
def test_shell_blocks_of_the_docker_page_say_where_they_run(titles: tuple[str, ...]) -> None:
    page = REPO / "docs" / "from-docker-commands.md"
    assert [fence.line for fence in fences(page) if fence.language in SHELLS and fence.title not in titles] == []


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("a b  # why\n\n# all\nc", ["a b", "c"]),
        ("a || b && c | d; e", ["a", "b", "c", "d", "e"]),
        ("a 'x | y' \"$(z; w)\"", ["a 'x | y' \"$(z; w)\""]),
        ("a $(b c)", ["a", "b c"]),
        ("a |\n    b", ["a", "b"]),
        ("a \\\n  b", ["a b"]),
    ],
)
def test_script_is_split_into_its_commands(script: str, commands: list[str]) -> None:
    assert simple_commands(script) == commands


def test_command_in_prose_is_found_across_lines_and_names_of_programs_are_not(tmp_path: object) -> None:
    assert isinstance(tmp_path, type(REPO))
    page = tmp_path / "page.md"
    page.write_text(
        "By `docker\nservice ls`, `docker`, `A=1 ci/up.sh`, `image: x`.\n\n```sh\ngit x\n```\n\n| `pulumi up` |\n"
    )
    assert in_prose(page) == [
        Command(page, 1, "docker service ls"), Command(page, 2, "A=1 ci/up.sh"), Command(page, 8, "pulumi up"),
    ]  # fmt: skip


def test_new_command_on_a_page_is_noticed() -> None:
    assert not _accounted_for("pulumi stack change-secrets-provider")
    assert not _accounted_for("docker service create")
    assert _accounted_for("pulumi config set …") and _accounted_for("docker stack ps")
    assert filled("docker service scale NAME=5", "docker service scale web=5")
    assert not filled("docker service scale NAME=5", "docker service scale web=6")
