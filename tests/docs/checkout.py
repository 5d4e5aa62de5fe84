"""A copy of this repository's program, as a project that a test may change."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from tests.support.engine import REPO
from tests.support.pulumi import PulumiProject


def checkout(folder: Path, *, host: str, cli: Path) -> PulumiProject:
    """Return the program with stack `dev` and a password, below `folder`; nothing is deployed yet."""
    project = PulumiProject(folder, host=host, cli=cli, name="checkout")
    for name in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(REPO / name, project.folder / name)
    shutil.copytree(REPO / "stacks", project.folder / "stacks")
    # where Pulumi.yaml looks for Python and for the plugin
    (project.folder / ".venv").symlink_to(sys.prefix)
    # under the name that Pulumi.yaml gives to the project
    project.run("stack", "init", project.stack).assert_ok()
    project.config_set("dbPassword", "correct horse battery", secret=True).assert_ok()
    return project
