"""What pyproject.toml cannot say: the version of the git tag goes into the package, and the README gets links for PyPI.

The version itself is setuptools-scm's work; everything else is in pyproject.toml.
"""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from packaging.version import Version
from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.egg_info import egg_info

_HERE = Path(__file__).parent
_PHASES = {"a": "alpha", "b": "beta", "rc": "rc"}
_RELATIVE_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#)([^)]+)\)")


def semantic(version: str) -> str:
    """Return a version of PEP 440 as a semantic version, in a form that PEP 440 takes, too."""
    found = Version(version)
    if len(found.release) > 3 or found.epoch or found.is_postrelease or found.local:
        raise SystemExit(f"{version} is no version of this package: tags are v1.2.3, or v1.2.3-rc.1")
    words = [] if found.pre is None else [_PHASES[found.pre[0]], found.pre[1]]
    if found.is_devrelease:
        words += ["dev", found.dev]
    numbers = ".".join(map(str, (*found.release, 0, 0)[:3]))
    return f"{numbers}-{'.'.join(map(str, words))}" if words else numbers


def for_pypi(readme: str, version: str) -> str:
    """Return the README for a page that has no files beside it: its relative links lead to the repository's."""
    repository = runpy.run_path(str(_HERE / "swarm_provider" / "version.py"))["REPOSITORY"]
    revision = "HEAD" if "-dev" in version else f"v{version}"

    def absolute(link: re.Match[str]) -> str:
        image, text, path = link.groups()
        return f"{image}[{text}]({repository}/{'raw' if image else 'blob'}/{revision}/{path})"

    return _RELATIVE_LINK.sub(absolute, readme)


class BuildPy(build_py):
    """Writes the version into what is packed; a checkout that is installed as editable keeps what it has."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            file = Path(self.build_lib, "swarm_provider", "version.py")
            line = f'__version__ = "{semantic(self.distribution.get_version())}"'
            file.write_text(re.sub(r"(?m)^__version__ = .*$", line, file.read_text("utf-8")), "utf-8")


class EggInfo(egg_info):
    """Writes the description of the package, with links that lead somewhere from anywhere."""

    def run(self) -> None:
        data = self.distribution.metadata
        data.long_description = for_pypi(data.long_description, semantic(self.distribution.get_version()))
        super().run()


if __name__ == "__main__":
    setup(cmdclass={"build_py": BuildPy, "egg_info": EggInfo})
