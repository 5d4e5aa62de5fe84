"""Files that the program reads: the content of a Config or Secret, a seccomp profile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import SECRET, run


def config(**args: Any) -> dict[str, Any]:
    return run(lambda: swarm.Config("app", **args))["app"].inputs


def secret(**args: Any) -> dict[str, Any]:
    return run(lambda: swarm.Secret("app", **args))["app"].inputs


def test_text_is_sent_as_data() -> None:
    assert config(data="héllo\n") == {"data": "héllo\n"}


def test_bytes_that_are_text_are_sent_as_data() -> None:
    assert config(data=b"a\r\nb") == {"data": "a\r\nb"}


def test_other_bytes_are_sent_as_base64() -> None:
    assert config(data=b"\xff\x00") == {"dataBase64": "/wA="}


def test_file_is_read_in_the_program(tmp_path: Path) -> None:
    (tmp_path / "app.json").write_bytes(b'{"a": 1}\r\n')
    assert config(file=tmp_path / "app.json") == {"data": '{"a": 1}\r\n'}


def test_missing_file_is_named_in_one_line() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        config(file="conf/app.json")
    text = str(raised.value)
    assert text.startswith("swarm.Config 'app': file: 'conf/app.json' does not exist; a relative path starts in the")
    assert "\n" not in text


def test_folder_instead_of_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"cannot read .*Is a directory"):
        config(file=str(tmp_path))


def test_two_ways_at_once_are_an_error() -> None:
    with pytest.raises(pulumi.RunError, match="set only one of data and file"):
        config(data="a", file="b")


@pytest.mark.parametrize("data", ["hunter2", b"hunter2"])
def test_content_of_a_secret_is_always_secret(data: str | bytes) -> None:
    assert secret(data=data)["data"] == (SECRET, "hunter2")


def test_secret_of_bytes_is_secret_base64() -> None:
    assert secret(data=b"\xff")["dataBase64"] == (SECRET, "/w==")


def test_plain_output_becomes_secret_in_a_secret() -> None:
    made = run(lambda: swarm.Secret("app", data=pulumi.Output.from_input("hunter2")))["app"]
    assert made.inputs["data"] == (SECRET, "hunter2")
    assert {"data", "dataBase64"} <= set(made.request.additionalSecretOutputs)


def test_name_is_the_base_of_the_versions_names() -> None:
    assert config(name="todo-config", data="x") == {"baseName": "todo-config", "data": "x"}
    # the word that code written by `pulumi import` has
    assert config(base_name="todo-config", data="x") == {"baseName": "todo-config", "data": "x"}


def test_seccomp_profile_is_read_in_the_program(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{ "defaultAction": "SCMP_ACT_LOG" }\n')
    options = [f"seccomp={tmp_path / 'p.json'}", "no-new-privileges", "seccomp:unconfined"]
    sent = run(lambda: swarm.Service("web", image="bb", security_opt=options))["web"].inputs
    assert sent["securityOpt"] == ['seccomp:{"defaultAction":"SCMP_ACT_LOG"}', "no-new-privileges:true", options[2]]
    (tmp_path / "p.json").write_text("x")
    with pytest.raises(pulumi.RunError, match=r"security_opt: .*p.json': the seccomp profile is not JSON"):
        run(lambda: swarm.Service("web", image="bb", security_opt=options))
