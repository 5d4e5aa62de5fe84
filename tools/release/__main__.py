"""`python3 -m tools.release`: make what a release consists of."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from tools.release import archive, plugin, sdks, wheel
from tools.release.workshop import REPO, Failed, Workshop

PARTS = {"wheel": wheel.build, "sdks": sdks.build, "plugin": plugin.build, "checksums": archive.write_checksums}
_TELLS = """\
parts, all of them by default, made in this order:
  wheel      the Python package: wheel and source distribution
  sdks       the schema, the npm package and the Go module (needs node, npm and go)
  plugin     pulumi-resource-swarm for this machine's system, and its bill of materials
  checksums  SHA256SUMS of all that is in the folder

The version is that of the git tag; without one it is 0.0.0-dev.N. All files get the time of the
latest commit, or SOURCE_DATE_EPOCH.
"""


def main(arguments: list[str]) -> int:
    """Make the parts; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.release",
        description=__doc__,
        epilog=_TELLS,
        formatter_class=argparse.RawTextHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="see below")
    parser.add_argument("--out", type=Path, default=REPO / "dist", help="the folder (default: dist)")
    given = parser.parse_args(arguments)
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    # what is readable for others does not depend on who builds
    os.umask(0o022)
    try:
        shop = Workshop(given.out.resolve(), REPO / "build" / "release", _epoch())
        if not given.parts:
            _clear(shop.out)
        shop.out.mkdir(parents=True, exist_ok=True)
        for name, build in PARTS.items():
            if name in (given.parts or PARTS):
                build(shop)
    except Failed as failure:
        print(f"python3 -m tools.release: {failure}", file=sys.stderr)
        return 1
    print(shop.out)
    return 0


def _epoch() -> int:
    """Return the time of a release: that of its commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    command = ["git", "-C", str(REPO), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failed("no git commit here to take the time from; set SOURCE_DATE_EPOCH")
    return int(done.stdout)


def _clear(folder: Path) -> None:
    """Remove the files of an earlier release."""
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.is_file():
            path.unlink()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
