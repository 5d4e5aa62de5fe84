"""What leaves a Release, and ports that move inside of one: order, and what stays."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import names, write_yaml
from tests.e2e.test_release import specs, tasks
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject

pytestmark = pytest.mark.e2e

PROGRAM = """
    import pulumi
    import swarm_provider as swarm
    swarm.Release({name!r}, pulumi.ResourceOptions({options}), compose_file="shop.yml")
"""
SERVICE = (
    "{{image: bb:1, command: sleep 100000, stop_signal: SIGKILL, deploy: {{update_config: {{monitor: 1s}}}}{more}}}"
)


def write(app: PulumiProject, *, web: str = "", api: str | None = "", rest: str = "") -> None:
    services = {"web": web, **({} if api is None else {"api": api})}
    lines = "\n".join(f"  {name}: {SERVICE.format(more=more)}" for name, more in services.items())
    write_yaml(app, "shop.yml", f"services:\n{lines}\n{rest}")


def published(docker: Docker, name: str) -> list[int]:
    return [port["PublishedPort"] for port in docker.service(name)["Spec"]["EndpointSpec"].get("Ports", [])]


def test_port_moves_between_services_whichever_depends_on_the_other(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app, port = project(PROGRAM.format(name=unique, options="")), 31000 + int(unique[1:], 16) % 1000
    taken, needs_web = f", ports: ['{port}:80']", ", depends_on: [web]"
    write(app, web=taken, api=needs_web)
    app.up().assert_ok()
    # to the one that comes later, back again, and away from one that is removed
    for web, api in (("", needs_web + taken), (taken, needs_web)):
        write(app, web=web, api=api)
        app.up().assert_ok()
        assert published(docker, f"{unique}_web") == ([port] if web else [])
        assert published(docker, f"{unique}_api") == ([] if web else [port])
        app.assert_no_changes()
    write(app, web="", api=needs_web + taken)
    app.up().assert_ok()
    write(app, web=taken, api=None)
    app.up().assert_ok()
    assert published(docker, f"{unique}_web") == [port]
    assert list(specs(docker, unique)) == [f"{unique}_web"]
    app.assert_no_changes()


def test_what_leaves_the_file_goes_in_order_and_data_stays(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    app = project(PROGRAM.format(name=unique, options="protect=True"))
    more = ", networks: [back], configs: [app], volumes: ['data:/data']"
    rest = "networks: {back: {}, front: {}}\nconfigs: {app: {content: one}}\nvolumes: {data: {}}\n"
    write(app, web=", networks: [front]", api=more, rest=rest)
    app.up().assert_ok()
    web = tasks(docker, f"{unique}_web")
    assert {network["Name"] for network in docker.api.networks()} >= {f"{unique}_back", f"{unique}_front"}

    write(app, web=", networks: [front]", api=None, rest="networks: {front: {}}\n")
    app.up().assert_ok()
    assert list(specs(docker, unique)) == [f"{unique}_web"]
    assert tasks(docker, f"{unique}_web") == web
    assert names(docker, "config", unique) == []
    assert [net["Name"] for net in docker.api.networks() if net["Name"].startswith(unique)] == [f"{unique}_front"]
    volume = f"{unique}_data"
    assert docker("volume", "ls", "-q", "--filter", f"name={volume}") == volume

    app.destroy().assert_failed("protect", max_lines=8)
    assert tasks(docker, f"{unique}_web") == web
    app.program(PROGRAM.format(name=unique, options="retain_on_delete=True"))
    app.up().assert_ok()
    app.destroy().assert_ok()
    assert tasks(docker, f"{unique}_web") == web, "what is retained runs on"

    app.program(PROGRAM.format(name=unique, options=""))
    app.up().assert_ok()
    assert tasks(docker, f"{unique}_web") == web, "and the next one adopts it"
    app.destroy().assert_ok()
    assert specs(docker, unique) == {}
    assert [net for net in docker.api.networks() if net["Name"].startswith(unique)] == []
    assert docker("volume", "ls", "-q", "--filter", f"name={volume}") == volume
    docker("volume", "rm", volume)
