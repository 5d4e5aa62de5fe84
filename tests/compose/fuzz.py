"""Throws files at the loader for a while: `python -m tests.compose.fuzz SECONDS [SEED]`; prints what it finds.

Runs in a process of its own with little memory, and with an alarm for each file: a traceback, a hang and a blow-up of
memory each end it with exit code 1 and the file that did it.
"""

from __future__ import annotations

import random
import resource
import signal
import string
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from swarm_provider.compose import load, project_name
from swarm_provider.errors import InputError
from tests.compose import cases

MEMORY = 3 << 29
"""Bytes of address space: 1.5 GiB, of which the interpreter with its libraries has a tenth."""
SECONDS_PER_FILE = 120
"""Of a processor: the machine may be busy with other things. The most that the largest files take is linear in them."""
CORPUS = [path.read_text("utf-8") for name in cases.names() for path in cases.files(name)]
LINES = sorted({line.strip() for text in CORPUS for line in text.splitlines()})
WORDS = (
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
        "<<: [*a, *a]",
        "? ",
        "!!int ",
        "!!binary ",
        "!x ",
        "!reset ",
        "!override ",
        "extends: web",
        "extends: {file: 0.yml, service: web}",
        "include: [1.yml]",
        "|",
    ),
    *(
        ">-",
        "'",
        '"',
        "${",
        "${X:+",
        "${X:-${",
        "$$",
        "}",
        "0",
        "-1",
        "1e9",
        "1e999",
        ".inf",
        ".nan",
        "0x",
        "0o8",
        "1_0",
    ),
    *(
        "2024-01-02",
        "99999999999999999999",
        "é",
        "\ud7ff",
        "\ufeff",
        "\u2028",
        "\x07",
        "\t",
        "\n",
        "\r",
        "---",
        "...",
        "%YAML 9",
    ),
)
VALUES = (
    *(
        "",
        "[]",
        "{}",
        "null",
        "true",
        "-1",
        "0",
        "1.5",
        "1e30",
        ".inf",
        "x",
        "'x'",
        "[x]",
        "[[x]]",
        "{x: y}",
        "[{x: y}]",
    ),
    *(
        "[null]",
        "{x: null}",
        "${SET}",
        "${X}",
        "$",
        "2024-01-01",
        "a:b:c:d",
        "-",
        "1-2",
        "9999999999999999999999",
        "!!binary x",
    ),
)


class Hang(BaseException):
    """A file took too long; not an Exception, so that nothing on the way takes it for an error of the file."""


def lines_of(random_: random.Random) -> list[str]:
    return random_.choice(CORPUS).splitlines()


def mutated(random_: random.Random) -> bytes:
    """A case's file with lines exchanged, dropped, moved in, or cut."""
    lines = lines_of(random_)
    for _ in range(random_.randint(1, 6)):
        at = random_.randrange(len(lines))
        line = lines[at]
        indent = line[: len(line) - len(line.lstrip())]
        snippet = random_.choice((random_.choice(LINES), random_.choice(WORDS)))
        change = random_.randrange(6)
        if change == 0 and len(lines) > 1:
            del lines[at]
        elif change == 1:
            lines.insert(at, indent + snippet)
        elif change == 2:
            lines[at] = line.partition(":")[0] + ": " + random_.choice(VALUES)
        elif change == 3:
            cut = random_.randint(0, len(line))
            lines[at] = line[:cut] + snippet + line[cut:]
        elif change == 4:
            lines[at] = indent + random_.choice(LINES)
        else:
            lines[at] = line.replace(random_.choice(": -[]{},\"'"), snippet, 1)
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def scrambled(random_: random.Random) -> bytes:
    """A case's file with bytes changed: bad UTF-8, control characters, halves of characters."""
    data = bytearray(mutated(random_))
    for _ in range(random_.randint(1, 8)):
        if data:
            data[random_.randrange(len(data))] = random_.randrange(256)
    return bytes(data[: random_.randint(0, len(data))] if random_.random() < 0.3 else data)


def encoded(random_: random.Random) -> bytes:
    """A case in another encoding, with or without a mark of its byte order."""
    text = random_.choice(CORPUS)
    return text.encode(random_.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-8-sig", "utf-7")), "replace")


def alias_bomb(random_: random.Random) -> bytes:
    """Aliases of aliases, as values, as merge keys, in lists, in the keys that the loader reads."""
    width, depth = random_.choice((2, 9, 50)), random_.choice((8, 30, 90))
    kind = random_.randrange(3)
    lines = ["x-0: &a0 " + ("{a: b}" if kind == 1 else "[x]")]
    for level in range(1, depth):
        inner = ", ".join([f"*a{level - 1}"] * width)
        value = f"{{<<: [{inner}], k{level}: v}}" if kind == 1 else f"[{inner}]"
        lines.append(f"x-{level}: &a{level} {value}")
    end = random_.choice(
        ("services: *a{0}", "services: {{web: *a{0}}}", "services: {{web: {{image: bb, labels: *a{0}}}}}")
    )
    return "\n".join([*lines, end.format(depth - 1)]).encode()


def deep(random_: random.Random) -> bytes:
    """Very deep nesting."""
    depth = random_.choice((50, 99, 101, 1000, 100_000))
    opening, closing = random_.choice((("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")))
    where = random_.choice(("{}", "services: {}", "services:\n  web:\n    image: bb\n    x-a: {}"))
    return where.format(opening * depth + "1" + closing * depth).encode()


def large(random_: random.Random) -> bytes:
    """Files of about 10 MB: many keys, one long text, many problems, one long line, many variables."""
    count = random_.choice((1_000, 50_000, 400_000))
    text = {
        0: lambda: "services:\n" + "".join(f" s{number}: {{image: bb}}\n" for number in range(count)),
        1: lambda: "services: {web: {image: bb, labels: {a: '" + "x" * 10_000_000 + "'}}}",
        2: lambda: "services:\n web:\n  image: bb\n" + "".join(f"  k{number}: 1\n" for number in range(count)),
        3: lambda: "services: {web: {image: bb, environment: [" + "a=b," * count + "]}}",
        4: lambda: "services: {web: {image: bb, environment: {A: '" + "${X:-" * count + "}" * count + "'}}}",
        5: lambda: "services: {web: {image: bb, environment: {A: '" + "$SET " * count + "'}}}",
        6: lambda: "services: {web: {image: bb, command: '" + "a\\\\ " * count + "'}}",
        7: lambda: "services: {web: {image: bb, ports: [" + "'1-65535:1-65535'," * min(count, 200) + "]}}",
        8: lambda: (
            "services: {web: {image: bb, depends_on: [" + ",".join(f"s{number}" for number in range(count)) + "]}}"
        ),
        9: lambda: "#" * 10_000_000 + "\nservices: {web: {image: bb}}",
        10: lambda: "\n".join(f"a{number}: &x{number} 1" for number in range(count)),
        11: lambda: "services: {web: {image: '" + "a/" * count + "'}}",
        12: lambda: "services: {web: {image: bb, deploy: {resources: {limits: {memory: '" + "9" * count + "'}}}}}",
    }[random_.randrange(13)]()
    return text.encode()


def chain(random_: random.Random) -> bytes:
    """Services that depend on each other, in chains and circles."""
    count = random_.choice((3, 100, 3000))
    lines = ["services:"]
    for number in range(count):
        others = {random_.randrange(count) for _ in range(random_.randint(0, 3))} | {number + 1}
        lines.append(f" s{number}: {{image: bb, depends_on: [{', '.join(f's{other}' for other in sorted(others))}]}}")
    return "\n".join(lines).encode()


def noise(random_: random.Random) -> bytes:
    """Random bytes, or random characters that YAML knows."""
    length = random_.randint(0, 400)
    if random_.random() < 0.5:
        return random_.randbytes(length)
    letters = string.printable + "\u00e9\u2028\ufeff"
    return "".join(random_.choice(letters) for _ in range(length)).encode()


def typed(random_: random.Random) -> bytes:
    """A valid skeleton whose keys have values of the wrong kinds."""
    keys = sorted({line.partition(":")[0].strip("- ") for line in LINES if ":" in line and len(line) < 80})
    lines = ["services:", "  web:", "    image: bb"]
    lines += [f"    {random_.choice(keys)}: {random_.choice(VALUES)}" for _ in range(random_.randint(1, 8))]
    for section in random_.sample(("networks", "volumes", "configs", "secrets", "x-a", "version", "name"), 3):
        lines.append(f"{section}: {random_.choice(VALUES)}")
    return "\n".join(lines).encode("utf-8", "surrogatepass")


MAKERS: tuple[tuple[int, Callable[[random.Random], bytes]], ...] = (
    *((400, maker) for maker in (mutated, typed)),
    *((100, maker) for maker in (scrambled, noise)),
    *((10, maker) for maker in (encoded, alias_bomb, deep)),
    *((1, maker) for maker in (chain, large)),
)


def reads_cleanly(files: list[bytes], folder: Path) -> None:
    """Read the files as one project: a result or an InputError in one line per problem; anything else is raised."""
    paths = [folder / f"{number}.yml" for number in range(len(files))]
    for path, data in zip(paths, files, strict=True):
        path.write_bytes(data)
    for read in (
        lambda: project_name(paths, cases.ENVIRONMENT),
        lambda: load(paths, stack="s", env=environment()),
        lambda: load(paths, stack="s", env=environment(), dialect="compose-spec"),
    ):
        try:
            read()
        except InputError as error:
            for problem in error.problems:
                assert problem.message
                assert len(str(problem)) < 5000
                assert "\n" not in str(problem)


def environment() -> dict[str, object]:
    return {**cases.ENVIRONMENT, "X": object()}


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise Hang


def main(seconds: float, seed: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    signal.signal(signal.SIGPROF, _ring)
    random_ = random.Random(seed)
    weights, makers = zip(*MAKERS, strict=True)
    # each maker once, whatever the time: also the rare ones
    waiting = list(makers)
    end, count = time.monotonic() + seconds, 0
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "files").symlink_to(cases.DATA / "files")
        while waiting or time.monotonic() < end:
            maker = waiting.pop() if waiting else random_.choices(makers, weights)[0]
            files = [maker(random_)]
            if random_.random() < 0.3:
                files.append(mutated(random_))
            signal.setitimer(signal.ITIMER_PROF, SECONDS_PER_FILE)
            try:
                reads_cleanly(files, Path(folder))
            except BaseException:  # whatever it is, it is what we look for
                signal.setitimer(signal.ITIMER_PROF, 0)
                sys.stdout.write(f"seed {seed}, file {count} of {maker.__name__}:\n{traceback.format_exc()[-3000:]}\n")
                sys.stdout.write("\n".join(ascii(data[:2000]) for data in files) + "\n")
                return 1
            signal.setitimer(signal.ITIMER_PROF, 0)
            count += 1
    sys.stdout.write(f"{count} files, seed {seed}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)))
