"""A canary: a secret that is looked for, in every usual form, wherever it must not be."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import threading
import time
import urllib.parse
from collections.abc import Iterable, Iterator
from pathlib import Path

SHORTEST = 12
"""Characters of a line that is looked for by itself; shorter ones could stand somewhere by chance."""


def pem() -> str:
    """A text of several lines; each, the first and the last too, is found nowhere else."""
    name = f"CANARY {secrets.token_hex(6)} KEY"
    lines = [base64.b64encode(secrets.token_bytes(48)).decode() for _ in range(4)]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"])


def password() -> str:
    """One line with the characters that quoting and escaping change."""
    return f"pä\"s's\\{secrets.token_hex(6)}<w>&$o{{r}}d/+=% #{secrets.token_hex(6)}"


class Canary:
    """Finds any form of some secret texts."""

    def __init__(self, *texts: str) -> None:
        self._forms: dict[bytes, str] = {}
        for text in texts:
            for kind, form in _forms(text):
                self._forms.setdefault(form.encode(), kind)

    def found_in(self, content: str | bytes) -> set[str]:
        """Return the kinds of forms that the content holds; empty when it is clean."""
        data = content.encode(errors="surrogateescape") if isinstance(content, str) else content
        return {kind for form, kind in self._forms.items() if form in data}


def _forms(text: str) -> Iterator[tuple[str, str]]:
    for part in (text, *(line for line in text.splitlines() if len(line) >= SHORTEST)):
        what = "text" if part == text else "line"
        yield f"{what}, plain", part
        for form in _base64(part.encode()):
            yield f"{what}, base64", form
        for form in _url(part):
            yield f"{what}, URL", form
        for form in _json(part):
            yield f"{what}, JSON", form
            yield f"{what}, JSON in JSON", json.dumps(form)[1:-1]
        yield f"{what}, Python", repr(part)[1:-1]
    for name in ("md5", "sha1", "sha256"):
        # enough to confirm a guess offline
        yield f"text, {name}", hashlib.new(name, text.encode()).hexdigest()[:12]


def _base64(data: bytes) -> Iterator[str]:
    for offset in range(3):
        encoded = base64.b64encode(b"x" * offset + data).decode()
        # without the characters that depend on what stands before and after
        sure = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]
        yield sure
        yield sure.translate(str.maketrans("+/", "-_"))


def _url(text: str) -> Iterator[str]:
    for encoded in (urllib.parse.quote(text), urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text)):
        yield encoded
        yield encoded.replace("%", "%25")


def _json(text: str) -> Iterator[str]:
    for ascii_only in (True, False):
        encoded = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
        yield encoded
        # as Go writes it
        yield encoded.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def files_with(
    canary: Canary, folders: Iterable[Path], since: float, leave: Iterable[Path] = ()
) -> dict[str, set[str]]:
    """Return the files that hold a form, of those changed since that time.

    Args:
        since: seconds, as time.time().
        leave: folders that are not looked into. Folders of test engines never are: a cluster holds its secrets.
    """
    found = {}
    left = set(leave)
    for folder in folders:
        for parent, folders_in, names in os.walk(folder):
            folders_in[:] = [
                name
                for name in folders_in
                if Path(parent, name) not in left and not Path(parent, name, "bed.state").exists()
            ]
            for name in names:
                content = _read(Path(parent, name), since)
                kinds = canary.found_in(content) | canary.found_in(name)
                if kinds:
                    found[str(Path(parent, name))] = kinds
    return found


def _read(path: Path, since: float) -> bytes:
    try:
        status = path.lstat()
        if not path.is_file() or path.is_symlink() or status.st_mtime < since or status.st_size > 50_000_000:
            return b""
        return path.read_bytes()
    except OSError:
        # others work here too: it is gone by now
        return b""


class Watch:
    """Looks, while a block runs, at the arguments of all processes and at every file in a temporary folder.

    Attributes:
        arguments: every command line that was seen.
        leaks: where a form was seen.
    """

    INTERVAL = 0.05
    LOOKS = 4
    """A process is looked at more than once, because a fork has its parent's arguments until it execs."""

    def __init__(self, canary: Canary, temporary: Path) -> None:
        self.arguments: set[str] = set()
        self.leaks: list[str] = []
        self._canary = canary
        self._temporary = temporary
        self._looked: dict[str, int] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(self.INTERVAL):
            pids = {path.name for path in Path("/proc").iterdir() if path.name.isdigit()}
            for pid in pids:
                if self._looked.get(pid, 0) < self.LOOKS:
                    self._look_at(pid)
            self._looked = {pid: count for pid, count in self._looked.items() if pid in pids}
            for parent, _, names in os.walk(self._temporary):
                for name in names:
                    self._note(f"temporary file {name}", _read(Path(parent, name), 0))

    def _look_at(self, pid: str) -> None:
        self._looked[pid] = self._looked.get(pid, 0) + 1
        try:
            arguments = Path("/proc", pid, "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:
            return
        text = arguments.decode(errors="replace")
        if text not in self.arguments:
            self.arguments.add(text)
            self._note(f"arguments of process {pid}", arguments)

    def _note(self, where: str, content: bytes) -> None:
        kinds = self._canary.found_in(content)
        if kinds:
            self.leaks.append(f"{where}: {sorted(kinds)}")


def now() -> float:
    """Seconds now, minus what file systems round away."""
    return time.time() - 2
