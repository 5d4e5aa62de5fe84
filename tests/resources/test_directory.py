"""ConfigDirectory: which files become configs, what they are called, where a service finds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pulumi
import pytest

import swarm_provider as swarm
from swarm_provider.model.rules import refusals
from tests.resources.program import Run, run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for path, content in (
        ("conf.d/default.conf", b"server {}\n"),
        ("conf.d/tls/my site.conf", b"ssl on;\n"),
        ("conf.d/tls/key.bin", b"\xff"),
        ("conf.d/.default.conf.swp", b"x"),
        ("conf.d/.git/HEAD", b"x"),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def directory(**args: Any) -> Run:
    return run(lambda: swarm.ConfigDirectory("nginx", **{"directory": "conf.d", **args}))


def configs(done: Run) -> dict[str, dict[str, Any]]:
    return {entry.name: entry.inputs for entry in done.resources if entry.type == "swarm:index:Config"}


def test_name_that_is_an_output_is_one_line(folder: Path) -> None:
    words = "swarm.ConfigDirectory 'nginx': name: must be a plain value, not an Output: "
    with pytest.raises(pulumi.RunError, match=words):
        run(lambda: swarm.ConfigDirectory("nginx", directory="conf.d", name=cast(str, pulumi.Output.from_input("x"))))


def test_each_file_is_a_config_of_its_own(folder: Path) -> None:
    found = configs(directory(keep_previous=0, labels={"team": "x"}))
    assert found.keys() == {"nginx-default.conf", "nginx-tls/my site.conf", "nginx-tls/key.bin"}
    assert found["nginx-default.conf"] == {
        "baseName": "nginx-default.conf",
        "data": "server {}\n",
        "keepPrevious": 0,
        "labels": {"team": "x"},
    }
    assert found["nginx-tls/key.bin"]["dataBase64"] == "/w=="


def test_names_are_ones_that_docker_takes_and_stay_apart(folder: Path) -> None:
    (folder / "conf.d/tls/my-site.conf").write_text("x")
    (folder / "conf.d/é").write_text("x")
    bases = [entry["baseName"] for entry in configs(directory(name="web")).values()]
    assert len(set(bases)) == len(bases) == 5
    assert all(base.startswith("web-") and not refusals.name("config", base) for base in bases)


def test_pattern_chooses_files(folder: Path) -> None:
    assert configs(directory(pattern="*.conf")).keys() == {"nginx-default.conf"}
    assert configs(directory(pattern="**/*.conf")).keys() == {"nginx-default.conf", "nginx-tls/my site.conf"}
    assert configs(directory(pattern=".default*")).keys() == {"nginx-.default.conf.swp"}


def test_service_finds_the_files_below_one_folder(folder: Path) -> None:
    def program() -> None:
        conf = swarm.ConfigDirectory("nginx", directory=folder / "conf.d", pattern="**/*.conf")
        swarm.Service("web", image="nginx:1", configs=conf.mounted("/etc/nginx/conf.d/", mode=0o440))

    entries = run(program)["web"].inputs["configs"]
    assert [(entry["target"], entry["mode"]) for entry in entries] == [
        ("/etc/nginx/conf.d/default.conf", 0o440),
        ("/etc/nginx/conf.d/tls/my site.conf", 0o440),
    ]
    assert entries[0]["source"].startswith("nginx-default.conf-")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"directory": "conf"}, "directory: 'conf' does not exist"),
        ({"directory": "conf.d/default.conf"}, "directory: 'conf.d/default.conf' is not a directory"),
        ({"pattern": "*.yml"}, "pattern: no file in 'conf.d' matches '*.yml'"),
        ({"pattern": "/etc/*"}, "pattern: must be a pattern of paths below the directory"),
        ({"directory": 3}, "directory: must be the path of a directory"),
        ({"patern": "*"}, "unknown argument 'patern'; did you mean 'pattern'?"),
    ],
)
def test_wrong_directory_is_told_in_one_line(folder: Path, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        directory(**arguments)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
