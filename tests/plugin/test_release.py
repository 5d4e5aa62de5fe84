"""A Release: its inputs, what it makes of its children, and what it says. On a swarm in memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import empty_pb2

from swarm_provider.core import labels
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.plugin.handlers.release.children import Child, Name
from swarm_provider.plugin.handlers.release.deployment import with_ports_freed
from swarm_provider.plugin.handlers.release.progress import Status
from swarm_provider.plugin.handlers.service.handler import ServiceHandler
from swarm_provider.plugin.protocol.operations import Request
from tests.support.in_process import InProcess, Made
from tests.support.memory_swarm import MemorySwarm

FILE = """
services:
  web:
    image: "bb:1"
    environment: {LEVEL: "${LEVEL:-info}"}
    configs: [app]
    volumes: ["data:/data"]
    depends_on: [db]
  db:
    image: "bb:1"
    secrets: [pass]
configs:
  app: {content: one}
secrets:
  pass: {external: true}
volumes:
  data: {}
"""
CONTENT = {"pass": Secret("hunter22")}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of Pulumi.yaml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yml").write_text(FILE)
    return tmp_path


def make(run: InProcess, **given: Any) -> Made:
    return run.make("Release", "shop", **{"composeFile": "shop.yml", "secrets": CONTENT, **given})


def checked(run: InProcess, **given: Any) -> dict[str, Any]:
    return run.inputs("Release", "shop", {"composeFile": "shop.yml", "secrets": CONTENT, **given})


def refusal(run: InProcess, **given: Any) -> str:
    _, failures = run.check("Release", "shop", {"composeFile": "shop.yml", "secrets": CONTENT, **given})
    assert len(failures) == 1, failures
    return failures[0]


def env_of(swarm: MemorySwarm, service: str) -> list[str]:
    live = swarm.live("service", service)
    assert live is not None
    found: list[str] = live["Spec"]["TaskTemplate"]["ContainerSpec"].get("Env") or []
    return found


# ------------------------------------------------------------------------------------------------ files and paths


def test_text_takes_the_place_of_a_file(swarm: MemorySwarm, run: InProcess, folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "app.txt").write_text("from a file")
    text = FILE.replace("content: one", "file: ./app.txt")
    made = run.make("Release", "shop", compose=text, baseDir="sub", secrets=CONTENT)
    assert made.inputs["configs"]["app"]["data"] == "from a file"
    assert swarm.live("service", "shop_web") is not None


def test_problem_in_a_text_has_its_line(run: InProcess) -> None:
    message = refusal(run, composeFile=None, compose="services:\n  web:\n    image: bb:1\n    prots: []\n")
    assert "compose:4: services.web" in message and "prots" in message


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"composeFile": None}, "set one of compose_file (a path, or several) and compose (text)"),
        ({"compose": "services: {}"}, "set one of compose_file (a path, or several) and compose (text)"),
        ({"baseDir": "sub"}, "base_dir: goes with compose only"),
        ({"composeFile": None, "compose": "services: {}", "baseDir": "none"}, "base_dir: 'none' does not exist in '"),
        ({"composeFile": ["shop.yml", "none.yml"]}, "compose_file: 'none.yml' does not exist in '"),
        ({"envFile": ["x.env"]}, "env_file: docker stack deploy reads no env file"),
        ({"dialect": "podman"}, "dialect"),
        ({"profiles": UNKNOWN}, "profiles: must be known at preview"),
        ({"composeFile": UNKNOWN}, "compose_file: must be known at preview"),
        ({"env": UNKNOWN}, "env: its keys must be known at preview"),
        ({"secrets": {"pas": "x"}}, "secrets: the compose file declares no secret 'pas'; did you mean 'pass'?"),
        (
            {"secrets": {"pass": {"nam": "x"}}},
            "secrets['pass']: must be the content as text, or {name: ...} of a secret",
        ),
        ({"configs": {"app": True}}, "configs['app']: must be the content as text, or {name: ...} of a config"),
        ({"networks": {"front": 5}}, "networks['front']: must be the name of a network that exists"),
        ({"volumes": {"data": {"name": 5}}}, "volumes['data']: must be the name of a volume that exists"),
        ({"renames": {"old": "wbe"}}, "renames: 'old' -> 'wbe': there is no service 'wbe'; did you mean 'web'?"),
        ({"renames": {"db": "web"}}, "renames: 'db' -> 'web': the service 'db' is still in the file"),
        ({"keepPrevious": -1}, "keep_previous"),
        ({"failAfter": "soon"}, "fail_after"),
        ({"onFailure": "explode"}, "on_failure"),
        ({"resolveImage": "sometimes"}, "resolve_image"),
        ({"adoptSecrets": "yes"}, "adopt_secrets"),
        ({"advice": ["no-limit"]}, "advice"),
    ],
)
def test_wrong_input_is_refused_with_its_name(run: InProcess, given: dict[str, Any], text: str) -> None:
    message = refusal(run, **given)
    assert text in message and "\n" not in message


def test_state_names_no_folder_of_the_machine(run: InProcess, folder: Path) -> None:
    (folder / "prod.env").write_text("LEVEL=debug\n")
    found = checked(
        run, composeFile=[str(folder / "shop.yml")], envFile=[str(folder / "prod.env")], dialect="compose-spec"
    )
    assert found["composeFile"] == ["shop.yml"] and found["envFile"] == ["prod.env"]
    assert str(folder) not in str(found)


# ------------------------------------------------------------------------------------------------ values


def test_service_that_refers_to_a_new_secret_is_not_compared_again_once_that_has_its_name(
    swarm: MemorySwarm, run: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(run)
    assert made.inputs["services"]["db"]["secrets"][0]["source"] == "shop_pass"

    async def differs(self: ServiceHandler, request: Request, *inputs: Any) -> None:
        raise AssertionError(f"{request.name} is compared")

    monkeypatch.setattr(ServiceHandler, "diff", differs)
    with InProcess(swarm) as later:
        read = later.refresh(made)
        name = read.state["secrets"]["pass"]
        assert read.inputs["services"]["db"]["secrets"][0]["source"] == name != "shop_pass"
        found = later.diff("Release", "shop", made.id, made.inputs, read.inputs, read.state, ())
        assert not found.diffs
        assert not later.change(read, composeFile="shop.yml", secrets=CONTENT).changes


def test_value_that_is_known_later_leaves_the_rest_of_the_plan_known(run: InProcess) -> None:
    found = checked(run, env={"LEVEL": UNKNOWN})
    assert found["services"]["web"]["environment"]["LEVEL"] is UNKNOWN
    assert found["services"]["db"]["image"] == "bb:1"


def test_secret_value_is_secret_where_it_stands(run: InProcess) -> None:
    found = checked(run, env={"LEVEL": Secret("s3cret")})
    assert found["services"]["web"]["environment"]["LEVEL"] == Secret("s3cret")
    assert "s3cret" not in str([text for _, text in run.said])


def test_numbers_and_booleans_are_texts_of_variables(swarm: MemorySwarm, run: InProcess) -> None:
    make(run, env={"LEVEL": True})
    assert "LEVEL=true" in env_of(swarm, "shop_web")
    with InProcess(swarm) as later:
        assert checked(later, env={"LEVEL": 3})["services"]["web"]["environment"]["LEVEL"] == "3"


def test_process_environment_is_used_and_named_unless_env_only(run: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEVEL", "warn")
    assert checked(run)["services"]["web"]["environment"]["LEVEL"] == "warn"
    assert "variables taken from the process environment: LEVEL" in run.texts("info")[-1]
    assert checked(run, envOnly=True)["services"]["web"]["environment"]["LEVEL"] == "info"


def test_bound_objects_are_referred_to_and_no_children(swarm: MemorySwarm, run: InProcess) -> None:
    run.make("Secret", "theirs", data=Secret("x"))
    found = checked(run, secrets={"pass": {"name": "theirs"}}, volumes={"data": "their-data"})
    assert found["secrets"] == {}
    assert found["services"]["db"]["secrets"][0]["source"] == "theirs"
    assert found["services"]["web"]["volumes"][0]["source"] == "their-data"


def test_bound_volume_brings_its_own_driver(run: InProcess) -> None:
    options = {"name": "nfs", "driver": "local", "driverOpts": {"type": "nfs"}}
    (mount,) = checked(run, volumes={"data": options})["services"]["web"]["volumes"]
    assert mount["source"] == "nfs" and mount["volume"]["driverOpts"] == {"type": "nfs"}


def test_bytes_are_content(run: InProcess) -> None:
    found = checked(run, secrets={"pass": {"dataBase64": "AAEC"}})
    assert found["secrets"]["pass"]["dataBase64"] == Secret("AAEC")


def test_options_of_single_resources_are_told_to_have_no_effect(run: InProcess, folder: Path) -> None:
    (folder / "shop.yml").write_text(
        FILE.replace('image: "bb:1"\n    env', 'image: "bb:1"\n    x-pulumi: {protect: true}\n    env')
    )
    checked(run)
    (told,) = [text for text in run.texts("warning") if "x-pulumi" in text]
    assert "services.web.x-pulumi.protect: has no effect" in told
    assert "x-pulumi.protect" in refusal(run, strict=True)


# ------------------------------------------------------------------------------------------------ renames


def test_renamed_service_goes_before_the_new_one_is_made(swarm: MemorySwarm, run: InProcess, folder: Path) -> None:
    made = make(run)
    (folder / "shop.yml").write_text(FILE.replace("  web:", "  shopfront:"))
    with InProcess(swarm) as later:
        swarm.changes.clear()
        found = later.change(made, composeFile="shop.yml", secrets=CONTENT, renames={"web": "shopfront"})
        assert found.changes == ["services"]
        calls = [(call.method, call.name) for call in swarm.changes if call.kind == "service"]
        assert calls == [("remove", "shop_web"), ("create", "shop_shopfront")]
        assert "shopfront" in found.made.state["services"] and "web" not in found.made.state["services"]
    with InProcess(swarm) as again:
        assert again.change(again.refresh(found.made), composeFile="shop.yml", secrets=CONTENT).changes == []


def test_service_without_a_rename_goes_after_the_new_one_runs(swarm: MemorySwarm, run: InProcess, folder: Path) -> None:
    made = make(run)
    (folder / "shop.yml").write_text(FILE.replace("  web:", "  shopfront:"))
    with InProcess(swarm) as later:
        swarm.changes.clear()
        later.change(made, composeFile="shop.yml", secrets=CONTENT)
    calls = [(call.method, call.name) for call in swarm.changes if call.kind == "service"]
    assert calls == [("create", "shop_shopfront"), ("remove", "shop_web")]


def test_owner_of_what_a_release_makes_is_the_pulumi_stack(swarm: MemorySwarm, run: InProcess) -> None:
    make(run)
    live = swarm.live("service", "shop_web")
    assert live is not None and live["Spec"]["Labels"][labels.OWNER] == "proj/dev"


# ------------------------------------------------------------------------------------------------ what people see


@pytest.mark.parametrize(
    "after",
    [
        "{front: {image: 'bb:1', ports: [PORT]}}",
        "{api: {image: 'bb:1', ports: [PORT]}, web: {image: 'bb:1', depends_on: [api]}}",
    ],
    ids=["of a service that goes", "of a service that stays"],
)
def test_host_port_that_moves_is_free_in_the_preview(swarm: MemorySwarm, run: InProcess, after: str) -> None:
    def text(services: str) -> str:
        return "services: " + services.replace("PORT", "{target: 80, published: 8080, mode: host}")

    swarm.install("Network", "overlay")
    made = run.make("Release", "shop", compose=text("{web: {image: 'bb:1', ports: [PORT]}}"))
    with InProcess(swarm) as later:
        later.change(later.refresh(made), preview=True, compose=text(after))
        assert not [told for told in later.texts("warning") if "pending" in told]


def summed_up(run: InProcess) -> str:
    (text,) = [text for text in run.texts("info") if "data volume" in text or "mounts of" in text]
    return text


def test_preview_of_a_new_release_sums_up_in_one_line(run: InProcess) -> None:
    run.create("Release", "shop", checked(run), preview=True)
    assert summed_up(run) == "2 services are created: no running task restarts, 2 tasks start, no data volume touched"


def test_preview_of_a_change_sums_up_in_one_line(swarm: MemorySwarm, run: InProcess, folder: Path) -> None:
    made = make(run)
    text = FILE.replace("content: one", "content: two").replace("  db:", "  new: {image: 'bb:1'}\n  db:")
    (folder / "shop.yml").write_text(text.replace("data:/data", "other:/data").replace("  data:", "  other:"))
    with InProcess(swarm) as later:
        later.change(later.refresh(made), preview=True, composeFile="shop.yml", secrets=CONTENT)
        assert summed_up(later) == (
            "1 service changes, 1 service is created: 1 task restarts in 1 service, 1 more task starts, mounts of web "
            "change, web is down meanwhile"
        )


@pytest.mark.parametrize("on_failure", ["rollback", "keep"])
def test_preview_says_what_could_not_be_returned(
    swarm: MemorySwarm, run: InProcess, folder: Path, on_failure: str
) -> None:
    text = FILE.replace("depends_on: [db]", "depends_on: [db]\n    networks: [front]") + "networks:\n  front: {}\n"
    (folder / "shop.yml").write_text(text)
    made = make(run)
    text = text.replace("front: {}", "front: {driver_opts: {com.docker.network.driver.mtu: '1400'}}")
    text = text.replace("  db:", "  once: {image: 'bb:1', deploy: {mode: replicated-job}}\n  db:")
    (folder / "shop.yml").write_text(text)
    given: dict[str, Any] = {"dialect": "compose-spec", "replaceNetworks": True, "onFailure": on_failure}
    with InProcess(swarm) as later:
        later.change(later.refresh(made), preview=True, composeFile="shop.yml", secrets=CONTENT, **given)
        told = summed_up(later)
    warning = "; if a service fails, once and network front cannot be returned"
    assert told.endswith(warning) == (on_failure == "rollback"), told


def test_what_is_said_of_a_child_begins_with_its_key(run: InProcess) -> None:
    checked(run, env={"LEVEL": "x"}, strict=False)
    run.call("Cancel", empty_pb2.Empty())
    assert any(text.startswith("advice: ") for text in run.texts("warning"))
    assert not any("urn:" in text for _, text in run.said)


def test_status_counts_services_and_names_those_under_way() -> None:
    status = Status(14, 11)
    assert status.of("web", "2/3 running, 1 starting (shop_web.2 on node1)") == ("11/14 services run; web 2/3 running")
    assert status.of("db", "submitted") == "11/14 services run; web 2/3 running, db submitted"
    assert status.ended("web", well=True) == "12/14 services run; db submitted"
    assert status.ended("db", well=False) == "12/14 services run"


def test_status_names_only_the_first_few() -> None:
    status = Status(9, 0)
    for name in "abcdef":
        text = status.of(name, "submitted")
    assert text.endswith("c submitted, d submitted, 2 more")


def test_status_column_of_a_release_is_about_the_whole(run: InProcess) -> None:
    make(run)
    assert {name for name, _ in run.status} == {"shop"}
    assert run.status[-1] == ("shop", "2/2 services run")


# ------------------------------------------------------------------------------------------------ import


def imported(run: InProcess, name: str = "shop") -> Made:
    id, inputs, state = run.read("Release", name, "shop", {}, {})
    return Made("Release", name, id, inputs, state)


def test_stack_that_runs_is_imported_and_nothing_differs(swarm: MemorySwarm, run: InProcess, folder: Path) -> None:
    make(run)
    with InProcess(swarm) as later:
        found = imported(later)
        assert found.inputs["services"].keys() == {"web", "db"}
        # Pulumi checks all that was read, and then what the program says
        checked = later.inputs("Release", "shop", found.inputs, found.inputs)
        assert later.diff("Release", "shop", found.id, found.inputs, checked, found.state).diffs == []
    with InProcess(swarm) as later:
        # the user's own file instead of the text that was read
        (folder / "shop.yml").write_text(
            FILE.replace("pass: {external: true}", "pass: {external: true, name: shop_pass}")
        )
        again = later.refresh(Made("Release", "shop", found.id, checked, found.state))
        swarm.changes.clear()
        later.change(again, composeFile="shop.yml")
        assert [call for call in swarm.changes if call.method != "update"] == []


def test_program_that_an_import_wrote_is_taken(swarm: MemorySwarm, run: InProcess) -> None:
    make(run)
    with InProcess(swarm) as later:
        found = imported(later)
        written = {key: found.inputs[key] for key in ("compose", "name", "configs", "networks") if key in found.inputs}
        assert later.change(found, **written).changes == []


def test_import_of_a_stack_that_is_not_there_finds_nothing(run: InProcess) -> None:
    assert imported(run).id == ""


# ------------------------------------------------------------------------------------------------ order


def with_ports(**ports: tuple[int | None, int | None]) -> list[Child]:
    """Services with the port that each publishes before and after."""
    anything: Any = None

    def child(key: str, before: int | None, after: int | None) -> Child:
        olds, news = ({"ports": [{"target": 80, "published": port}] if port else []} for port in (before, after))
        return Child(Name("service", key), anything, anything, anything, olds, news, {})

    return [child(key, *both) for key, both in ports.items()]


def test_service_that_takes_a_port_waits_for_the_one_that_frees_it() -> None:
    services = with_ports(web=(80, None), api=(None, 80), other=(81, 81))
    assert with_ports_freed(services, {"other": ["api"]}) == {"other": ["api"], "web": [], "api": ["web"]}


def test_service_that_frees_a_port_does_not_wait_for_the_one_that_takes_it() -> None:
    services = with_ports(web=(80, None), between=(None, None), api=(None, 80), db=(None, None))
    needs = {"web": ["between", "db"], "between": ["api"]}
    assert with_ports_freed(services, needs) == {"web": ["db"], "between": ["api"], "api": ["web"]}


def test_port_that_stays_orders_nothing() -> None:
    assert with_ports_freed(with_ports(web=(80, 80), api=(None, 81)), {"web": ["api"]}) == {"web": ["api"]}


def test_services_that_swap_ports_wait_in_one_direction_only() -> None:
    found = with_ports_freed(with_ports(a=(80, 81), b=(81, 80)), {})
    assert sorted(map(len, found.values())) == [0, 1]
