"""Masking secrets in texts that people see: whole, line by line, and in every encoding that messages use. Pure.

A message may also hold a secret in another layout than its own (line feeds that became blanks, or `\\n`), and the
beginning of one only, where somebody cut a string before it came here: an engine keeps 4,096 bytes of a health check.
"""

from __future__ import annotations

import base64
import contextlib
import json
import re
import urllib.parse
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, Final

MASK: Final = "[secret]"
SHORTEST_SECRET: Final = 4
"""Characters; shorter texts appear by chance, and masking them would say more than it hides."""
SHORTEST_INNER: Final = 8
"""Characters of a value that stands deeper in a file of settings."""
SHORTEST_ENCODED: Final = 8
"""Characters of a piece of base64 that is masked."""
BEGINNING: Final = 16
"""Characters of a secret's beginning that are masked wherever they stand: so many are none by chance."""
CUT_BEGINNING: Final = 8
"""Characters of a secret's beginning that are masked where the text was cut."""
_CUT: Final = re.compile(r"\ufffd*(?:\.\.\.|…|\s*\Z)")
_ASSIGNMENT: Final = re.compile(r"(?P<inner>(?:\s|-\s|export\s)*)[\"']?[\w.-]+[\"']?\s*[=:]\s*(?P<value>.+)")
_SPACE: Final = re.compile(r"(?:\s|(?<!\\)\\+[nrtvf])+")
"""White space, also as quoting writes it; a run of backslashes is read once."""

Span = tuple[int, int]


class SecretFilter:
    """A filter that masks secret texts: each whole, its lines, the values inside it, and the usual encodings of all.

    One is shared by everybody in a run, and what it learns is masked from then on. What a string costs depends on its
    length, hardly on how many secrets there are.
    """

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: set[str] = set()
        self._exact = _Forms()
        self._folded = _Forms()
        self.add(texts)

    def add(self, texts: Iterable[str]) -> None:
        """Mask these texts too."""
        new = set(texts) - self._texts
        if not new:
            return
        self._texts |= new
        forms = {form for text in new for plain in _plain(text) for form in _encoded(plain)}
        self._exact.add(forms)
        self._folded.add(_fold(form)[0].strip() for form in forms if _SPACE.search(form))

    def __call__(self, text: str) -> str:
        """Return the text with every secret in it masked."""
        spans = list(self._exact.spans(text))
        if self._folded:
            folded, places = _fold(text)
            # the last character of a form is no blank, so that its place is exact
            spans += [(_place(places, at), _place(places, end - 1) + 1) for at, end in self._folded.spans(folded)]
        return _masked(text, spans) if spans else text


class _Forms:
    """Texts to look for, in order: where one begins in a string is found by two comparisons, however many there are."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._ordered: list[str] = []
        self._heads: set[str] = set()
        self._longest = 0

    def __bool__(self) -> bool:
        return bool(self._known)

    def add(self, forms: Iterable[str]) -> None:
        new = {form for form in forms if len(form) >= SHORTEST_SECRET} - self._known
        self._known |= new
        self._heads |= {form[:SHORTEST_SECRET] for form in new}
        self._longest = max(self._longest, *map(len, new)) if new else self._longest
        self._ordered += new
        self._ordered.sort()

    def spans(self, text: str) -> Iterator[Span]:
        """Return where a form stands, or the beginning of one that was cut; they may overlap."""
        heads = self._heads
        for at in range(len(text) - SHORTEST_SECRET + 1):
            if text[at : at + SHORTEST_SECRET] in heads and (end := self._end(text, at)):
                yield at, end

    def _end(self, text: str, at: int) -> int:
        """Return where that ends which begins here; 0 for nothing."""
        found = text[at : at + self._longest]
        place = bisect_right(self._ordered, found)
        # what begins as the text does for longest stands beside the place where the text would stand
        shared = max(_shared(found, form) for form in self._ordered[max(0, place - 1) : place + 1])
        if shared >= BEGINNING or (shared >= CUT_BEGINNING and _CUT.match(text, at + shared)):
            return at + shared
        whole = self._whole(found, place)
        return at + whole if whole else 0

    def _whole(self, found: str, place: int) -> int:
        """Return how long the longest form is that `found` begins with; `place` is where `found` would stand."""
        while place:
            form = self._ordered[place - 1]
            if found.startswith(form):
                return len(form)
            # a shorter one would begin as both do
            found = found[: _shared(found, form)]
            place = bisect_right(self._ordered, found, hi=place)
        return 0


def _shared(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _masked(text: str, spans: list[Span]) -> str:
    """Put one mask for each run of spans, also of several lines; a mask that stands there already stays one."""
    spans += [match.span() for match in re.finditer(re.escape(MASK), text)]
    parts: list[str] = []
    done = 0
    for at, end in sorted(spans):
        between = text[done:at]
        if not parts or not (at <= done or (between.isspace() and "\n" in between)):
            parts += [between, MASK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _fold(text: str) -> tuple[str, list[Span]]:
    """Return the text with a blank for each run of white space; and where its pieces begin, there and in the text."""
    parts: list[str] = []
    places: list[Span] = []
    length = done = 0
    for match in _SPACE.finditer(text):
        places += [(length, done), (length + match.start() - done, match.start())]
        parts += [text[done : match.start()], " "]
        length += match.start() - done + 1
        done = match.end()
    places.append((length, done))
    return "".join([*parts, text[done:]]), places


def _place(places: list[Span], at: int) -> int:
    """Return where in the text a character of the folded text stands."""
    there, here = places[bisect_right(places, at, key=lambda place: place[0]) - 1]
    return here + at - there


def _plain(text: str) -> set[str]:
    plain = {text, text.strip(), *(line.strip() for line in text.splitlines())}
    plain |= {value for line in text.splitlines() for value in _assigned(line)}
    with contextlib.suppress(ValueError, RecursionError):
        plain |= _leaves(json.loads(text))
    return {form for form in plain if len(form) >= SHORTEST_SECRET}


def _assigned(line: str) -> set[str]:
    """Return the value of `KEY=value`, `export KEY='value'`, or of a line of YAML or TOML."""
    match = _ASSIGNMENT.match(line)
    if match is None:
        return set()
    value = match["value"].strip()
    found = {value.strip("\"'"), value.rstrip(",").strip("\"'")}
    # files of settings have short words (true, info), which appear by chance
    return {form for form in found if not match["inner"] or len(form) >= SHORTEST_INNER}


def _leaves(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*(_leaves(item) for item in value.values()))
    if isinstance(value, list):
        return set().union(*(_leaves(item) for item in value))
    return {value} if isinstance(value, str) else set()


def _encoded(plain: str) -> Iterator[str]:
    yield plain
    data = plain.encode(errors="surrogatepass")
    yield from _base64(data)
    yield from (urllib.parse.quote(data), urllib.parse.quote(data, safe=""), urllib.parse.quote_plus(data))
    # as Go writes the password of an address
    yield urllib.parse.quote(data, safe="$&+,;=")
    # Python escapes a ' only in a string that has a " too, which may stand outside the secret
    for quoted in (repr(plain)[1:-1], repr(plain + "\"'")[1:-4], json.dumps(plain)[1:-1], _go(plain)):
        yield quoted
        # a daemon's message that quotes it, inside another one that quotes the message
        yield _go(quoted)
        yield _html_safe(quoted)


def _go(text: str) -> str:
    """Write it as JSON and Go's %q write it, letters outside ASCII as they are."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _html_safe(text: str) -> str:
    """Write it as Go's encoding/json writes it."""
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _base64(data: bytes) -> Iterator[str]:
    yield base64.b64encode(data).decode().rstrip("=")
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        # what stands before and after the secret decides the outermost characters
        sure = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        if len(sure) >= SHORTEST_ENCODED:
            yield sure
            yield sure.replace("+", "-").replace("/", "_")
