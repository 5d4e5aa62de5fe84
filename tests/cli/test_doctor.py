"""`swarm-provider doctor`: each thing that can be wrong is named with its fix; a sound setup has nothing wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from swarm_provider.cli import checks
from swarm_provider.cli.__main__ import main
from tests.support.engine import Docker


def levels(found: object) -> dict[str, tuple[str, str]]:
    return {one.what: (one.level, f"{one.says} {one.fix}") for one in found}  # type: ignore[attr-defined]


def cli(folder: Path, version: str) -> dict[str, str]:
    (folder / "pulumi").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "pulumi").chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_cli_that_is_missing_old_or_right_is_told(tmp_path: Path) -> None:
    assert levels(checks.pulumi_cli({"PATH": str(tmp_path)}))["pulumi"][0] == "wrong"
    assert "3.225.0 or newer" in levels(checks.pulumi_cli(cli(tmp_path, "v3.100.0")))["pulumi"][1]
    assert levels(checks.pulumi_cli(cli(tmp_path, "v3.259.0")))["pulumi"][0] == "ok"


@pytest.mark.parametrize(
    ("environ", "level", "says"),
    [
        ({}, "wrong", "nobody is logged in"),
        ({"PULUMI_BACKEND_URL": "s3://states?region=eu"}, "ok", "s3://states"),
        ({"PULUMI_BACKEND_URL": "postgres://me:tr0ub4dor@db/states"}, "ok", "postgres://…@db/states"),
        ({"PULUMI_BACKEND_URL": "file:///nowhere/states"}, "wrong", "mkdir -p /nowhere/states"),
        ({"PULUMI_BACKEND_URL": "file:///tmp"}, "advice", "back it up"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "GITHUB_ACTIONS": "true"}, "wrong", "takes the state with it"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "GITLAB_CI": "true"}, "wrong", "docs/state.md"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "CI": "1", "SWARM_STATE_KEPT": "0"}, "wrong", "set SWARM_STATE_KEPT=1"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "CI": "1", "SWARM_STATE_KEPT": "1"}, "advice", "back it up"),
        (
            {
                "PULUMI_BACKEND_URL": "file:///tmp/checkout/states",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": "/tmp/checkout",
                "SWARM_STATE_KEPT": "true",
            },
            "wrong",
            "which the runner cleans",
        ),
        ({"PULUMI_ACCESS_TOKEN": "pul-1"}, "ok", "https://api.pulumi.com"),
    ],
)
def test_backend_is_told_with_its_risk(tmp_path: Path, environ: dict[str, str], level: str, says: str) -> None:
    found = levels(checks.backend(tmp_path, {"HOME": str(tmp_path), **environ}))
    assert found["backend"][0] == level
    assert says in found["backend"][1] and "tr0ub4dor" not in found["backend"][1]


def test_passphrase_that_nobody_set_is_advice_and_a_missing_file_wrong(tmp_path: Path) -> None:
    environ = {"PULUMI_BACKEND_URL": "s3://states", "HOME": str(tmp_path)}
    assert levels(checks.backend(tmp_path, environ))["passphrase"][0] == "advice"
    assert "passphrase" not in levels(checks.backend(tmp_path, {**environ, "PULUMI_CONFIG_PASSPHRASE": ""}))
    gone = {**environ, "PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere/pass"}
    assert levels(checks.backend(tmp_path, gone))["passphrase"][0] == "wrong"


def test_project_without_its_virtualenv_and_plugin_is_told(tmp_path: Path) -> None:
    assert "has no Pulumi.yaml" in levels(checks.project(tmp_path, {}))["project"][1]
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: {name: python, options: {virtualenv: .venv}}\n"
        "plugins: {providers: [{name: swarm, path: .venv/bin}]}\n"
    )
    assert levels(checks.project(tmp_path, {}))["virtualenv"][0] == "wrong"
    assert levels(checks.plugin(tmp_path, {}))["plugin"][0] == "wrong"
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "pulumi-resource-swarm"):
        (tmp_path / ".venv" / "bin" / name).touch()
    assert levels(checks.project(tmp_path, {}))["virtualenv"][0] == "advice"
    assert levels(checks.plugin(tmp_path, {}))["plugin"][0] == "ok"


def test_plugin_that_pulumi_would_not_find_is_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    assert "install-plugin" in levels(checks.plugin(tmp_path, {}))["plugin"][1]
    assert main(["install-plugin"]) == 0
    assert levels(checks.plugin(tmp_path, {}))["plugin"][0] == "ok"


def test_swarm_that_does_not_answer_is_wrong_in_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text("config:\n  swarm:hosts: '[\"unix:///nowhere.sock\"]'\n")
    assert main(["doctor", "--json", "--stack", "prod", "-C", str(tmp_path)]) == 1
    told = json.loads(capsys.readouterr().out)
    (line,) = [one["says"] for one in told["findings"] if one["what"] == "swarm"]
    assert "/nowhere.sock" in line and "\n" not in line
    assert told["well"] is False


@pytest.mark.live
def test_sound_setup_has_nothing_wrong(
    docker: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {**cli(tmp_path, "v3.259.0"), "PULUMI_BACKEND_URL": f"file://{tmp_path}"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "x")
    for runner in ("CI", "GITHUB_ACTIONS", "GITLAB_CI"):
        # a folder as backend is wrong on a runner, and this suite may run on one
        monkeypatch.delenv(runner, raising=False)
    assert main(["doctor", "--host", docker.host, "-C", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert "1 of 1 managers reachable" in shown and "nothing is wrong" in shown
    assert "\033" not in shown
