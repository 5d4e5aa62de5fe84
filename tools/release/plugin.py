"""The plugin with a Python of its own, in an archive as Pulumi downloads it, and its bill of materials.

A folder (PyInstaller's onedir), since Pulumi unpacks the archive once: a single file would unpack itself at each start.
"""

from __future__ import annotations

import platform
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from tools.release.archive import pack_folder
from tools.release.workshop import REPO, Workshop, pinned, step

NAME: Final = "pulumi-resource-swarm"
_MACHINES: Final = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS: Final = {"linux": "linux", "darwin": "darwin", "win32": "windows"}
_UNUSED: Final = ("debugpy", "pip", "setuptools", "tkinter")
"""What Pulumi's SDK brings along for programs, and nothing in a plugin runs."""


def target() -> str:
    """Return this machine in Pulumi's words: linux-amd64."""
    return f"{_SYSTEMS[sys.platform]}-{_MACHINES[platform.machine().lower()]}"


def build(shop: Workshop) -> None:
    """Build the archive of this machine's system, and the bill of materials of what is in it."""
    with step("plugin") as notes:
        constraints = shop.folder("plugin-pins") / "constraints.txt"
        pins = (REPO / "requirements.txt").read_text("utf-8")
        constraints.write_text(re.sub(r"(?m)^-e .*$", "", pins), "utf-8")
        python = shop.python("plugin", "-c", constraints, shop.wheel())
        _write_materials(shop, python)
        shop.install(python, *pinned("pyinstaller"))
        folder = _freeze(shop, python)
        version = shop.run([python, "-c", "from swarm_provider.version import __version__; print(__version__)"]).strip()
        archive = shop.out / f"{NAME}-v{version}-{target()}.tar.gz"
        pack_folder(archive, folder, shop.epoch)
        notes += [archive.name, f"{archive.stat().st_size / 2**20:.0f} MiB"]


def _data() -> Iterator[str]:
    """Yield what the wheel has beside modules, as PyInstaller takes it: by itself that leaves out what ends in .py."""
    told = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))
    for package, patterns in told["tool"]["setuptools"]["package-data"].items():
        for pattern in patterns:
            yield f"{REPO / package / pattern}:{(PurePosixPath(package) / pattern).parent}"


def _write_materials(shop: Workshop, python: Path) -> None:
    """Write what the environment of the plugin consists of, in CycloneDX's form."""
    bom = shop.python("materials", *pinned("cyclonedx-bom"))
    file = shop.out / f"{NAME}-{target()}.cdx.json"
    options = ("--output-reproducible", "--output-format", "JSON", "--output-file", file)
    about = ("--pyproject", REPO / "pyproject.toml")
    shop.run([bom, "-m", "cyclonedx_py", "environment", *options, *about, python])


def _freeze(shop: Workshop, python: Path) -> Path:
    """Return the folder with the program and what it needs."""
    made = shop.folder("frozen")
    options = [
        *("--noconfirm", "--onedir", "--noupx", "--log-level", "ERROR", "--name", NAME),
        *("--distpath", made, "--workpath", made / "work", "--specpath", made),
        # what is imported by name or late, and what is no module
        *("--collect-submodules", "swarm_provider", "--collect-submodules", "pulumi.runtime.proto"),
        *(part for pattern in _data() for part in ("--add-data", pattern)),
        *(part for name in _UNUSED for part in ("--exclude-module", name)),
    ]
    shop.run([python, "-m", "PyInstaller", *options, REPO / "tools" / "release" / "frozen.py"], made)
    for record in (made / NAME).rglob("*.dist-info/RECORD"):
        # has checksums of scripts that name the folder of this environment, and that are not packed
        record.unlink()
    return made / NAME
