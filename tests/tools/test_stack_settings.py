"""The settings that `make up` deploys with: a copy that never changes the repository's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

REPO = Path(__file__).resolve().parents[2]
PROJECT = "name: app\nconfig:\n  password: {type: string, secret: true}\n  step: {default: v1}\n"


def prepare(folder: Path, settings: str = "", copy: str = "") -> tuple[list[str], dict[str, object]]:
    (folder / "Pulumi.yaml").write_text(PROJECT)
    if settings:
        (folder / "Pulumi.dev.yaml").write_text(settings)
    if copy:
        (folder / "copy.yaml").write_text(copy)
    names = ("Pulumi.yaml", "Pulumi.dev.yaml", "copy.yaml")
    done = subprocess.run(
        [sys.executable, str(REPO / "tools/stack_settings.py"), *(str(folder / name) for name in names)],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split(), yaml.safe_load((folder / "copy.yaml").read_text())


def test_declared_secret_without_value_is_named(tmp_path: Path) -> None:
    assert prepare(tmp_path) == (["app:password"], {"config": {}})


def test_salt_and_encrypted_values_of_the_copy_stay(tmp_path: Path) -> None:
    copy = "config: {'app:password': {secure: v1:abc}, 'app:step': v1}\nencryptionsalt: v1:salt\n"
    missing, settings = prepare(tmp_path, "config: {'app:step': v2}", copy)
    assert missing == []
    assert settings == {
        "config": {"app:step": "v2", "app:password": {"secure": "v1:abc"}},
        "encryptionsalt": "v1:salt",
    }


def test_swarm_that_the_settings_name_is_left_out(tmp_path: Path) -> None:
    _, settings = prepare(tmp_path, "config: {'swarm:host': 'ssh://prod', 'swarm:keepPrevious': 2}")
    assert settings == {"config": {"swarm:keepPrevious": 2}}


def test_values_encrypted_with_another_passphrase_are_left_out(tmp_path: Path) -> None:
    text = "config: {'app:password': {secure: v1:other}}\nencryptionsalt: v1:other\n"
    assert prepare(tmp_path, text) == (["app:password"], {"config": {}})
    assert (tmp_path / "Pulumi.dev.yaml").read_text() == text
