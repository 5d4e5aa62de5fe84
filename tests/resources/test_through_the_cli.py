"""The classes through the real CLI: what mocks cannot show."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.support.engine import Docker

pytestmark = pytest.mark.e2e

HEAD = "import pulumi\nimport swarm_provider as swarm\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            'swarm.Service("web", imagee="bb:1")',
            "swarm.Service 'web': unknown argument 'imagee'; did you mean 'image'?",
        ),
        ('swarm.Config("app", file="app.json")', "swarm.Config 'app': file: 'app.json' does not exist"),
        ('swarm.get_network("nope")', "swarm.get_network: network 'nope' does not exist"),
        ('pulumi.export("x", swarm.get_node_output("nope").hostname)', "node 'nope' does not exist"),
    ],
)
def test_mistake_ends_the_program_with_a_line_and_no_traceback(project: ProjectFactory, line: str, words: str) -> None:
    project(HEAD + line).preview().assert_failed(words)


def test_secret_setting_that_is_read_as_plain_text_is_in_no_message(project: ProjectFactory) -> None:
    made = project(HEAD + 'swarm.Config("app", file=pulumi.Config().require("word") + "/file")')
    # Pulumi's own filter does not know it in quotes, where its line feed is written otherwise
    made.config_set("word", "correct horse\nbattery staple", secret=True).assert_ok()
    result = made.preview().assert_failed("swarm.Config 'app': file: '[secret]/file' does not exist")
    assert "horse" not in result.output and "staple" not in result.output


def test_values_are_known_in_the_preview(project: ProjectFactory, unique: str) -> None:
    made = project(
        HEAD
        + f"""
net = swarm.Network("net", name="{unique}-net", driver="overlay")
cfg = swarm.Config("app", name="{unique}", data="1")
web = swarm.Service("web", name="{unique}-web", image="bb:1", networks=[net], configs=[cfg], wait=False)
pulumi.export("net", net.name)
pulumi.export("cfg", cfg.name)
"""
    )
    step = made.preview().assert_ok().step("web")
    assert step.new["inputs"]["networks"] == [{"name": f"{unique}-net"}]
    assert step.new["inputs"]["configs"][0]["source"].startswith(f"{unique}-")


def test_program_goes_up_reads_its_values_and_shows_no_change(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    made = project(
        HEAD
        + f"""
net = swarm.Network("net", name="{unique}-net", attachable=True)
cfg = swarm.Config("app", name="{unique}", data="1", labels=["a=b"])
web = swarm.Service(
    "web",
    name="{unique}-web",
    image="bb:1",
    environment=["A=1", "LANG"],
    networks=[net],
    configs=[{{"source": cfg, "target": "/etc/app"}}],
    deploy={{"update_config": {{"parallelism": 2}}, "replicas": 1}},
)
pulumi.export("values", [net.name, net.attachable, cfg.name, cfg.labels, web.name, web.deploy])
pulumi.export("found", swarm.get_config_output(cfg.name).data)
"""
    )
    made.up().assert_ok()
    outputs = made.outputs()
    values = outputs["values"]
    assert values[:2] == [f"{unique}-net", True]
    assert values[2].startswith(f"{unique}-")
    assert values[3:] == [{"a": "b"}, f"{unique}-web", {"replicas": 1, "update_config": {"parallelism": 2}}]
    assert outputs["found"] == "1"
    # policies of a whole stack are given the outputs
    assert {"deploy", "networks", "configs", "environment"} <= made.resources()["web"]["outputs"].keys()
    lines = {name: resource.get("sourcePosition") for name, resource in made.resources().items()}
    assert (lines["net"], lines["app"]) == ("project:///__main__.py#4", "project:///__main__.py#5"), "the program's own"
    spec = docker.json("service", "inspect", f"{unique}-web")[0]["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert sorted(spec["Env"]) == ["A=1", "LANG"]
    made.assert_no_changes()


def test_ignored_path_in_python_spelling_keeps_the_live_value(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    made = project(
        HEAD
        + f"""
swarm.Service(
    "web",
    pulumi.ResourceOptions(ignore_changes=["stop_grace_period", "deploy.replicas"]),
    name="{unique}",
    image="bb:1",
    stop_grace_period="1s",
    deploy={{"replicas": 1}},
)
"""
    )
    made.up().assert_ok()
    docker("service", "update", "--detach", "--stop-grace-period", "2s", "--replicas", "2", unique)
    # an update that is under way is waited for by `up`, and so it shows
    docker.wait_settled(unique)
    made.assert_no_changes()


def test_explicit_provider_reaches_its_swarm_and_existing_resources_are_read_through_it(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    made = project(
        HEAD
        + f"""
prod = swarm.Provider("prod", hosts=["tcp://127.0.0.1:1", "{docker.host}"], keep_previous={{"config": 3}})
through = pulumi.ResourceOptions(provider=prod)
net = swarm.Network("net", through, name="{unique}-net")
cfg = swarm.Config("app", through, name="{unique}", data="1")
first = {{"update_config": {{"order": "start-first"}}}}
web = swarm.Service("web", through, name="{unique}-web", image="bb:1", wait=False, deploy=first)
"""
    )
    made.environment["DOCKER_HOST"] = "tcp://127.0.0.1:1"
    made.up().assert_ok()
    assert made.resources()["app"]["inputs"]["keepPrevious"] == 3
    made.write(
        "__main__.py",
        (made.folder / "__main__.py").read_text()
        + f"""
old_config = swarm.Config.get("old", "{unique}", through)
old_service = swarm.Service.get("old", "{unique}-web", through)
old_network = swarm.Network.get("old", "{unique}-net", through)
user = swarm.Service(
    "user", through, name="{unique}-user", image="bb:1", networks=[old_network], configs=[old_config], wait=False
)
pulumi.export("old", [old_config.name, old_service.image, old_service.service_id])
pulumi.export("whole", [old_config.data, old_service.deploy, old_network.name, old_network.driver])
""",
    )
    made.up().assert_ok()
    name, image, service_id = made.outputs()["old"]
    assert name.startswith(f"{unique}-")
    assert image.startswith("bb:1")
    assert service_id == docker.service(f"{unique}-web")["ID"]
    data, deploy, network, driver = made.outputs()["whole"]
    assert (data, network, driver) == ("1", f"{unique}-net", "overlay")
    assert deploy["update_config"]["order"] == "start-first"
    made.assert_no_changes()


def test_debug_output_has_every_line_of_the_sdk_and_of_the_program(project: ProjectFactory, unique: str) -> None:
    made = project(HEAD + f'swarm.Network("net", name="{unique}-net")\npulumi.log.debug("said by the program")')
    result = made.preview("--debug").assert_ok()
    lines = [line.strip().removeprefix("debug: ") for line in result.output.splitlines()]
    registering = "registering resource: ty=swarm:index:Network, name=net, custom=True, remote=False"
    # in this order, the last one as the program ends
    places = [lines.index(text) for text in (registering, "said by the program", "run_pulumi_func completed")]
    assert places == sorted(places), result.output
