"""The commands of a Markdown page: those in its blocks, and those in the middle of its sentences and tables. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from tests.docs.fences import FENCE, fences

SHELLS = ("sh", "bash", "console")
_NAMES = """
apt apt-get bash cat cp curl docker docker-compose export git gh glab kubectl make mkdir openssl pip pip3 pipx poetry
pulumi pulumi-resource-swarm pytest python python3 rm sed sh ssh ssh-add ssh-keygen ssh-keyscan sudo swarm-provider
systemctl terraform uv wget
"""
PROGRAMS = frozenset(_NAMES.split())
"""What inline code begins with when it is a command; the programs of the pages' blocks come to these."""
_INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_SCRIPT = re.compile(r"(\./)?(tools|ci|testbed|\.ci)/[\w.-]+$")
_ASSIGNMENT = re.compile(r"[A-Z][A-Z0-9_]*=")
_SEPARATOR = re.compile(r"""("(?:\\.|[^"\\])*"|'[^']*')|(\|\||&&|[|;()\n])""")
_MESSAGE = re.compile(r"^\| `[^|]*\|", re.MULTILINE)
"""First cell of a row that explains a message: what it quotes is printed, and not typed."""


@dataclass(frozen=True)
class Command:
    """One command as a page shows it.

    Attributes:
        page: the page's path.
        line: counted from 1.
        text: the command, without the comment behind it.
    """

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}: {self.text}"


def in_blocks(page: Path) -> list[Command]:
    """Return the commands of a page's shell blocks, one by one: a line of three in a pipe gives three."""
    found = []
    for fence in fences(page):
        if fence.language in SHELLS:
            found += [Command(page, fence.line, text) for text in simple_commands(fence.text)]
    return found


def simple_commands(script: str) -> list[str]:
    """Split a script at `;`, `&&`, `||`, `|` and line ends that stand outside quotes, and at `$(`; comments go."""
    script = re.sub(r"\\\n\s*", " ", script)
    script = re.sub(r"(^|\s)#[^\n]*", r"\1", script)
    parts = _SEPARATOR.sub(lambda match: match[1] or "\0", script).split("\0")
    return [text for part in parts if (text := " ".join(part.strip(" \t$").split()))]


def in_prose(page: Path, programs: frozenset[str] = PROGRAMS) -> list[Command]:
    """Return the commands that stand as inline code: what begins with a program or one of our scripts.

    A program's name alone, such as `docker`, is no command. `export`ed or prefixed variables belong to the command.
    """
    text = FENCE.sub(lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"))
    if page.name == "troubleshooting.md":
        text = _MESSAGE.sub("|", text)
    found = []
    for match in _INLINE.finditer(text):
        code = " ".join(match[1].split())
        words = [word for word in code.split() if not _ASSIGNMENT.match(word)]
        if words and ((words[0] in programs and (len(words) > 1 or words[0] == "pytest")) or _is_script(words[0])):
            found.append(Command(page, text.count("\n", 0, match.start()) + 1, code))
    return found


def _is_script(word: str) -> bool:
    return bool(_SCRIPT.match(word)) or word == "."


def names(shorter: str, longer: str) -> bool:
    """Whether a command names another: `docker stack ps` and `pulumi config set …` are beginnings of what is typed.

    A word such as NAME stands for one of the reader's.
    """
    words, typed = shorter.removesuffix("…").split(), longer.split()
    pairs = zip(words, typed, strict=False)
    return len(words) <= len(typed) and all(
        word == other or (word.isupper() and word.isalpha()) for word, other in pairs
    )


def filled(shown: str, typed: str) -> bool:
    """Whether `typed` is what the page shows, with values for NAME-like words, `…`, and a manager's address."""
    pattern = re.escape(shown).replace("…", ".+")
    pattern = re.sub(r"(?<![\w-])[A-Z]+(?![\w-])", r"(?:\\$\\(.*\\)|[^ ]+)", pattern)
    pattern = re.sub(r"(?:ssh|tcp)://[\w@.\\-]*manager\\-\d(?::\d+)?", r"[^ ]+", pattern)
    return re.fullmatch(pattern, typed) is not None
