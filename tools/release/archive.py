"""Archives and checksums that are the same bytes for the same content, whoever makes them and when."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tools.release.workshop import Workshop

CHECKSUMS: Final = "SHA256SUMS"


def write_tar(target: Path, entries: Iterable[tuple[str, bytes | None, bool]], epoch: int) -> None:
    """Write a .tar.gz.

    Args:
        target: its path.
        entries: for each file or folder its path in the archive, its content (None for a folder), whether it is run.
        epoch: the time of all files.
    """
    with (
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, content, executable in sorted(entries, key=lambda entry: entry[0]):
            member = tarfile.TarInfo(name)
            member.mtime, member.mode = epoch, 0o755 if executable or content is None else 0o644
            member.type = tarfile.DIRTYPE if content is None else tarfile.REGTYPE
            member.size = len(content or b"")
            archive.addfile(member, io.BytesIO(content or b""))


def pack_folder(target: Path, folder: Path, epoch: int) -> None:
    """Write what is in a folder as .tar.gz. Links become what they lead to: Pulumi takes files and folders only.

    Args:
        target: its path.
        folder: the folder, which is not in the paths of the archive.
        epoch: the time of all files.
    """
    entries = [
        (
            path.relative_to(folder).as_posix(),
            None if path.is_dir() else path.read_bytes(),
            bool(path.stat().st_mode & 0o100),
        )
        for path in folder.rglob("*")
    ]
    write_tar(target, entries, epoch)


def repack(archive: Path, epoch: int) -> None:
    """Write a .tar.gz again, without the times, owners and order that it happens to have."""
    with tarfile.open(archive) as old:
        entries = [
            (
                member.name,
                (old.extractfile(member) or io.BytesIO()).read() if member.isfile() else None,
                bool(member.mode & 0o100),
            )
            for member in old.getmembers()
        ]
    write_tar(archive, entries, epoch)


def write_zip(target: Path, folder: Path, prefix: str, epoch: int) -> None:
    """Write the files of a folder as .zip.

    Args:
        target: its path.
        folder: the folder.
        prefix: what stands before each path.
        epoch: the time of all files.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            member = zipfile.ZipInfo(f"{prefix}{path.relative_to(folder).as_posix()}", time.gmtime(epoch)[:6])
            member.external_attr = 0o644 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, path.read_bytes())


def write_checksums(shop: Workshop) -> None:
    """Write the SHA-256 of each file of a release, in the form that `sha256sum --check` reads."""
    files = sorted(path for path in shop.out.iterdir() if path.is_file() and path.name != CHECKSUMS)
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (shop.out / CHECKSUMS).write_text("".join(lines), "utf-8", newline="\n")
