"""`doctor` on a folder of states: what a killed CLI leaves cut off is named, with the copy to restore."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

from swarm_provider.cli import checks
from swarm_provider.cli.checkpoints import Broken, broken, stacks

STATE = json.dumps({"version": 3, "checkpoint": {"stack": "organization/shop/dev", "latest": None}})


def write(file: Path, content: str | bytes, seconds: int = 0) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    os.utime(file, (1_700_000_000 + seconds,) * 2)
    return file


@pytest.fixture
def backend(tmp_path: Path) -> Path:
    """Two states, of which `dev` has all the copies that Pulumi makes, with a blank in the path."""
    own = tmp_path / "my states" / ".pulumi"
    write(own / "meta.yaml", "version: 1\n")
    for name in ("meta.yaml", "stacks/shop/dev.json", "stacks/shop/dev.json.bak"):
        write(own / f"{name}.attrs", '{"md5": "x"}')
    write(own / "stacks/shop/dev.json", STATE, 9)
    write(own / "stacks/other/dev.json", STATE)
    write(own / "history/shop/dev/dev-17.checkpoint.json", STATE, 5)
    write(own / "history/shop/dev/dev-17.history.json", "{}", 8)
    write(own / "backups/shop/dev/dev.16.json", STATE, 4)
    write(own / "stacks/shop/dev.json.bak", STATE, 7)
    return tmp_path / "my states"


def only(backend: Path) -> Broken:
    (found,) = broken(backend)
    return found


def mend(found: Broken) -> None:
    subprocess.run(["sh", "-c", found.command], check=True)


def test_whole_states_are_well(backend: Path) -> None:
    assert broken(backend) == []
    assert len(stacks(backend)) == 2
    (found,) = checks.states(backend, {"PULUMI_BACKEND_URL": f"file://{backend}"})
    assert (found.level, found.says) == ("ok", "2 states, all valid")


@pytest.mark.parametrize("kept", [0, 1, len(STATE) - 1])
def test_state_that_was_cut_off_is_restored_from_the_newest_whole_copy(backend: Path, kept: int) -> None:
    file = backend / ".pulumi/stacks/shop/dev.json"
    file.write_text(STATE[:kept])
    found = only(backend)
    assert "'shop/dev'" in found.says
    assert ("empty" if kept == 0 else "cut off") in found.says
    assert "failed to load checkpoint: unexpected end of JSON input" in found.says
    assert "dev.json.bak" in found.command and "2023-11-14 22:13:27 UTC" in found.then
    mend(found)
    assert file.read_text() == STATE
    assert broken(backend) == []


def test_copy_that_is_cut_off_too_is_passed_over(backend: Path) -> None:
    own = backend / ".pulumi"
    for name in ("stacks/shop/dev.json", "stacks/shop/dev.json.bak"):
        (own / name).write_text("")
    assert "dev-17.checkpoint.json" in only(backend).command
    (own / "history/shop/dev/dev-17.checkpoint.json").write_text("")
    assert "dev.16.json" in only(backend).command
    (own / "backups/shop/dev/dev.16.json").write_text("")
    found = only(backend)
    assert found.command == ""
    assert "docs/state.md" in found.then


@pytest.mark.parametrize("content", ["", '{"md5'])
@pytest.mark.parametrize("name", ["stacks/shop/dev.json", "meta.yaml"])
def test_attributes_that_were_cut_off_are_removed_and_nothing_is_lost(backend: Path, name: str, content: str) -> None:
    attributes = backend / ".pulumi" / f"{name}.attrs"
    attributes.write_text(content)
    found = only(backend)
    assert "EOF" in found.says and "nothing is lost" in found.then
    mend(found)
    assert not attributes.exists()
    assert broken(backend) == []


def test_attributes_of_a_copy_do_not_matter(backend: Path) -> None:
    (backend / ".pulumi/stacks/shop/dev.json.bak.attrs").write_text("")
    assert broken(backend) == []


def test_empty_file_of_the_backend_itself_is_written_anew(backend: Path) -> None:
    meta = backend / ".pulumi/meta.yaml"
    meta.write_text("")
    mend(only(backend))
    assert meta.read_text() == "version: 1\n"


def test_compressed_states_are_read_too(tmp_path: Path) -> None:
    whole = gzip.compress(STATE.encode())
    file = write(tmp_path / ".pulumi/stacks/shop/dev.json.gz", whole)
    write(tmp_path / ".pulumi/stacks/shop/dev.json.gz.bak", whole)
    write(tmp_path / ".pulumi/backups/shop/dev/dev.16.json", STATE)
    assert broken(tmp_path) == []
    file.write_bytes(whole[:-5])
    mend(only(tmp_path))
    assert file.read_bytes() == whole
    write(tmp_path / ".pulumi/stacks/shop/prod.json.zst", b"")
    assert "'shop/prod'" in only(tmp_path).says


def test_doctor_tells_of_every_state_of_the_folder(backend: Path) -> None:
    for name in ("shop", "other"):
        (backend / f".pulumi/stacks/{name}/dev.json").write_text("")
    found = list(checks.states(backend, {"PULUMI_BACKEND_URL": f"file://{backend}"}))
    assert [one.level for one in found] == ["error", "error"]
    assert "'other/dev'" in found[0].says and "restore your backup" in found[0].fix
    assert "'shop/dev'" in found[1].says and found[1].fix.startswith("cp ")
    assert list(checks.states(backend, {"PULUMI_BACKEND_URL": "s3://states"})) == []
