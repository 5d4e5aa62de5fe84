"""`swarm-provider install-plugin`: for runs in which no program does it (destroy, refresh, import)."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from swarm_provider.cli.__main__ import main
from swarm_provider.version import __version__


def test_install_plugin_writes_the_shim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert main(["install-plugin"]) == 0
    shim = tmp_path / "plugins" / f"resource-swarm-v{__version__}" / "pulumi-resource-swarm"
    assert shim.exists()
    assert capsys.readouterr().out == f"{shim} starts the plugin in {sys.executable}\n"


def test_folder_that_cannot_be_written_is_an_error_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "file"))
    assert main(["install-plugin"]) == 1
    assert capsys.readouterr().err.startswith("swarm-provider: cannot write ")


def test_unknown_command_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["instal-plugin"])
    assert stopped.value.code == 2
    assert "install-plugin" in capsys.readouterr().err
