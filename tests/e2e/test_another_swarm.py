"""A state lives on one swarm, which it knows by its id. What happens when the settings lead to another one.

Everything is made there first and then removed where it was; nothing is decided by guessing, and Read never takes
another swarm's silence for an answer.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ProjectFactory, project_factory
from tests.support.engine import Docker, Engine, start_engine
from tests.support.pulumi import PulumiProject, Result

pytestmark = pytest.mark.e2e

SMALL = 'import swarm_provider as swarm\nswarm.Config("app", data="1")\n'
WHOLE = """
import swarm_provider as swarm

config = swarm.Config("app", data="1")
secret = swarm.Secret("db", data="2")
network = swarm.Network("front")
swarm.Volume("data", node="node1", delete_on_destroy=True)
swarm.Volume("lazy")
web = swarm.Service(
    "web", image="bb:1", command=["sleep", "100000"], resolve_image="never", stop_grace_period="0s", advice=[],
    configs=[{"source": config}], secrets=[{"source": secret}], networks=[network], volumes=["data:/data"],
    deploy={"update_config": {"monitor": "0.1s"}},
)
"""
EXPLICIT = """
import pulumi
import swarm_provider as swarm

there = swarm.Provider("there", WHERE)
swarm.Config("app", pulumi.ResourceOptions(provider=there), data="1")
"""

BEFORE: set[str] = set()
"""Ids of the networks that were there when a test began: `ingress`, and what tasks of tests before still use."""


@pytest.fixture(scope="module")
def second(engine_dir: str) -> Iterator[Engine]:
    """Another swarm than the session's."""
    started = start_engine(engine=engine_dir)
    try:
        started.images("bb")
        yield started
    finally:
        started.down()


@pytest.fixture
def a(engine: Engine) -> Iterator[Engine]:
    with emptied(engine):
        yield engine


@pytest.fixture
def b(second: Engine) -> Iterator[Engine]:
    with emptied(second):
        yield second


@contextlib.contextmanager
def emptied(engine: Engine) -> Iterator[None]:
    """What holds nothing at first, nor of tests before, and nothing of this one at the end."""
    end = time.monotonic() + 60
    while not engine.sweep() and time.monotonic() < end:
        time.sleep(0.2)
    BEFORE.update(one["Id"] for one in engine.docker.api.networks())
    with engine.cleaned():
        yield


@pytest.fixture
def app(a: Engine, b: Engine, tmp_path: Path, pulumi_cli: Path) -> PulumiProject:
    """A project whose settings say where it deploys: to swarm A."""
    made: PulumiProject = project_factory(tmp_path, a, pulumi_cli)(SMALL)
    del made.environment["DOCKER_HOST"]
    made.config_set("swarm:host", a.host).assert_ok()
    return made


def id_of(swarm: Engine) -> str:
    return str(swarm.docker.api.info()["Swarm"]["Cluster"]["ID"])


def holds(docker: Docker) -> dict[str, int]:
    """How many services, configs, secrets and overlay networks a swarm has, without the networks of tests before."""
    api = docker.api
    networks = [one for one in api.networks() if one["Driver"] == "overlay" and one["Id"] not in BEFORE]
    return {
        kind: len(found)
        for kind, found in {
            "service": api.services(),
            "config": api.configs(),
            "secret": api.secrets(),
            "network": networks,
        }.items()
        if found
    }


def versions(app: PulumiProject) -> list[str]:
    """The names of the config and of the secret in the swarm."""
    return [app.resources()[name]["outputs"]["name"] for name in ("app", "db")]


def assert_told_once(result: Result, *swarms: Engine) -> None:
    """Exactly one line of what Pulumi tells at the end names the ids of the swarms, and it names their addresses."""
    texts = [text for swarm in swarms for text in (id_of(swarm), swarm.host)]
    lines = [line for line in result.diagnostics if all(id_of(swarm) in line for swarm in swarms)]
    assert len(lines) == 1, str(result)
    assert all(text in lines[0] for text in texts), lines[0]


def assert_refused(result: Result, *texts: str) -> None:
    """It failed and says each of the texts. What fails in a program may be shown with a traceback of Pulumi's."""
    assert result.exit_code != 0 and "swarm_provider/" not in result.output, str(result)
    for text in texts:
        assert text in result.output, f"missing {text!r}\n{result}"


def assert_moved(app: PulumiProject, old: Engine, new: Engine, what: dict[str, int]) -> None:
    assert holds(old.docker) == {}
    assert holds(new.docker) == what
    assert app.assert_no_changes().unchanged


# ----------------------------------------------------------------------- the settings lead elsewhere


def test_other_settings_make_everything_there_first_and_then_remove_it_here(
    app: PulumiProject, a: Engine, b: Engine
) -> None:
    app.program(WHOLE)
    app.up().assert_ok()
    before, names = holds(a.docker), versions(app)
    app.config_set("swarm:host", b.host).assert_ok()

    preview = app.preview().assert_ok()
    assert_told_once(preview, a, b)
    assert preview.changes == {"replace": 6}
    assert (holds(a.docker), holds(b.docker)) == (before, {})

    result = app.up().assert_ok()
    assert_told_once(result, a, b)
    order = [(step.op, step.name) for step in result.steps]
    assert order.index(("create-replacement", "web")) < order.index(("delete-replaced", "web")), order
    assert_moved(app, a, b, before)
    assert versions(app) == names
    # also the one that delete_on_destroy gives up: it was not destroyed
    assert {"data"} <= {volume["Name"] for volume in a.docker.api.volumes()["Volumes"]}
    for name in ("data", "lazy"):
        assert f"volume {name!r} stays with its data on the swarm at {a.host}" in result.output
    app.destroy().assert_ok()
    assert holds(b.docker) == {}
    a.docker.api.remove_volume("data")


def test_another_docker_host_is_another_swarm(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.run("config", "rm", "swarm:host").assert_ok()
    app.up(env={"DOCKER_HOST": a.host}).assert_ok()
    there = {"DOCKER_HOST": b.host}
    assert_told_once(app.preview(env=there).assert_ok(), a, b)
    app.up(env=there).assert_ok()
    app.environment.update(there)
    assert_moved(app, a, b, {"config": 1})


@pytest.mark.long
def test_program_that_runs_first_moves_as_well(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.up().assert_ok()
    app.config_set("swarm:host", b.host).assert_ok()
    result = app.up("--run-program").assert_ok()
    assert_told_once(result, a, b)
    assert_moved(app, a, b, {"config": 1})


def test_explicit_provider_moves_also_when_the_program_runs_first(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.program(EXPLICIT.replace("WHERE", f"host={a.host!r}"))
    app.up().assert_ok()
    app.program(EXPLICIT.replace("WHERE", f"host={b.host!r}"))
    assert_told_once(app.up().assert_ok(), a, b)
    assert_moved(app, a, b, {"config": 1})
    app.program(EXPLICIT.replace("WHERE", f"host={a.host!r}"))
    app.up("--run-program").assert_ok()
    assert_moved(app, b, a, {"config": 1})


@pytest.mark.long
def test_resource_that_goes_to_the_provider_of_another_swarm_moves(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.up().assert_ok()
    app.program(EXPLICIT.replace("WHERE", f"host={b.host!r}"))
    assert_told_once(app.preview().assert_ok(), a, b)
    app.up().assert_ok()
    assert_moved(app, a, b, {"config": 1})


@pytest.mark.long
def test_resource_that_goes_to_another_provider_of_the_same_swarm_stays(app: PulumiProject, a: Engine) -> None:
    app.up().assert_ok()
    config = a.docker.api.configs()[0]["ID"]
    app.program(EXPLICIT.replace("WHERE", f"hosts=[{a.host!r}]"))
    assert app.up().assert_ok().changes.get("replace", 0) == 0
    assert [one["ID"] for one in a.docker.api.configs()] == [config]


@pytest.mark.long
def test_volume_whose_data_another_provider_would_remove_is_refused(app: PulumiProject, b: Engine) -> None:
    volume = 'swarm.Volume("data", OPTIONS, node="node1", delete_on_destroy=True)'
    app.program(SMALL + volume.replace("OPTIONS, ", ""))
    app.up().assert_ok()
    options = "pulumi.ResourceOptions(provider=there)"
    app.program(EXPLICIT.replace("WHERE", f"host={b.host!r}") + volume.replace("OPTIONS", options))
    assert_refused(app.preview(), "volume 'data' would be removed with its data", "delete_on_destroy")


@pytest.mark.long
def test_list_of_hosts_that_leads_elsewhere_moves(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.run("config", "rm", "swarm:host").assert_ok()
    app.config_set("swarm:hosts", json.dumps(["unix:///nope.sock", a.host])).assert_ok()
    app.up().assert_ok()
    app.config_set("swarm:hosts", json.dumps([b.host, "unix:///nope.sock"])).assert_ok()
    assert_told_once(app.preview().assert_ok(), a, b)
    app.up().assert_ok()
    assert_moved(app, a, b, {"config": 1})


def test_list_of_hosts_of_two_swarms_is_refused(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.run("config", "rm", "swarm:host").assert_ok()
    app.config_set("swarm:hosts", json.dumps([a.host, b.host])).assert_ok()
    assert_refused(app.preview(), "hosts: these are managers of two swarms", id_of(a), id_of(b), a.host, b.host)


@pytest.mark.long
def test_same_swarm_at_another_address_is_no_change(app: PulumiProject, a: Engine, tmp_path: Path) -> None:
    app.up().assert_ok()
    config = a.docker.api.configs()[0]["ID"]
    other = tmp_path / "other.sock"
    other.symlink_to(a.host.removeprefix("unix://"))
    app.config_set("swarm:host", f"unix://{other}").assert_ok()
    for args in ((), ("--run-program",)):
        result = app.up(*args).assert_no_changes()
        assert id_of(a) not in result.output
    assert [one["ID"] for one in a.docker.api.configs()] == [config]


@pytest.mark.long
def test_move_that_stops_in_the_middle_goes_on(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.program(WHOLE)
    app.up().assert_ok()
    what = holds(a.docker)
    app.config_set("swarm:host", b.host).assert_ok()
    # in use by a service that is not ours, so that swarm A does not let go of it
    network = a.docker("network", "inspect", "-f", "{{.Id}}", "front")
    a.docker("service", "create", "-q", "-d", "--name", "guest", "--network", network, "bb:1", "sleep", "100000")
    assert_refused(app.up(), "network front cannot be removed")
    assert holds(b.docker) == what
    a.docker("service", "rm", "guest")
    app.up().assert_ok()
    assert_moved(app, a, b, what)
    a.docker.api.remove_volume("data")


# ------------------------------------------------------- destroy, refresh, import and look-ups


@pytest.mark.parametrize(
    "args", [pytest.param(("--run-program",), id="program"), pytest.param((), id="state", marks=pytest.mark.long)]
)
def test_destroy_removes_what_is_on_the_swarm_of_the_state(
    app: PulumiProject, a: Engine, b: Engine, args: tuple[str, ...]
) -> None:
    app.up().assert_ok()
    app.config_set("swarm:host", b.host).assert_ok()
    app.destroy(*args).assert_ok()
    assert (holds(a.docker), holds(b.docker)) == ({}, {})
    assert app.resources() == {}


def test_refresh_with_another_docker_host_loses_nothing_and_destroy_says_where_it_removes(
    app: PulumiProject, a: Engine, b: Engine
) -> None:
    app.run("config", "rm", "swarm:host").assert_ok()
    app.up(env={"DOCKER_HOST": a.host}).assert_ok()
    b.docker("config", "create", "foreign", "-", stdin="x")
    app.refresh(env={"DOCKER_HOST": b.host}).assert_no_changes()
    assert "app" in app.resources()
    result = app.destroy(env={"DOCKER_HOST": b.host}).assert_ok()
    assert f"using swarm {id_of(a)} at {a.host}, where the stack lives, and not {b.host}" in result.output
    assert (holds(a.docker), holds(b.docker)) == ({}, {"config": 1})


@pytest.mark.parametrize(
    "args", [pytest.param(("--run-program",), id="program"), pytest.param((), id="state", marks=pytest.mark.long)]
)
def test_refresh_reads_the_swarm_of_the_state(app: PulumiProject, a: Engine, b: Engine, args: tuple[str, ...]) -> None:
    app.program(SMALL + 'swarm.Network("front")\n')
    app.up().assert_ok()
    a.docker("network", "rm", "front")
    app.config_set("swarm:host", b.host).assert_ok()
    app.refresh(*args).assert_ok()
    assert set(app.resources()) >= {"app"}
    assert "front" not in app.resources()
    app.up().assert_ok()
    assert_moved(app, a, b, {"config": 1, "network": 1})


def test_import_is_from_the_swarm_of_the_state_and_then_moves(app: PulumiProject, a: Engine, b: Engine) -> None:
    app.run("config", "rm", "swarm:host").assert_ok()
    app.up(env={"DOCKER_HOST": a.host}).assert_ok()
    for swarm in (a, b):
        swarm.docker("network", "create", "-d", "overlay", "front")
    result = app.import_(
        "swarm:index:Network", "front", "front", "--generate-code=false", env={"DOCKER_HOST": b.host}
    ).assert_ok()
    assert f"using swarm {id_of(a)} at {a.host}" in result.output
    network = a.docker.api.inspect_network("front")["Id"]
    assert app.resources()["front"]["outputs"]["networkId"] == network
    assert app.resources()["front"]["outputs"]["__cluster"] == id_of(a)


@pytest.mark.long
def test_offline_preview_of_a_swarm_that_does_not_answer_goes_by_the_state(app: PulumiProject) -> None:
    app.program(WHOLE)
    app.up().assert_ok()
    app.config_set("swarm:host", "unix:///nope.sock").assert_ok()
    app.config_set("swarm:offlinePreview", "true").assert_ok()
    app.preview("--run-program").assert_no_changes()
    app.run("config", "rm", "swarm:host").assert_ok()
    app.run("config", "rm", "swarm:offlinePreview").assert_ok()
    there = {"DOCKER_HOST": "unix:///nope.sock", "SWARM_OFFLINE_PREVIEW": "1"}
    app.preview("--run-program", env=there).assert_no_changes()
    assert_refused(app.preview("--run-program", env={**there, "SWARM_OFFLINE_PREVIEW": ""}), "cannot reach Docker")


@pytest.mark.long
def test_settings_that_are_known_only_in_the_update_lead_there(app: PulumiProject, a: Engine, b: Engine) -> None:
    where = f"host=first.config_id.apply(lambda _: {b.host!r})"
    app.program(
        'import swarm_provider as swarm\nfirst = swarm.Config("first", data="1")\n' + EXPLICIT.replace("WHERE", where)
    )
    assert app.preview().assert_ok().changes["create"] == 4
    app.up().assert_ok()
    assert (holds(a.docker), holds(b.docker)) == ({"config": 1}, {"config": 1})
    app.assert_no_changes()


@pytest.mark.long
def test_look_up_answers_from_the_swarm_of_the_settings(app: PulumiProject, a: Engine, b: Engine) -> None:
    program = SMALL + 'import pulumi\npulumi.export("id", swarm.get_network("front").id)\n'
    for swarm in (a, b):
        swarm.docker("network", "create", "-d", "overlay", "front")
    app.program(program)
    app.up().assert_ok()
    assert app.outputs()["id"] == a.docker.api.inspect_network("front")["Id"]
    app.config_set("swarm:host", b.host).assert_ok()
    app.up().assert_ok()
    assert app.outputs()["id"] == b.docker.api.inspect_network("front")["Id"]


# ------------------------------------------------------------------- the swarm before is no more


@pytest.fixture
def fragile(engine_dir: str) -> Iterator[Engine]:
    """A swarm that the test may end."""
    started = start_engine(engine=engine_dir)
    try:
        yield started
    finally:
        started.down()


@pytest.fixture
def lonely(fragile: Engine, tmp_path: Path, pulumi_cli: Path) -> PulumiProject:
    """A project that was deployed to it."""
    made: PulumiProject = project_factory(tmp_path, fragile, pulumi_cli)(SMALL + 'swarm.Network("front")\n')
    made.up().assert_ok()
    return made


def test_swarm_that_was_initialised_anew_gets_everything_again(lonely: PulumiProject, fragile: Engine) -> None:
    old = id_of(fragile)
    fragile.docker("swarm", "leave", "--force")
    fragile.docker("swarm", "init", "--advertise-addr", fragile.address(1))
    for run in (lonely.preview, lonely.up):
        result = run().assert_ok()
        assert result.changes == {"create": 2}
        told = [line for line in result.diagnostics if old in line and id_of(fragile) in line]
        assert len(told) == 1, str(result)
        assert f"the swarm at {fragile.host} was re-initialized" in told[0]
    lonely.assert_no_changes()
    assert old not in lonely.preview().output


@pytest.mark.long
def test_swarm_that_was_initialised_anew_is_noticed_by_a_program_that_runs_first(
    lonely: PulumiProject, fragile: Engine
) -> None:
    old = id_of(fragile)
    fragile.docker("swarm", "leave", "--force")
    fragile.docker("swarm", "init", "--advertise-addr", fragile.address(1))
    # without the refresh that finds them gone, they are replaced
    result = lonely.up("--run-program").assert_ok()
    assert result.changes == {"replace": 2}
    assert sum(old in line for line in result.diagnostics) == 1, str(result)
    lonely.assert_no_changes()
    fragile.docker("swarm", "leave", "--force")
    fragile.docker("swarm", "init", "--advertise-addr", fragile.address(1))
    lonely.destroy().assert_ok()
    assert lonely.resources() == {}


def test_swarm_that_cannot_be_reached_any_more_is_given_up_only_when_told(
    lonely: PulumiProject, fragile: Engine, b: Engine
) -> None:
    old = id_of(fragile)
    fragile.docker("swarm", "leave", "--force")
    there = {"DOCKER_HOST": b.host}
    for args in ((), ("--run-program",)):
        assert_refused(lonely.up(*args, env=there), old, fragile.host, "SWARM_DELETE_UNREACHABLE=true")
    assert holds(b.docker) == {}
    assert {"app", "front"} <= set(lonely.resources())

    result = lonely.up(env={**there, "SWARM_DELETE_UNREACHABLE": "true"}).assert_ok()
    assert f"what this stack has on swarm {old}" in result.output
    assert holds(b.docker) == {"config": 1, "network": 1}
    lonely.environment.update(there)
    lonely.assert_no_changes()
    assert "deleteUnreachable" not in json.dumps(lonely.export_state())


@pytest.mark.long
def test_setting_gives_up_a_swarm_when_the_program_runs_first(
    lonely: PulumiProject, fragile: Engine, b: Engine
) -> None:
    fragile.docker("swarm", "leave", "--force")
    lonely.environment["DOCKER_HOST"] = b.host
    lonely.config_set("swarm:deleteUnreachable", "true").assert_ok()
    lonely.up("--run-program").assert_ok()
    assert holds(b.docker) == {"config": 1, "network": 1}
    lonely.assert_no_changes()


@pytest.mark.long
def test_destroy_gives_up_a_swarm_only_when_told(lonely: PulumiProject, fragile: Engine) -> None:
    fragile.docker("swarm", "leave", "--force")
    lonely.destroy().assert_failed("SWARM_DELETE_UNREACHABLE=true")
    assert "app" in lonely.resources()
    lonely.destroy(env={"SWARM_DELETE_UNREACHABLE": "1"}).assert_ok()
    assert lonely.resources() == {}


# --------------------------------------------------------------- states from before there were ids


def _resources(state: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = state["deployment"]["resources"]
    return found


def forget_ids(app: PulumiProject) -> None:
    """Make the state one of an earlier version."""
    state = app.export_state()
    for resource in _resources(state):
        for part in ("inputs", "outputs"):
            (resource.get(part) or {}).pop("__cluster", None)
    app.run("stack", "import", stdin=json.dumps(state)).assert_ok()


def test_state_without_an_id_learns_it_in_silence(app: PulumiProject, a: Engine) -> None:
    app.up().assert_ok()
    forget_ids(app)
    preview = app.preview("--expect-no-changes").assert_no_changes()
    assert id_of(a) not in preview.output
    app.up().assert_no_changes()
    assert app.resources()["app"]["outputs"]["__cluster"] == id_of(a)
    [provider] = [found for found in app.resources().values() if found["type"] == "pulumi:providers:swarm"]
    assert id_of(a) in json.dumps(provider["inputs"])


@pytest.mark.long
@pytest.mark.parametrize("args", [(), ("--run-program",)])
def test_state_without_an_id_asks_the_address_that_it_has(
    app: PulumiProject, a: Engine, b: Engine, args: tuple[str, ...]
) -> None:
    app.up().assert_ok()
    forget_ids(app)
    app.config_set("swarm:host", b.host).assert_ok()
    assert_told_once(app.up(*args).assert_ok(), a, b)
    assert_moved(app, a, b, {"config": 1})


@pytest.mark.long
def test_state_without_an_id_whose_address_is_dead_is_an_error(
    project: ProjectFactory, a: Engine, b: Engine, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.sock"
    gone.symlink_to(a.host.removeprefix("unix://"))
    app = project(SMALL)
    del app.environment["DOCKER_HOST"]
    app.config_set("swarm:host", f"unix://{gone}").assert_ok()
    app.up().assert_ok()
    forget_ids(app)
    gone.unlink()
    app.config_set("swarm:host", b.host).assert_ok()
    assert_refused(app.up("--run-program"), "cannot determine whether", str(gone), "SWARM_DELETE_UNREACHABLE=true")
    assert (holds(a.docker), holds(b.docker)) == ({"config": 1}, {})
