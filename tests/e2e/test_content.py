"""Content of each kind, through the CLI: a folder, a template that Swarm fills in, bytes, the output of a resource."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import names
from tests.support.engine import Docker

pytestmark = [pytest.mark.e2e, pytest.mark.long]

PROGRAM = """
    import pulumi
    import swarm_provider as swarm

    conf = swarm.ConfigDirectory("{name}-d", directory="conf.d", keep_previous=0)
    template = swarm.Config("{name}-t", data="{{{{.Service.Name}}}}", template_driver="golang")
    raw = swarm.Config("{name}-b", data=b"\\xff\\x00")
    derived = swarm.Config("{name}-o", data=pulumi.Output.concat("from ", conf.configs["a.conf"].name), keep_previous=0)
    files = [{{"source": config, "target": "/" + key}} for key, config in (("t", template), ("b", raw), ("o", derived))]
    swarm.Service("{name}", image="bb:1", configs=[*conf.mounted("/d"), *files], stop_grace_period="1s")
"""


def test_content_of_every_kind_is_what_the_container_sees_and_a_folder_follows_its_files(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(PROGRAM.format(name=unique))
    app.write("conf.d/a.conf", "one\ntwo\nthree\n")
    app.write("conf.d/sub/b c.conf", "b\n")
    app.up().assert_ok()
    (first,) = names(docker, "config", f"{unique}-d-a.conf-")
    assert docker.exec_in(unique, "cat", "/d/a.conf", "/d/sub/b c.conf") == "one\ntwo\nthree\nb"
    assert docker.exec_in(unique, "cat", "/t") == unique
    assert docker.exec_in(unique, "od", "-An", "-tx1", "/b").split() == ["ff", "00"]
    assert docker.exec_in(unique, "cat", "/o") == f"from {first}"
    app.assert_no_changes()

    app.write("conf.d/a.conf", "one\n2\nthree\n")
    app.write("conf.d/z.conf", "z\n")
    (app.folder / "conf.d/sub/b c.conf").unlink()
    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"create": 1, "update": 3, "delete": 1}
    shown = [line.strip() for line in preview.stdout.splitlines()]
    assert "- two" in shown and "+ 2" in shown, "text is shown as a diff of its lines"
    app.up().assert_ok()
    assert docker.exec_in(unique, "sh", "-c", "cd /d; ls; cat a.conf z.conf").split() == [
        *("a.conf", "z.conf"),
        *("one", "2", "three", "z"),
    ]
    (second,) = names(docker, "config", f"{unique}-d-a.conf-")
    assert second != first
    assert docker.exec_in(unique, "cat", "/o") == f"from {second}"
    assert len(names(docker, "config", f"{unique}-d-")) == 2, "the removed file's config is gone"
    app.assert_no_changes()
