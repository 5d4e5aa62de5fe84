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
    assert levels(checks.pulumi_cli({"PATH": str(tmp_path)}))["pulumi"][0] == "error"
    assert "3.225.0 or newer" in levels(checks.pulumi_cli(cli(tmp_path, "v3.100.0")))["pulumi"][1]
    assert levels(checks.pulumi_cli(cli(tmp_path, "v3.259.0")))["pulumi"][0] == "ok"


@pytest.mark.parametrize(
    ("environ", "level", "says"),
    [
        ({}, "error", "not logged in"),
        ({"PULUMI_BACKEND_URL": "s3://states?region=eu"}, "ok", "s3://states"),
        ({"PULUMI_BACKEND_URL": "postgres://me:tr0ub4dor@db/states"}, "ok", "postgres://…@db/states"),
        ({"PULUMI_BACKEND_URL": "postgres://me:a/tr0ub4dor@db/states"}, "ok", "postgres://…@db/states"),
        ({"PULUMI_BACKEND_URL": "postgres://db/states?password=tr0ub4dor"}, "ok", "postgres://db/states?password=…"),
        ({"PULUMI_BACKEND_URL": "azblob://states?sas=tr0ub4dor"}, "ok", "azblob://states?sas=…"),
        ({"PULUMI_BACKEND_URL": "file:///nowhere/states"}, "error", "mkdir -p /nowhere/states"),
        ({"PULUMI_BACKEND_URL": "file:///tmp"}, "warning", "back it up"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "GITHUB_ACTIONS": "true"}, "error", "is lost with it"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "GITLAB_CI": "true"}, "error", "docs/state.md"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "CI": "1", "SWARM_STATE_KEPT": "0"}, "error", "set SWARM_STATE_KEPT=1"),
        ({"PULUMI_BACKEND_URL": "file:///tmp", "CI": "1", "SWARM_STATE_KEPT": "1"}, "warning", "back it up"),
        (
            {
                "PULUMI_BACKEND_URL": "file:///tmp/checkout/states",
                "GITHUB_ACTIONS": "true",
                "GITHUB_WORKSPACE": "/tmp/checkout",
                "SWARM_STATE_KEPT": "true",
            },
            "error",
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
    assert levels(checks.backend(tmp_path, environ))["passphrase"][0] == "warning"
    assert "passphrase" not in levels(checks.backend(tmp_path, {**environ, "PULUMI_CONFIG_PASSPHRASE": ""}))
    gone = {**environ, "PULUMI_CONFIG_PASSPHRASE_FILE": "/nowhere/pass"}
    assert levels(checks.backend(tmp_path, gone))["passphrase"][0] == "error"


def test_project_without_its_virtualenv_and_plugin_is_told(tmp_path: Path) -> None:
    assert "has no Pulumi.yaml" in levels(checks.project(tmp_path, {}))["project"][1]
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\nruntime: {name: python, options: {virtualenv: .venv}}\n"
        "plugins: {providers: [{name: swarm, path: .venv/bin}]}\n"
    )
    assert levels(checks.project(tmp_path, {}))["virtualenv"][0] == "error"
    assert levels(checks.plugin(tmp_path, {}))["plugin"][0] == "error"
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name in ("python", "pulumi-resource-swarm"):
        (tmp_path / ".venv" / "bin" / name).touch()
    assert levels(checks.project(tmp_path, {}))["virtualenv"][0] == "warning"
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


ODD_FILES = {
    "empty": b"",
    "number": b"5",
    "text": b"tr0ub4dor",
    "list": b"- name: shop",
    "no YAML": b"name: [tr0ub4dor",
    "binary": b"\x00\xff\xfe\x80",
    "UTF-16": "name: shop".encode("utf-16"),
    "deep": b"[" * 5000,
    "no date": b"name: 2024-99-99",
    "name is a list": b"name: [a]\nruntime: python",
    "runtime is a list": b"name: a\nruntime: [python]",
    "options is a list": b"name: a\nruntime: {name: python, options: [1]}",
    "options is a number": b"name: a\nruntime: {name: python, options: 1}",
    "virtualenv is a number": b"name: a\nruntime: {name: python, options: {virtualenv: 5}}",
    "plugins is a list": b"name: a\nruntime: python\nplugins: [1]",
    "providers is a number": b"name: a\nruntime: python\nplugins: {providers: 5}",
    "providers is a mapping": b"name: a\nruntime: python\nplugins: {providers: {name: swarm}}",
    "path is a list": b"name: a\nruntime: python\nplugins: {providers: [{name: swarm, path: [1]}]}",
    "backend is a text": b"name: a\nruntime: python\nbackend: s3://states",
    "backend is a list": b"name: a\nruntime: python\nbackend: {url: [1]}",
    "backend has a zero": b'name: a\nruntime: python\nbackend: {url: "file:///\\0"}',
}


@pytest.mark.parametrize("data", ODD_FILES.values(), ids=ODD_FILES.keys())
def test_odd_project_file_is_told_in_lines_and_without_a_traceback(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (tmp_path / "Pulumi.yaml").write_bytes(data)
    (tmp_path / "Pulumi.dev.yaml").write_bytes(data)
    (tmp_path / "credentials.json").write_bytes(data)
    assert main(["doctor", "--json", "--stack", "dev", "-C", str(tmp_path)]) in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert [one["what"] for one in told["findings"] if one["what"] == "project"] == ["project"]
    assert "tr0ub4dor" not in str(told)
    assert not any("\n" in one["says"] for one in told["findings"])


@pytest.mark.parametrize("value", ["[1, 2]", "5", "{a: b}", "'[1, 2]'", "'[tr0ub4dor'", "[{a: b}]"])
@pytest.mark.parametrize("key", ["host", "hosts", "context"])
def test_odd_settings_of_a_stack_are_left_out(tmp_path: Path, key: str, value: str) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config:\n  swarm:{key}: {value}\n")
    found = checks.settings_of(tmp_path, "dev")
    assert all(isinstance(text, str) for entry in found.values() for text in ([entry] if key != "hosts" else entry))


@pytest.mark.parametrize(
    "proxy", ["http://u:tr0ub4dor@a b:1", "http://u:tr0ub4dor@a:99999", "socks5://u:tr0ub4dor@a:1"]
)
def test_proxy_that_cannot_be_used_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert main(["doctor", "--json", "--host", "tcp://manager.invalid:2375", "-C", str(tmp_path)]) == 1
    told = capsys.readouterr().out
    assert "tr0ub4dor" not in told
    assert "PROXY" in told


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
    assert "1 of 1 managers reachable" in shown and "0 errors" in shown
    assert "\033" not in shown
