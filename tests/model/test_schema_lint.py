"""Pulumi's own reading of the schema finds no fault with it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from swarm_provider.model.schema import schema


@pytest.mark.e2e
def test_pulumi_can_bind_the_schema(pulumi_cli: Path, tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(schema("1.2.3")))
    done = subprocess.run(
        [pulumi_cli / "pulumi", "schema", "check", str(tmp_path / "schema.json")],
        env={"PULUMI_HOME": str(tmp_path), "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
