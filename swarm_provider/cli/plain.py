"""`python -m swarm_provider.cli.plain [FILE]`: prints a file, or stdin, so that nobody obeys what is in it.

For pipelines: a CI runner takes lines such as `::error::` for commands, also where a task or a registry wrote them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from swarm_provider.core.foreign import shown

_LONGEST_LINE: Final = 20_000


def main(paths: Sequence[str]) -> int:
    """Print the files, one after the other; without one, what stdin brings."""
    for data in (Path(path).read_bytes() for path in paths) if paths else (sys.stdin.buffer.read(),):
        for line in data.decode(errors="replace").splitlines():
            print(shown(line, lines=True, limit=_LONGEST_LINE))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
