"""A machine as a stranger has it: a Debian that debootstrap made, with the packages of one language and nothing else.

It is a folder that programs are run in by chroot: network, kernel and the engine's socket are this machine's.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SUITE: Final = "trixie"
_CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "swarm-provider" / "clean-machine"
# how this machine reaches the registries is no part of what is tried
_NETWORK: Final = ("/etc/resolv.conf", "/etc/hosts", "/etc/ssl/certs/ca-certificates.crt", "/usr/etc/npmrc")
_INSIDE: Final = """
mount --make-rprivate /
mount --bind {root} {root}
mkdir -p {root}/proc {root}/dev
mount -t proc proc {root}/proc
mount --rbind /dev {root}/dev
{mounts}
exec chroot {root} /bin/bash -euo pipefail -c {script}
"""


class CleanMachine:
    """One machine; its folder may be removed like any other when no command runs."""

    def __init__(self, folder: Path, *packages: str) -> None:
        self.root = folder
        subprocess.run(["cp", "-a", "--reflink=auto", _base(), folder], check=True)
        for name in _NETWORK:
            if Path(name).exists():
                (folder / name[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(name, folder / name[1:])
        if packages:
            self.run(f"apt-get update -q && apt-get install -yq --no-install-recommends {shlex.join(packages)}")

    def copy(self, source: Path, target: str) -> None:
        """Copy a file or a folder of this machine to a path there."""
        place = self.root / target.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place, dirs_exist_ok=True)
        else:
            shutil.copy2(source, place)

    def run(self, script: str, *binds: Path, **environment: str) -> str:
        """Run lines of bash there; return what they printed.

        Args:
            script: the lines; the first that fails ends them, and the test.
            binds: folders of this machine that are at the same path there.
            environment: what is set beside PATH and HOME.
        """
        mounts = []
        for path in binds:
            (self.root / str(path).lstrip("/")).mkdir(parents=True, exist_ok=True)
            mounts.append(f"mount --bind {shlex.quote(str(path))} {shlex.quote(f'{self.root}{path}')}")
        inside = _INSIDE.format(root=shlex.quote(str(self.root)), mounts="\n".join(mounts), script=shlex.quote(script))
        # the mounts are in a namespace of this command's own, and go with it
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-eu", "-c", inside]
        done = subprocess.run(
            command,
            env=_environment(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    certificates = {name: value for name, value in os.environ.items() if value.startswith("/etc/ssl/")}
    fixed = {
        "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    return {**certificates, **fixed, **given}


def _base() -> Path:
    """Return a Debian without any package that is not essential; the first time it takes a minute."""
    made = _CACHE / SUITE
    if not made.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        unfinished = _CACHE / f"{SUITE}.{os.getpid()}"
        command = ["debootstrap", "--variant=minbase", "--include=ca-certificates", SUITE, str(unfinished)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (done.stdout + done.stderr)[-2000:]
        unfinished.rename(made)
    return made
