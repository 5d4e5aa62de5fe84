"""A secret of any length, with blanks and lines, is shown nowhere, whoever quotes or cuts it: not even a piece of it.

Services that fail in every way in which an engine, a program or a health check repeats what it was given, in one `up`;
one of them prints what terminals, CI runners and Pulumi take for orders. Then a look at everything that Pulumi and the
commands print and keep.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.engine import Engine
from tests.support.pulumi import PulumiProject, Result

pytestmark = pytest.mark.e2e

PIECE = 8
"""Characters of a piece that is looked for; the secrets are random."""
HEAD = """
import json, pulumi
import swarm_provider as swarm
values = {name: pulumi.Config().require_secret(name) for name in NAMES}
once = {"restart_policy": {"condition": "none"}, "update_config": {"monitor": "1s"}}
SLEEP = ["sh", "-c", "trap exit TERM; sleep 1000000 & wait"]
PRINT = ["sh", "-c", 'echo begin; echo "url=$VALUE;"; echo end; exit 1']
CHECK = ["CMD", "sh", "-c", 'echo "url=$VALUE;"; exit 1']
health = {"test": CHECK, "interval": "1s", "timeout": "5s", "retries": 1}
def service(place, name, **more):
    given = {"image": "bb:1", "command": SLEEP, "deploy": once, "stop_grace_period": "0s", **more}
    swarm.Service(f"{place}-{name}", **given)
"""
PLACES = {
    "command": "entrypoint=[value], command=[]",
    "user": "user=value",
    "hostname": "hostname=value",
    "mount": 'volumes=[{"type": "bind", "source": pulumi.Output.concat("/", value), "target": "/x"}]',
    "log": 'command=PRINT, environment={"VALUE": value}',
    "health": 'environment={"VALUE": value}, healthcheck=health',
}
HOSTILE = """
orders = "\\n".join([
    "first", "::error::no", "  ::add-mask::x", "see ##[group]x and ##vso[task.setprogress]x",
    "<{%fg 1%}>markup<{%reset%}>",
    "\\x1b[31mred\\x1b[0m \\x9b1mbold", "\\u202ebackwards\\u2066", "a\\u2028b\\x85c", "last",
])
service("orders", "all", command=["sh", "-c", 'printf "%s\\n" "$ORDERS"; exit 1'], environment={"ORDERS": orders})
"""
"""What its program prints are orders, and harmless ones."""


def secret_of(length: int) -> str:
    """A random text of words and lines."""
    text = secrets.token_hex(2) + " "
    while len(text) < length:
        text += secrets.token_hex(1 + secrets.randbelow(20)) + ("\n" if secrets.randbelow(3) == 0 else " ")
    text = text[: length - 1].rstrip()
    return text + secrets.token_hex(length)[: length - len(text)]


def pieces(text: str) -> set[str]:
    """Every piece of a text, however white space and quotes are written."""
    folded = re.sub(r"(?:\s|\\+[nrt])+", " ", text)
    return {folded[at : at + PIECE] for at in range(len(folded) - PIECE + 1)}


@dataclass
class Story:
    """What was printed and kept, by what it is."""

    secret_pieces: set[str]
    up: Result
    texts: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def lengths(request: pytest.FixtureRequest) -> tuple[int, ...]:
    return (10, 300, 1000, 5000) if request.config.getoption("--long") else (10, 5000)


@pytest.fixture(scope="module")
def story(
    lengths: tuple[int, ...], tmp_path_factory: pytest.TempPathFactory, engine: Engine, pulumi_cli: Path
) -> Iterator[Story]:
    values = {f"s{length}": secret_of(length) for length in lengths}
    assert [len(value) for value in values.values()] == list(lengths)
    folder = tmp_path_factory.mktemp("long")
    with engine.cleaned():
        app = PulumiProject(folder, host=engine.host, cli=pulumi_cli)
        for name, value in values.items():
            app.config_set(name, value, secret=True).assert_ok()
        program = HEAD.replace("NAMES", repr(list(values)))
        for place, more in PLACES.items():
            program += f"for name, value in values.items():\n    service({place!r}, name, {more})\n"
        app.program(program + HOSTILE)
        texts = {}
        texts["preview --json"] = app.preview("--json").output
        up = app.up("--diff", "--continue-on-error", timeout=500)
        texts["up"] = up.output
        texts["event log"] = app.events()
        texts["export"] = json.dumps(app.export_state(), ensure_ascii=False)
        texts["state"] = "".join(
            path.read_text() for path in app.backend.rglob("*") if path.is_file() and path.suffix == ".json"
        )
        if len(lengths) > 2:
            texts["up --json"] = app.run("up", "--yes", "--json", "--continue-on-error", timeout=500).output
        for options in ((), ("--json",)):
            texts[f"status {' '.join(options)}"] = command(app, "status", "proj/dev", *options)
        (folder / "preview.json").write_text(app.preview("--json", "--diff").stdout)
        texts["report"] = command(app, "report", str(folder / "preview.json"), "--html", str(folder / "page.html"))
        texts["page"] = (folder / "page.html").read_text()
        app.program(HEAD.replace("NAMES", repr(list(values))) + "for name, value in values.items():\n"
                    '    service("image", name, image=pulumi.Output.concat("bb:", value))\n')  # fmt: skip
        texts["image"] = app.preview().output
        texts["destroy"] = app.destroy().output
        yield Story(set().union(*map(pieces, values.values())), up, texts)


def command(app: PulumiProject, *arguments: str) -> str:
    done = app.swarm_provider(*arguments)
    return done.stdout + done.stderr


def test_no_piece_of_a_secret_is_printed_or_kept(story: Story) -> None:
    leaks = {what: sorted(pieces(text) & story.secret_pieces)[:5] for what, text in story.texts.items()}
    assert {what: found for what, found in leaks.items() if found} == {}


@pytest.mark.parametrize(
    "said",
    [
        'exec: "[secret]": executable file not found',
        "unable to find user [secret]: no matching entries",
        "bind source path does not exist: [secret]",
        # the engine refuses it itself from 29 on
        'sethostname: invalid argument|hostname "[secret]" is too long',
        "last output:\n    begin\n    url=[secret];\n    end",
        "last health check: url=[secret]",
    ],
)
def test_what_went_wrong_is_told_all_the_same(story: Story, said: str) -> None:
    assert any(words in story.texts["up"] for words in said.split("|")), story.texts["up"]


def test_secret_image_is_refused_without_its_name(story: Story) -> None:
    assert "image: must not be secret" in story.texts["image"]


@pytest.mark.parametrize("what", ["up", "export"])
def test_orders_of_a_program_are_text(story: Story, what: str) -> None:
    # the state has the environment too, as it was given
    text = story.texts[what]
    reasons = text[text.index("last output:", text.index("orders-all.1 on node1: exited")) :][:2000]
    said = reasons[: reasons.index("last", 20) + 4].replace("\\n", "\n")
    lines = [line.strip() for line in said.splitlines()[1:]]
    assert lines == [
        "first", ": :error::no", ": :add-mask::x", "see ## [group]x and ## vso[task.setprogress]x",
        "< {%fg 1% }>markup< {%reset% }>", "red bold", "backwards", "a", "b", "c", "last",
    ]  # fmt: skip


def test_reasons_are_kept_in_the_state(story: Story) -> None:
    assert 'exec: \\"[secret]\\": executable file not found' in story.texts["export"]
