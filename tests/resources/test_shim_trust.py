"""A shim that another user wrote, or could, is neither run nor left."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from swarm_provider import plugin_shim
from swarm_provider.cli import checks
from swarm_provider.cli.__main__ import main

HOSTILE = "#!/bin/sh\ntouch /tmp/taken\n"


@pytest.fixture
def pulumi_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir(mode=0o755)
    return tmp_path / "home"


def of_another_user(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root gives it away; who is not root takes another user's view."""
    if os.geteuid() == 0:
        os.chown(path, 12345, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 12345)


def test_shim_that_others_can_write_is_written_anew(pulumi_home: Path) -> None:
    shim = plugin_shim.install()
    shim.chmod(0o777)
    before = shim.stat().st_ino
    assert plugin_shim.install().stat().st_mode & 0o777 == 0o755
    assert shim.stat().st_ino != before


def test_shim_that_is_a_link_is_written_anew(pulumi_home: Path, tmp_path: Path) -> None:
    shim = plugin_shim.install()
    (tmp_path / "theirs").write_text(HOSTILE)
    shim.unlink()
    shim.symlink_to(tmp_path / "theirs")
    assert not plugin_shim.install().is_symlink()
    assert (tmp_path / "theirs").read_text() == HOSTILE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_shim_of_another_user_is_written_anew(pulumi_home: Path) -> None:
    shim = plugin_shim.install()
    os.chown(shim, 12345, -1)
    assert plugin_shim.install().stat().st_uid == 0


@pytest.mark.parametrize("place", ["home", "plugins"])
def test_shim_below_a_folder_that_others_can_write_is_removed(pulumi_home: Path, place: str) -> None:
    shim = plugin_shim.install()
    folder = pulumi_home if place == "home" else pulumi_home / "plugins"
    folder.chmod(0o777)
    with pytest.raises(OSError, match=f"other users can write {folder} .*chmod go-w"):
        plugin_shim.install()
    assert not shim.exists()


@pytest.mark.parametrize("place", ["home", "plugins", "folder"])
def test_shim_below_a_folder_of_another_user_is_removed(
    pulumi_home: Path, place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shim = plugin_shim.install()
    folders = {"home": pulumi_home, "plugins": pulumi_home / "plugins", "folder": shim.parent}
    of_another_user(folders[place], monkeypatch)
    assert main(["install-plugin"]) == 1
    told = capsys.readouterr().err
    assert "belongs to another user" in told and told.count("\n") == 1
    assert not shim.exists()


def test_own_folder_of_an_older_version_is_put_right(pulumi_home: Path) -> None:
    shim = plugin_shim.install()
    shim.parent.chmod(0o777)
    assert plugin_shim.install() == shim
    assert shim.parent.stat().st_mode & 0o777 == 0o755


def test_doctor_tells_of_a_shim_that_others_can_write(pulumi_home: Path, tmp_path: Path) -> None:
    plugin_shim.install().chmod(0o666)
    (found,) = checks.plugin(tmp_path, {})
    assert found.level == "error" and "other users can write" in found.says
