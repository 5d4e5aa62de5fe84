"""How Pulumi finds the plugin without any set-up: a shim in Pulumi's plugin folder, bound to this interpreter.

Importing `swarm_provider` in a program keeps the shim of this version up to date; the resources ask for this version.
Programs that do not run (a `destroy` on a fresh machine) use `swarm-provider install-plugin`, or name the folder of
the console script in Pulumi.yaml (`plugins.providers`).
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Final

from swarm_provider.version import __version__

_NAME: Final = "pulumi-resource-swarm"
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

_kept = False


def plugin_folder() -> Path:
    """Return the folder in which Pulumi looks for this version of the plugin."""
    home = os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi"
    return Path(home) / "plugins" / f"resource-swarm-v{__version__}"


def install() -> Path:
    """Write the shim, unless it is there already, and return its path.

    Raises:
        OSError: the folder cannot be written.
    """
    windows = os.name == "nt"
    target = plugin_folder() / (f"{_NAME}.cmd" if windows else _NAME)
    text = _CMD.format(version=__version__, python=sys.executable) if windows else _sh()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if target.read_text() == text and os.access(target, os.X_OK):
            return target
    target.parent.mkdir(parents=True, exist_ok=True)
    # renamed into place, so that a plugin that another program starts meanwhile is never half a file
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".shim-")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
        Path(name).chmod(0o755)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
    return target


def _sh() -> str:
    quoted = "'" + sys.executable.replace("'", "'\\''") + "'"
    return _SH.format(version=__version__, python=quoted)


def keep_shim() -> None:
    """Keep the shim up to date, once per process, and only in a program that Pulumi runs."""
    global _kept
    if _kept or not _in_program():
        return
    _kept = True
    import pulumi

    try:
        install()
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no home folder
        reason = getattr(error, "strerror", None) or error
        place = getattr(error, "filename", None) or "Pulumi's plugin folder"
        folder = str(Path(sys.executable).parent)
        pulumi.log.warn(
            f"cannot write the swarm plugin's shim into {str(place)!r} ({reason}); Pulumi finds the plugin only if "
            f"Pulumi.yaml names it: plugins: {{providers: [{{name: swarm, path: {folder!r}}}]}}"
        )


def _in_program() -> bool:
    """Say whether the Pulumi CLI runs this process: there is a real engine to talk to, not the mocks of a test."""
    if "pulumi.runtime.settings" not in sys.modules:
        return False
    from pulumi.runtime.settings import SETTINGS

    engine = getattr(SETTINGS, "engine", None)
    return engine is not None and type(engine).__module__.startswith("pulumi.runtime.proto")
