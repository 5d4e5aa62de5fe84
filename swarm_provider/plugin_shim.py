"""How Pulumi finds the plugin without any set-up: a shim in Pulumi's plugin folder, bound to this interpreter.

Importing `swarm_provider` in a program keeps the shim of this version up to date; the resources ask for this version.
Programs that do not run (a `destroy` on a fresh machine) use `swarm-provider install-plugin`, or name the folder of
the console script in Pulumi.yaml (`plugins.providers`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Final

from swarm_provider.version import __version__

_NAME: Final = "pulumi-resource-swarm"
_PROGRAMS: Final = (b"\x7fELF", b"\xcf\xfa\xed\xfe")
"""What programs of Linux and of macOS begin with; on Windows the shim has a name of its own."""
_SH: Final = """\
#!/bin/sh
# Written by swarm_provider {version}; starts the provider in the Python that it is installed in.
if [ ! -x {python} ]; then
  echo "swarm: the Python that this plugin was bound to is gone:" {python} >&2
  echo "swarm: run 'swarm-provider install-plugin' in the virtual environment that swarm-provider is installed in" >&2
  exit 1
fi
exec {python} -P -m swarm_provider.plugin "$@"
"""
_CMD: Final = """\
@echo off
rem Written by swarm_provider {version}; starts the provider in the Python that it is installed in.
"{python}" -P -m swarm_provider.plugin %*
"""


def plugin_folder(home: str = "") -> Path:
    """Return the folder in which Pulumi looks for this version of the plugin; `home` as for `install`."""
    home = home or os.environ.get("PULUMI_HOME") or str(Path.home() / ".pulumi")
    return Path(home) / "plugins" / f"resource-swarm-v{__version__}"


def install(home: str = "") -> Path:
    """Write the shim, unless it is there already, and return its path. A plugin that Pulumi downloaded is kept.

    Pulumi runs what it finds there, so a shim that another user wrote, or could, is replaced; where another user can
    write the folders themselves there is none.

    Args:
        home: Pulumi's folder, where it is not that of this process's environment.

    Raises:
        OSError: the folder cannot be written, or not trusted.
    """
    windows = os.name == "nt"
    folder = plugin_folder(home)
    target = folder / (f"{_NAME}.cmd" if windows else _NAME)
    text = _CMD.format(version=__version__, python=sys.executable) if windows else _sh()
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not windows and folder.stat().st_uid == os.geteuid():
        # an older version made it by the umask alone
        folder.chmod(0o755)
    why = distrusted(home)
    if why:
        with contextlib.suppress(OSError):
            target.unlink()
        raise PermissionError(errno.EPERM, why, str(folder))
    with contextlib.suppress(OSError, UnicodeDecodeError):
        own = not _foreign(target, os.lstat(target)) and os.access(target, os.X_OK)
        if own and (is_program(target) or target.read_text() == text):
            return target
    # renamed into place, so that a plugin that another program starts meanwhile is never half a file
    handle, name = tempfile.mkstemp(dir=folder, prefix=".shim-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(0o755)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def is_program(path: Path) -> bool:
    """Tell whether this is the plugin itself, which a release has for each system, and no script that starts it."""
    with path.open("rb") as file:
        return not path.is_symlink() and file.read(4) in _PROGRAMS


def distrusted(home: str = "", *, shim: bool = False) -> str:
    """Say why what is in the plugin's folder may be another user's, "" where only this user and root can write it.

    Args:
        home: as for `install`.
        shim: whether the shim itself is looked at, too (`install` replaces it).
    """
    folder = plugin_folder(home)
    # above Pulumi's own folders whoever set up the machine decides who may write
    looked_at = [folder.parent.parent, folder.parent, folder, *(folder.glob(f"{_NAME}*") if shim else ())]
    for path in looked_at:
        with contextlib.suppress(FileNotFoundError):
            why = _foreign(path, path.lstat() if path.parent == folder else path.stat())
            if why:
                return why
    return ""


def _foreign(path: Path, found: os.stat_result) -> str:
    if os.name == "nt":
        return ""
    own = os.geteuid()
    if found.st_uid not in (own, 0):
        return f"{path} belongs to another user (uid {found.st_uid}), who could make Pulumi run another program as you"
    others = found.st_mode & stat.S_IWOTH or (found.st_mode & stat.S_IWGRP and not _private(found.st_gid, own))
    if others and not stat.S_ISLNK(found.st_mode):
        return f"other users can write {path} and make Pulumi run another program as you; run chmod go-w on it"
    return ""


def _private(group: int, user: int) -> bool:
    """Tell whether a group is root's, or has no member but the user: many systems give each user such a group."""
    import grp
    import pwd

    try:
        name = pwd.getpwuid(user).pw_name
        entry = grp.getgrgid(group)
    except KeyError:
        return False
    return group == 0 or (entry.gr_name == name and set(entry.gr_mem) <= {name})


def _sh() -> str:
    quoted = "'" + sys.executable.replace("'", "'\\''") + "'"
    return _SH.format(version=__version__, python=quoted)
