"""What the pipelines' scripts print holds no command to the runner, whoever wrote it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.runner import EXAMPLES

HOSTILE = "::error::no\n  ::add-mask::x\nsee ##[group]x ##vso[task.complete]x\n\x1b[31mred\x1b[0m\x9b1m \u202eevil\n"
EVENT = {"diagnosticEvent": {"severity": "error", "urn": "", "message": HOSTILE}}
PULUMI = """#!/bin/sh
case $* in
  *--save-plan*) exit 0 ;;
esac
cat "$0.out"
cat "$0.err" >&2
exit 1
"""


@pytest.mark.parametrize("script", ["preview.sh", "drift.sh", "up.sh"])
@pytest.mark.parametrize("out", ["", json.dumps(EVENT)], ids=["no preview", "a preview"])
def test_script_prints_nothing_that_commands_the_runner(script: str, out: str, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "pulumi").write_text(PULUMI)
    (tools / "pulumi").chmod(0o755)
    (tools / "pulumi.out").write_text(out if script != "up.sh" else HOSTILE)
    (tools / "pulumi.err").write_text(HOSTILE)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    done = subprocess.run(
        [str(EXAMPLES / "ci" / script)],
        cwd=tmp_path,
        env={"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(tmp_path), "STACK": "prod", "PLAN": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "evil" in said and "add-mask" in said
    assert not re.search(r"^\s*::|##\[|##vso\[|\x1b|\x9b|\u202e", said, re.MULTILINE), said
