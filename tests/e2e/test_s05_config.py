"""S5: configs of any format, byte for byte, up to Docker's size limit; nothing sensitive in them."""

from __future__ import annotations

import base64
import hashlib

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import names, step_of
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

JSON = '{\n  "Database": {"Provider": "Postgres"}\n}\n'
XML = b'<?xml version="1.0"?>\r\n<a b="\xc3\xa9"/>'  # CRLF, not ASCII, no newline at the end
KEY_VALUE = "MODE=prod\n\n# a comment \t\nEMPTY=\n\n"
BINARY = bytes(range(256)) * 3

FORMATS = """
    import swarm_provider as swarm

    swarm.Config("{n}-json", file="config.json")
    swarm.Config("{n}-xml", data=open("config.xml", "rb").read())
    swarm.Config("{n}-kv", data={text!r})
    swarm.Config("{n}-bin", file="config.bin")
    swarm.Config("{n}-bytes", data={binary!r})
    swarm.Config("{n}-base64", data_base64={encoded!r})
"""


def contents(docker: Docker, prefix: str) -> dict[str, bytes]:
    """Content by name, without prefix and without the version's digits."""
    return {
        str(item["Spec"]["Name"]).removeprefix(prefix + "-").rsplit("-", 1)[0]: base64.b64decode(item["Spec"]["Data"])
        for item in docker.api.configs()
        if item["Spec"]["Name"].startswith(prefix)
    }


def test_s5_content_of_every_format_arrives_byte_for_byte(project: ProjectFactory, docker: Docker, unique: str) -> None:
    encoded = base64.b64encode(BINARY).decode()
    app = project(FORMATS.format(n=unique, text=KEY_VALUE, binary=BINARY, encoded=encoded))
    app.write("config.json", JSON)
    app.write("config.xml", XML)
    app.write("config.bin", BINARY)

    app.up().assert_ok()

    assert contents(docker, unique) == {
        "json": JSON.encode(),
        "xml": XML,
        "kv": KEY_VALUE.encode(),
        "bin": BINARY,
        "bytes": BINARY,
        "base64": BINARY,
    }
    app.assert_no_changes()
    (name,) = names(docker, "config", f"{unique}-json")
    assert '"Provider": "Postgres"' in docker("config", "inspect", "--pretty", name)


def test_s5_preview_shows_what_changes_inside_the_content(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(
        f"""
        import swarm_provider as swarm
        swarm.Config("{unique}-text", file="app.json")
        swarm.Config("{unique}-bin", file="app.bin")
        """
    )
    lines = [f'  "key{number}": {number}' for number in range(40)]
    app.write("app.json", "\n".join(lines))
    app.write("app.bin", BINARY)
    app.up().assert_ok()
    lines[20] = '  "key20": "another"'
    changed = BINARY + b"\xff"
    app.write("app.json", "\n".join(lines))
    app.write("app.bin", changed)

    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"update": 2}
    assert set(step_of(preview, "Config", "text").detailed_diff) == {"data", "name"}
    shown = [line.strip() for line in preview.stdout.splitlines()]
    assert [line.lstrip("- ") for line in shown if line.startswith("-") and "key" in line] == ['"key20": 20']
    assert [line.lstrip("+ ") for line in shown if line.startswith("+") and "key" in line] == ['"key20": "another"']
    for content in (BINARY, changed):
        assert f"{len(content)} bytes" in preview.output
        assert hashlib.sha256(content).hexdigest()[:12] in preview.output
    app.up().assert_ok()
    app.assert_no_changes()


def test_s5_content_up_to_dockers_limit_is_taken_and_more_is_refused_at_preview(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    limit = largest_config(docker, unique)
    app = project(f'import swarm_provider as swarm\nswarm.Config("{unique}-big", file="big.txt")')
    app.write("big.txt", "x" * (limit + 1))
    app.preview().assert_failed(f"{unique}-big", f"{limit + 1} bytes", f"the maximum for a config is {limit}")
    app.write("big.txt", "x" * limit)

    app.up().assert_ok()

    assert contents(docker, unique) == {"big": b"x" * limit}
    app.assert_no_changes()


def largest_config(docker: Docker, unique: str) -> int:
    """What the engine takes at most, in bytes: less than 1000 KiB, as it says itself."""
    limit = 1000 * 1024 - 1
    refused = docker.run("config", "create", f"{unique}-probe", "-", stdin="y" * (limit + 1))
    assert "less than 1024000 bytes" in refused.stderr
    return limit


def test_s5_credential_in_a_config_draws_a_warning_that_does_not_repeat_it(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(
        f"""
        import swarm_provider as swarm
        swarm.Config("{unique}-bad", data='{{"Database": {{"Password": "hunter2-very-long"}}}}')
        swarm.Config("{unique}-good", data='{{"Database": {{"Provider": "Postgres"}}}}')
        """
    )

    preview = app.preview().assert_ok()

    warnings = [line for line in preview.diagnostics if "warning" in line]
    assert len(warnings) == 1, preview
    assert "credential" in warnings[0] and f"{unique}-bad" in warnings[0] and "Password" in warnings[0]
    assert "hunter2" not in warnings[0]
