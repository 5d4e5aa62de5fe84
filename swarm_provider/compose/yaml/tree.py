"""What a compose file is between reading and converting: plain maps and lists that know where they stand.

Here are the data types that the modules of this room pass on, the collector of problems, and Go's way to print a
value. No reading of files, no rules of compose.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from swarm_provider.errors import InputError, Problem
from swarm_provider.model.types.short_forms import number_text

Path = tuple[str | int, ...]
MOST_PROBLEMS: Final = 500
LONGEST_MESSAGE: Final = 1000
_LONGEST_SHOWN: Final = 60


class Map(dict[str, Any]):
    """A YAML mapping: its file, its own line, and the line of each key (its file too, where that is another one)."""

    __slots__ = ("file", "files", "line", "lines")

    def __init__(self, file: str = "", line: int = 0) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[str, int] = {}
        self.files: dict[str, str] = {}

    def empty_copy(self) -> Map:
        """Return an empty map that is at the same place."""
        copy = Map(self.file, self.line)
        copy.lines, copy.files = self.lines, self.files
        return copy

    def copied(self, without: Container[str] = ()) -> Map:
        """Return a copy without these keys; its lines are its own."""
        copy = Map(self.file, self.line)
        for key, value in self.items():
            if key not in without:
                copy.put(key, value, self.where(key))
        return copy

    def changed(self, changes: Mapping[str, Callable[[Any], Any]]) -> Map:
        """Return a copy with the values of these keys changed, each at its place."""
        copy = self.copied()
        copy.update((key, change(copy[key])) for key, change in changes.items() if key in copy)
        return copy

    def each(self, change: Callable[[Map], Map]) -> Map:
        """Return a copy with every value changed that is a mapping itself."""
        return self.changed({key: change for key, value in self.items() if isinstance(value, Map)})

    def where(self, key: str) -> tuple[str, int]:
        """Return the file and the line of a key."""
        return self.files.get(key, self.file), self.lines.get(key, self.line)

    def put(self, key: str, value: Any, where: tuple[str, int]) -> None:
        """Set a key, and where it stands; only for a mapping whose lines are its own.

        Args:
            key: the key in its section.
            value: the value as the file has it.
            where: file and line.
        """
        self[key] = value
        self.files[key], self.lines[key] = where


class Items(list[Any]):
    """A YAML sequence: its file, its own line, and the line of each entry (its file too, where that is another one)."""

    __slots__ = ("file", "files", "line", "lines")

    def __init__(self, file: str = "", line: int = 0) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: list[int] = []
        self.files: list[str] = []

    def empty_copy(self) -> Items:
        """Return an empty list that is at the same place."""
        copy = Items(self.file, self.line)
        copy.lines, copy.files = self.lines, self.files
        return copy

    def where(self, index: int) -> tuple[str, int]:
        """Return the file and the line of an entry."""
        file = self.files[index] if index < len(self.files) else self.file
        return file, self.lines[index] if index < len(self.lines) else self.line

    def put(self, value: Any, where: tuple[str, int]) -> None:
        """Append an entry, and where it stands; only for a list whose lines are its own."""
        self.append(value)
        self.files.append(where[0])
        self.lines.append(where[1])


class Timestamp(str):
    """An unquoted date, which docker reads as a point in time; the text is what Go prints for it."""

    __slots__ = ("raw",)
    raw: str


class Interpolated(str):
    """A string that variables became. Messages show the file's own text (`raw`), since the value may be a secret.

    So its repr, with which messages show values, is that of `raw`; and str() leaves it what it is.
    """

    __slots__ = ("raw",)
    raw: str

    def __new__(cls, value: str, raw: str) -> Interpolated:
        made = super().__new__(cls, value)
        made.raw = raw
        return made

    def __repr__(self) -> str:
        return short(self.raw)

    def __str__(self) -> str:
        return self


class InterpolatedInt(int):
    """An integer that variables became; shown as `Interpolated`."""

    raw: str

    def __repr__(self) -> str:
        return short(self.raw)

    def __str__(self) -> str:
        return int.__repr__(self)


class InterpolatedFloat(float):
    """A number that variables became; shown as `Interpolated`."""

    raw: str

    def __repr__(self) -> str:
        return short(self.raw)

    def __str__(self) -> str:
        return float.__repr__(self)


def interpolated(value: Any, raw: str) -> Any:
    """Return a value that variables became, so that no message shows it; nested ones with all that is in them."""
    if isinstance(value, str):
        return Interpolated(value, raw)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        number = InterpolatedInt(value) if isinstance(value, int) else InterpolatedFloat(value)
        number.raw = raw
        return number
    if isinstance(value, dict):
        return {key: interpolated(entry, raw) for key, entry in value.items()}
    return [interpolated(entry, raw) for entry in value] if isinstance(value, list) else value


def plain(value: Any) -> Any:
    """Return a value without what messages need: plain texts and numbers, in their lists and maps."""
    if isinstance(value, Interpolated):
        return str.__str__(value)
    if isinstance(value, InterpolatedInt):
        return int(value)
    if isinstance(value, InterpolatedFloat):
        return float(value)
    if isinstance(value, dict):
        return {plain(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, Ref):
        return Ref(value.kind, plain(value.key))
    if isinstance(value, Template):
        return Template(tuple(plain(piece) for piece in value.parts))
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def part(whole: Any, value: Any) -> Any:
    """Return what was made of a scalar; of one that variables became, no message shows what was made of it either."""
    raw = getattr(whole, "raw", None) if isinstance(whole, _INTERPOLATED) else None
    return value if raw is None else interpolated(value, raw)


def as_written(value: Any) -> str:
    """Return a scalar as the file has it, for messages that show it without quotes."""
    return str(getattr(value, "raw", value))


def prefixed(stack: str, key: str) -> str:
    """Return the name of what a file calls `key`."""
    name = f"{stack}_{key}"
    return Interpolated(name, f"{as_written(stack)}_{key}") if isinstance(stack, Interpolated) else name


def short(text: str) -> str:
    """Return a string as messages show it."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")


_INTERPOLATED: Final = (Interpolated, InterpolatedInt, InterpolatedFloat)


class WrittenInt(int):
    """An integer whose decimal text differs from what the file says (`0755`, `1_000`)."""

    raw: str


class WrittenFloat(float):
    """A number whose text in Go differs from what the file says (`1.10`, `1e3`)."""

    raw: str


@dataclass(frozen=True)
class Marked:
    """A value with a tag of the compose-spec: `!reset` (nothing stands here) or `!override` (nothing else does)."""

    tag: str
    value: Any


@dataclass(frozen=True)
class Ref:
    """A placeholder for the actual name of a `config`, `secret`, `network` or `volume` of the file."""

    kind: str
    key: str


@dataclass(frozen=True)
class Template:
    """A string with parts that are not known yet; `parts` are texts and the opaque values, in order."""

    parts: tuple[object, ...]

    def __repr__(self) -> str:
        return "an Output"


@dataclass
class Report:
    """The list of what is wrong and what surprises, with its place."""

    errors: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)

    def add(self, problems: list[Problem], message: str, at: SourceLocation) -> None:
        """Add a problem to one of the lists; who has this many needs no more of them.

        Args:
            problems: the list to add to.
            message: what is wrong.
            at: the place in the file, which collects problems.
        """
        if len(problems) < MOST_PROBLEMS:
            shown = message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "..."
            problems.append(Problem(shown, path_text(at.path), at.file, at.line))

    def raise_errors(self) -> None:
        """Raise all errors so far as one InputError, if there are any."""
        if self.errors:
            raise InputError(*unique(self.errors))


@dataclass(frozen=True)
class SourceLocation:
    """A place in a file: where a reader stands, so that it can say so."""

    report: Report
    file: str
    path: Path = ()
    line: int = 0

    def key(self, parent: Any, key: str) -> SourceLocation:
        """Return the place of `key` in the mapping `parent`."""
        file, line = parent.where(key) if isinstance(parent, Map) else (getattr(parent, "file", ""), 0)
        return SourceLocation(self.report, file or self.file, (*self.path, key), line or self.line)

    def item(self, parent: Any, index: int) -> SourceLocation:
        """Return the place of an entry of the sequence `parent`."""
        known = isinstance(parent, Items) and index < len(parent.lines)
        file, line = parent.where(index) if known else (getattr(parent, "file", ""), 0)
        return SourceLocation(self.report, file or self.file, (*self.path, index), line or self.line)

    @property
    def inside_extension(self) -> bool:
        """Whether this is below a key of the user's own (`x-...`), which nothing reads."""
        return any(isinstance(step, str) and step.startswith("x-") for step in self.path)

    def error(self, message: str) -> None:
        """Note that something is wrong here."""
        self.report.add(self.report.errors, message, self)

    def warn(self, message: str) -> None:
        """Note that something here is not what its writer may expect."""
        self.report.add(self.report.warnings, message, self)


def path_text(path: Path) -> str:
    """Return a path as people write it: `services.web.ports[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{as_written(step)}"
    return text.removeprefix(".")


def matches(path: Path, pattern: tuple[str, ...]) -> bool:
    """Tell whether a path is one of a pattern, where `*` is any key and `[]` any entry of a list."""
    return len(path) == len(pattern) and all(
        (isinstance(step, int) if want == "[]" else isinstance(step, str) and want in ("*", step))
        for step, want in zip(path, pattern, strict=True)
    )


def located(tree: Any, path: Iterable[str]) -> list[tuple[str, int]]:
    """Return file and line of each key on a path of mappings, as far as they go."""
    found = []
    for key in path:
        if not isinstance(tree, Map) or key not in tree:
            break
        found.append(tree.where(key))
        tree = tree[key]
    return found


def unique(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems without repetitions, in their order."""
    return list(dict.fromkeys(problems))


def go_text(value: Any) -> Any:
    """Return the text that Go's `%v` makes of a scalar; a Template stays one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return part(value, number_text(value))
    return value
