"""What the frozen plugin starts with; PyInstaller packs it (plugin.py)."""

import os

from swarm_provider.plugin.__main__ import main

# the loader's way to its own libraries, which ssh and the registries' helpers must not take for theirs
_PATH = "LD_LIBRARY_PATH"
if (before := os.environ.pop(f"{_PATH}_ORIG", None)) is not None:
    os.environ[_PATH] = before
else:
    os.environ.pop(_PATH, None)

main()
