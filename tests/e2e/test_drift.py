"""What somebody changed by hand, through the CLI: a plain preview shows it with the live value, `up` puts it right.

The whole table of a service's fields is in tests/plugin/drift_lines.py; here a few of each kind stand for it.
"""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import stack, wait_for, write_yaml
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

PROGRAM = """
    import pulumi
    import swarm_provider as swarm

    config = swarm.Config("conf", name="NAME-conf", data="a", labels={"team": "a"})
    swarm.NodeLabel("label", node="*", key="NAME", value="a")
    swarm.Network("net", name="NAME-net")
    swarm.Volume("vol", name="NAME-vol", node=swarm.get_nodes()[0].hostname)
    swarm.Service(
        "web", name="NAME-web", image="bb:1", command="sleep 1000", environment={"MODE": "a"},
        configs=[{"source": config, "target": "/c"}], deploy={"replicas": 1}, stop_grace_period="1s",
    )
    swarm.Service(
        "scaled", pulumi.ResourceOptions(ignore_changes=["deploy.replicas"]), name="NAME-scaled", image="IMAGE",
        command="sleep 1000", deploy={"replicas": 1, "labels": {"of": "code"}}, stop_grace_period="1s",
    )
"""


def change_config_label(docker: Docker, prefix: str) -> None:
    """docker has no command for it, the API has."""
    config = next(item for item in docker.api.configs() if item["Spec"]["Name"].startswith(prefix))
    spec = {**config["Spec"], "Labels": {**config["Spec"]["Labels"], "team": "b"}}
    url = docker.api._url("/configs/{0}/update", config["ID"])
    docker.api._raise_for_status(docker.api._post_json(url, data=spec, params={"version": config["Version"]["Index"]}))


def test_changes_by_hand_are_shown_with_their_live_values_and_undone(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    text = PROGRAM.replace("NAME", unique)
    app = project(text.replace("IMAGE", "bb:1"))
    app.up().assert_ok()
    (node,) = docker.lines("node", "ls", "-q")
    docker("service", "update", "--detach", "--env-add", "MODE=live", "--replicas", "2", f"{unique}-web")
    docker("service", "scale", "--detach", f"{unique}-scaled=4")
    docker("node", "update", "--label-add", f"{unique}=live", node)
    docker("network", "rm", f"{unique}-net")
    docker("volume", "rm", f"{unique}-vol")
    change_config_label(docker, f"{unique}-conf")
    app.program(text.replace("IMAGE", "bb:2"))

    preview = app.preview(diff=True).assert_ok()

    assert preview.changes == {"update": 4, "create": 2}, str(preview)
    assert set(preview.step("web", "update").detailed_diff) == {"deploy.replicas", "environment.MODE"}
    assert preview.step("web", "update").old["inputs"]["deploy"]["replicas"] == 2
    assert set(preview.step("scaled", "update").detailed_diff) == {"image"}
    for shown in ('"live" => "a"', "2 => 1", '"b" => "a"'):
        assert shown in preview.stdout, str(preview)
    assert preview.step("net", "create") and preview.step("vol", "create")
    assert app.preview("--expect-no-changes").exit_code != 0

    app.up().assert_ok()

    assert docker.service(f"{unique}-web")["Spec"]["Mode"]["Replicated"]["Replicas"] == 1
    assert docker.service(f"{unique}-scaled")["Spec"]["Mode"]["Replicated"]["Replicas"] == 4, "an ignored path"
    assert docker.json("node", "inspect", node)[0]["Spec"]["Labels"][unique] == "a"
    app.preview("--expect-no-changes").assert_no_changes()


@pytest.mark.long
def test_refresh_tells_the_same_as_a_plain_preview(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(PROGRAM.replace("NAME", unique).replace("IMAGE", "bb:1"))
    app.up().assert_ok()
    docker("service", "update", "--detach", "--env-add", "MODE=live", f"{unique}-web")
    plain = app.preview().assert_ok()
    flagged = app.preview("--refresh").assert_ok()
    assert plain.step("web", "update").detailed_diff == flagged.step("web", "update").detailed_diff
    assert app.preview("--refresh", "--expect-no-changes").exit_code != 0
    app.refresh().assert_ok()
    assert app.resources()["web"]["inputs"]["environment"] == {"MODE": "live"}
    after = app.preview().assert_ok()
    assert after.step("web", "update").detailed_diff == plain.step("web", "update").detailed_diff
    app.up("--refresh").assert_ok()
    app.preview("--refresh", "--expect-no-changes").assert_no_changes()
    app.refresh("--expect-no-changes").assert_ok()


NETWORKED = """
    version: "3.8"
    services:
      web:
        image: bb:1
        command: sleep 1000
        stop_grace_period: 1s
        networks: [back]
    networks:
      back: {attachable: WANTED}
"""


@pytest.mark.long
def test_network_that_differs_is_told_and_made_anew_only_when_asked(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    network, web = f"{unique}_back", f"{unique}_web"
    app = project(stack(unique, "stack.yml"))
    write_yaml(app, "stack.yml", NETWORKED.replace("WANTED", "false"))
    app.up().assert_ok()
    before = docker.json("network", "inspect", network)[0]["Id"], docker.task_ids(web)

    write_yaml(app, "stack.yml", NETWORKED.replace("WANTED", "true"))
    for told in (app.preview(diff=True), app.up()):
        told.assert_no_changes()
        assert (
            f"network '{network}' differs from the desired configuration (attachable: not set => true)" in told.output
        )
        assert "replace_networks=True" in told.output
    assert (docker.json("network", "inspect", network)[0]["Id"], docker.task_ids(web)) == before

    # by hand: with a setting that nobody asked for
    write_yaml(app, "stack.yml", NETWORKED.replace("WANTED", "false"))
    docker("service", "rm", web)
    wait_for("the network is free", lambda: docker.run("network", "rm", network).returncode == 0)
    other = ("network", "create", "--driver", "overlay", "--attachable", network)
    wait_for("the name is free", lambda: docker.run(*other).returncode == 0)
    drifted = app.preview(diff=True).assert_ok()
    assert drifted.changes == {"create": 1}, drifted
    assert "attachable: true => not set" in drifted.output, str(drifted)
    assert drifted.output.count("differs from the desired configuration") == 1, str(drifted)
    app.up().assert_ok()
    by_hand = docker.json("network", "inspect", network)[0]["Id"]

    app.program(stack(unique, "stack.yml", more="replace_networks=True"))
    preview = app.preview(diff=True).assert_ok()
    assert preview.changes == {"replace": 2}, preview
    said = f"the service {web} is replaced because networks change: all its tasks stop, then new ones start"
    assert preview.output.count(said) == 1, str(preview)
    app.up().assert_ok()
    found = docker.json("network", "inspect", network)[0]
    assert (found["Attachable"], found["Id"] == by_hand) == (False, False)
    docker.wait_running(web)
    assert docker.service(web)["Spec"]["TaskTemplate"]["Networks"][0]["Target"] == found["Id"]
    app.assert_no_changes()
