"""Whether the states in a folder are whole, and which copy to restore where one is not.

A Pulumi CLI that is killed, or a disk that is full, can leave files of its backend empty or cut off; every command ends
with `failed to load checkpoint` then. A checkpoint is written beside the old one and takes its place at once. The file
`.attrs` beside it, which has its type and checksum, is written over: it is the usual victim, and nobody needs it.
"""

from __future__ import annotations

import gzip
import json
import shlex
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

_FORMS: Final = (".json", ".json.gz", ".json.zst")
_ZSTANDARD: Final = b"\x28\xb5\x2f\xfd"
_META: Final = r"version: 1\n"
_UP: Final = "then pulumi up"


@dataclass(frozen=True)
class Broken:
    """One file of a backend that Pulumi cannot read.

    Attributes:
        says: what is wrong with it, and what Pulumi says.
        command: a shell command that mends it, "" where no copy can be read.
        then: what to do after that, or instead.
    """

    says: str
    command: str
    then: str


def broken(backend: Path) -> list[Broken]:
    """Return what is wrong with the files of a folder that is a backend; an empty list when nothing is."""
    own = backend / ".pulumi"
    found = list(_meta(own / "meta.yaml"))
    for file in stacks(backend):
        if not _is_whole(file):
            found.append(_restored(own, file))
        elif not _attributes_are_whole(file):
            found.append(_without_attributes(file, "failed to load checkpoint: EOF"))
    return found


def stacks(backend: Path) -> list[Path]:
    """Return the files that have the states, one for each Pulumi stack, in order of their names."""
    folder = backend / ".pulumi" / "stacks"
    return sorted(file for file in folder.rglob("*") if file.name.endswith(_FORMS) and file.is_file())


def _meta(file: Path) -> Iterator[Broken]:
    if not file.exists():
        return
    if not file.read_bytes().strip():
        says = f"{file} is empty: every command ends with 'corrupt store: missing version'"
        yield Broken(says, f"printf '{_META}' >{shlex.quote(str(file))}", _UP)
    elif not _attributes_are_whole(file):
        yield _without_attributes(file, f'read ".pulumi/{file.name}": EOF')


def _without_attributes(file: Path, message: str) -> Broken:
    attributes = _attributes(file)
    says = (
        f"{attributes} is empty or truncated: every command on it ends with {message!r}, or 'unexpected EOF'; "
        f"{file.name} itself is intact"
    )
    return Broken(says, f"rm {shlex.quote(str(attributes))}", f"nothing is lost with it; {_UP}")


def _restored(own: Path, file: Path) -> Broken:
    what = "empty" if not file.stat().st_size else "cut off"
    says = (
        f"the state of Pulumi stack {_stack(own, file)} is {what}: every command ends with 'failed to load checkpoint: "
        f"unexpected end of JSON input' ({file})"
    )
    copies = sorted(_copies(own, file), key=lambda copy: copy.stat().st_mtime, reverse=True)
    copy = next((copy for copy in copies if _is_whole(copy)), None)
    if copy is None:
        lost = f"no readable copy next to it: restore your backup, or move {file} away and continue as after a lost"
        return Broken(says, "", f"{lost} state (docs/state.md)")
    when = datetime.fromtimestamp(copy.stat().st_mtime, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    command = f"cp {shlex.quote(str(copy))} {shlex.quote(str(file))}"
    return Broken(says, command, f"it is the state of {when}; {_UP}, which adopts what was created since")


def _stack(own: Path, file: Path) -> str:
    name = file.relative_to(own / "stacks").as_posix()
    return repr(name[: name.index(".json")])


def _copies(own: Path, file: Path) -> Iterable[Path]:
    """Return the copies of a state that Pulumi makes: beside it, at each end of an update, and before each."""
    form = next(form for form in _FORMS if file.name.endswith(form))
    name, place = file.name.removesuffix(form), file.parent.relative_to(own / "stacks")
    beside = file.with_name(f"{file.name}.bak")
    yield from [beside] if beside.is_file() else []
    yield from (own / "history" / place / name).glob(f"*.checkpoint{form}")
    yield from (own / "backups" / place / name).glob(f"*{form}")


def _is_whole(file: Path) -> bool:
    """Tell whether a checkpoint can be read to its end."""
    content = file.read_bytes()
    if file.name.removesuffix(".bak").endswith(".zst"):
        # Python cannot read it; what was cut off before the first byte is seen all the same
        return content.startswith(_ZSTANDARD)
    try:
        content = gzip.decompress(content) if file.name.removesuffix(".bak").endswith(".gz") else content
        return isinstance(json.loads(content), dict)
    except (ValueError, OSError, EOFError, zlib.error, RecursionError):
        return False


def _attributes(file: Path) -> Path:
    return file.with_name(f"{file.name}.attrs")


def _attributes_are_whole(file: Path) -> bool:
    try:
        found: Any = json.loads(_attributes(file).read_bytes())
    except FileNotFoundError:
        return True
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict)
