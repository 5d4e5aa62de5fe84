"""A Stack turns compose files into child resources: names, references, order, options, bindings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import SECRET, Run, run

TODO = """
services:
  web:
    image: web:${TAG:-1}
    environment:
      MODE: ${MODE:-dev}
    configs: [{source: app, target: /etc/app.json}]
    secrets: [password]
    networks: [front]
    volumes: ["data:/data"]
configs:
  app: {file: app.json}
secrets:
  password: {file: password.txt}
networks:
  front: {attachable: true}
volumes:
  data: {labels: {a: b}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "todo.yml").write_text(TODO)
    (tmp_path / "app.json").write_text('{"a": 1}')
    (tmp_path / "password.txt").write_text("hunter2")
    return tmp_path


def stack(**args: Any) -> Run:
    return run(lambda: swarm.Stack("todo", **{"compose_file": "todo.yml", **args}))


def compose(folder: Path, text: str) -> str:
    (folder / "other.yml").write_text(text)
    return "other.yml"


def test_children_carry_the_stacks_logical_and_physical_name(folder: Path) -> None:
    done = stack(name="prod")
    assert {entry.name: entry.type for entry in done.resources} == {
        "todo": "swarm:index:Stack",
        "todo-web": "swarm:index:Service",
        "todo-app": "swarm:index:Config",
        "todo-password": "swarm:index:Secret",
        "todo-front": "swarm:index:Network",
    }
    assert done["todo-web"].inputs["name"] == "prod_web"
    assert done["todo-app"].inputs["baseName"] == "prod_app"
    assert done["todo-password"].inputs["baseName"] == "prod_password"
    assert done["todo-front"].inputs["name"] == "prod_front"
    assert {entry.inputs["namespace"] for entry in done.resources[1:]} == {"prod"}
    assert all(entry.request.parent == done["todo"].urn for entry in done.resources[1:])


def test_content_of_files_arrives_and_that_of_secrets_is_secret(folder: Path) -> None:
    done = stack()
    assert done["todo-app"].inputs["data"] == '{"a": 1}'
    assert done["todo-password"].inputs["data"] == (SECRET, "hunter2")


def test_service_refers_to_its_objects_and_waits_for_them(folder: Path) -> None:
    web = stack()["todo-web"]
    assert [entry["source"] for entry in web.inputs["configs"]] == ["todo_app-0123abcd"]
    assert web.inputs["configs"][0]["target"] == "/etc/app.json"
    assert [entry["source"] for entry in web.inputs["secrets"]] == ["todo_password-0123abcd"]
    assert [entry["name"] for entry in web.inputs["networks"]] == ["todo_front"]
    assert web.depends_on == {"todo-app", "todo-password", "todo-front"}


def test_volume_of_the_file_is_made_where_a_task_mounts_it(folder: Path) -> None:
    mount = stack()["todo-web"].inputs["volumes"][0]
    assert (mount["type"], mount["source"], mount["target"]) == ("volume", "todo_data", "/data")
    assert mount["volume"]["labels"]["a"] == "b"


def test_children_are_reachable_by_their_key(folder: Path) -> None:
    def program() -> Any:
        made = swarm.Stack("todo", compose_file="todo.yml")
        assert [*made.services, *made.configs, *made.secrets, *made.networks] == ["web", "app", "password", "front"]
        return [made.services["web"].service_id, made.configs["app"].name, made.networks["front"].name]

    assert run(program).result == ["docker-id", "todo_app-0123abcd", "todo_front"]


# ------------------------------------------------------------------ variables


def test_env_wins_over_the_process_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "2")
    monkeypatch.setenv("MODE", "stage")
    web = stack(env={"TAG": 3})["todo-web"]
    assert web.inputs["image"] == "web:3"
    assert web.inputs["environment"] == {"MODE": "stage"}


def test_env_only_leaves_the_process_environment_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAG", "2")
    assert stack(env_only=True)["todo-web"].inputs["image"] == "web:1"


def test_used_process_variables_are_said_by_name_only(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODE", "hunter2")
    said = [text for level, text in stack(env={"TAG": "3"}).log if level in ("info", "debug")]
    assert any("MODE" in text and "TAG" not in text for text in said)
    assert not any("hunter2" in text for text in said)


def test_output_in_a_text_stays_an_output(folder: Path) -> None:
    done = run(lambda: swarm.Stack("todo", compose_file="todo.yml", env={"MODE": pulumi.Output.from_input("x")}))
    assert done["todo-web"].inputs["environment"] == {"MODE": "x"}


def test_secret_in_a_text_stays_secret(folder: Path) -> None:
    done = run(lambda: swarm.Stack("todo", compose_file="todo.yml", env={"MODE": pulumi.Output.secret("hunter2")}))
    assert done["todo-web"].inputs["environment"] == (SECRET, {"MODE": "hunter2"})


def test_output_where_structure_depends_on_it_is_an_error_with_file_and_line(folder: Path) -> None:
    file = compose(folder, "services:\n  web:\n    image: web:1\n    deploy:\n      replicas: ${COUNT}\n")
    with pytest.raises(
        pulumi.RunError, match=r"other\.yml:5: services\.web\.deploy\.replicas: an Output is not allowed here"
    ):
        run(lambda: swarm.Stack("todo", compose_file=file, env={"COUNT": pulumi.Output.from_input("2")}))


# ------------------------------------------------------------------- bindings


def test_secret_bound_to_a_value_becomes_a_secret_of_the_stack(folder: Path) -> None:
    done = run(
        lambda: swarm.Stack("todo", compose_file="todo.yml", secrets={"password": pulumi.Output.secret("other")})
    )
    assert done["todo-password"].inputs["data"] == (SECRET, "other")


def test_external_secret_bound_to_a_value_belongs_to_the_stack(folder: Path) -> None:
    file = compose(folder, "services: {web: {image: 'web:1', secrets: [pw]}}\nsecrets: {pw: {external: true}}\n")
    done = stack(compose_file=file, secrets={"pw": "hunter2"})
    assert done["todo-pw"].inputs == {"baseName": "todo_pw", "namespace": "todo", "data": (SECRET, "hunter2")}
    assert [entry["source"] for entry in done["todo-web"].inputs["secrets"]] == ["todo_pw-0123abcd"]


def test_external_secret_without_a_binding_is_named_only(folder: Path) -> None:
    file = compose(folder, "services: {web: {image: 'web:1', secrets: [pw]}}\nsecrets: {pw: {external: true}}\n")
    done = stack(compose_file=file)
    assert "todo-pw" not in done.names
    assert [entry["source"] for entry in done["todo-web"].inputs["secrets"]] == ["pw"]


def test_config_bound_to_a_resource_is_that_resource(folder: Path) -> None:
    def program() -> None:
        shared = swarm.Config("shared", data="x")
        swarm.Stack("todo", compose_file="todo.yml", configs={"app": shared})

    done = run(program)
    assert "todo-app" not in done.names
    assert [entry["source"] for entry in done["todo-web"].inputs["configs"]] == ["shared-0123abcd"]
    assert "shared" in done["todo-web"].depends_on


@pytest.mark.parametrize("as_output", [False, True])
def test_network_bound_to_a_name_is_that_network(folder: Path, as_output: bool) -> None:
    def program() -> None:
        name: Any = pulumi.Output.from_input("backend") if as_output else "backend"
        swarm.Stack("todo", compose_file="todo.yml", networks={"front": name})

    done = run(program)
    assert "todo-front" not in done.names
    assert [entry["name"] for entry in done["todo-web"].inputs["networks"]] == ["backend"]


def test_bound_volume_brings_its_own_options(folder: Path) -> None:
    def program() -> None:
        volume = swarm.Volume("nfs", driver="local", driver_opts={"type": "nfs"})
        swarm.Stack("todo", compose_file="todo.yml", volumes={"data": volume})

    mount = run(program)["todo-web"].inputs["volumes"][0]
    assert (mount["source"], mount["volume"]) == ("nfs", {"driver": "local", "driverOpts": {"type": "nfs"}})


def test_binding_of_an_undeclared_key_is_an_error_with_a_hint(folder: Path) -> None:
    with pytest.raises(pulumi.RunError, match="declares no secret 'pasword'; did you mean 'password'"):
        stack(secrets={"pasword": "x"})


# ---------------------------------------------------------- order and options


def test_depends_on_of_the_file_is_kept(folder: Path) -> None:
    file = compose(folder, "services: {web: {image: 'web:1', depends_on: [db]}, db: {image: 'pg:15'}}\n")
    assert "todo-db" in stack(compose_file=file)["todo-web"].depends_on


@pytest.mark.parametrize("condition", ["service_healthy", "service_completed_successfully"])
def test_condition_of_depends_on_is_waited_for_also_where_the_stack_does_not_wait(folder: Path, condition: str) -> None:
    text = "services: {web: {image: 'web:1', depends_on: {db: {condition: %s}, cache: {condition: service_started}}}, "
    text += "db: {image: 'pg:15', deploy: {mode: replicated-job}%s}, cache: {image: 'c:1'}}\n"
    done = stack(compose_file=compose(folder, text % (condition, "")), wait=False)
    assert {"todo-db", "todo-cache"} <= done["todo-web"].depends_on
    waits = {key: done[f"todo-{key}"].inputs.get("wait", True) for key in ("web", "db", "cache")}
    assert waits == {"web": False, "db": True, "cache": False}

    file = compose(folder, text % (condition, ", x-pulumi: {wait: false}"))
    done = stack(compose_file=file)
    assert done["todo-db"].inputs["wait"] is False
    words = "services.db.x-pulumi.wait: is false, so 'web' does not wait for what its depends_on says"
    assert any(words in message for _, message in done.log)
    with pytest.raises(pulumi.RunError, match="does not wait for what its depends_on says"):
        stack(compose_file=file, strict=True)


def test_constrained_service_waits_for_the_programs_node_label(folder: Path) -> None:
    file = compose(
        folder,
        "services: {db: {image: 'pg:15', deploy: {placement: {constraints: [node.labels.storage == raid]}}}}\n",
    )

    def program() -> None:
        swarm.NodeLabel("raid", node="*", key="storage", value="raid")
        swarm.Stack("todo", compose_file=file)

    assert "raid" in run(program)["todo-db"].depends_on


def test_stacks_own_dependencies_hold_for_its_children(folder: Path) -> None:
    def program() -> None:
        first = swarm.Config("first", data="x")
        swarm.Stack("todo", pulumi.ResourceOptions(depends_on=[first]), compose_file="todo.yml")

    done = run(program)
    assert all("first" in done[name].depends_on for name in ("todo-web", "todo-app", "todo-front"))


def test_x_pulumi_becomes_resource_options(folder: Path) -> None:
    file = compose(
        folder,
        """
services:
  web:
    image: web:1
    x-pulumi:
      ignore_changes: [deploy.replicas, stop_grace_period]
      protect: true
      custom_timeouts: {create: 2m}
      wait: false
""",
    )
    web = stack(compose_file=file, wait=True)["todo-web"]
    assert list(web.request.ignoreChanges) == ["deploy.replicas", "stopGracePeriod"]
    assert web.request.protect
    assert web.request.customTimeouts.create == "2m"
    assert web.inputs["wait"] is False


def test_unknown_key_in_x_pulumi_is_an_error_with_file_and_line(folder: Path) -> None:
    file = compose(folder, "services:\n  web:\n    image: web:1\n    x-pulumi: {protec: true}\n")
    with pytest.raises(pulumi.RunError, match=r"other\.yml:\d+: .*'protec'; did you mean 'protect'"):
        stack(compose_file=file)


@pytest.mark.parametrize("path", ["deploy.replica", "deploy..", "${PATHS}"])
def test_path_that_no_service_has_is_an_error_with_file_and_line(folder: Path, path: str) -> None:
    file = compose(folder, f"services:\n  web:\n    image: web:1\n    x-pulumi: {{ignore_changes: ['{path}']}}\n")
    with pytest.raises(pulumi.RunError) as caught:
        stack(compose_file=file, env={"PATHS": "zqcanary"})
    assert "other.yml:2: services.web.x-pulumi.ignore_changes: entry 1 is not a property path" in str(caught.value)
    assert "zqcanary" not in str(caught.value)


def test_settings_of_the_stack_reach_the_children_that_know_them(folder: Path) -> None:
    done = stack(
        wait=False,
        fail_after="1m",
        resolve_image="never",
        keep_previous=0,
        adopt=True,
        adopt_secrets="trust",
        replace_networks=True,
        strict=True,
    )
    web, app, password, front = (done[f"todo-{key}"].inputs for key in ("web", "app", "password", "front"))
    assert {key: web[key] for key in ("wait", "failAfter", "resolveImage", "adopt", "strict")} == {
        "wait": False,
        "failAfter": "1m",
        "resolveImage": "never",
        "adopt": True,
        "strict": True,
    }
    assert (app["keepPrevious"], app["adopt"]) == (0, True)
    assert (password["keepPrevious"], password["adopt"]) == (0, "trust")
    assert (front["adopt"], front["replace"]) == (True, True)


def test_renamed_service_is_an_alias_that_goes_before_its_successor_comes(folder: Path) -> None:
    request = stack(renames={"frontend": "web"})["todo-web"].request
    assert [alias.spec.name for alias in request.aliases] == ["todo-frontend"]
    assert request.deleteBeforeReplace
    assert request.deleteBeforeReplaceDefined


@pytest.mark.parametrize(
    ("renames", "message"),
    [({"old": "wob"}, "there is no service 'wob'; did you mean 'web'"), ({"web": "web"}, "is still in the file")],
)
def test_rename_that_does_not_fit_the_file_is_an_error(folder: Path, renames: dict[str, str], message: str) -> None:
    with pytest.raises(pulumi.RunError, match=message):
        stack(renames=renames)


def test_alias_on_the_stack_carries_its_children(folder: Path) -> None:
    done = run(
        lambda: swarm.Stack(
            "shop", pulumi.ResourceOptions(aliases=[pulumi.Alias(name="todo")]), compose_file="todo.yml", name="todo"
        )
    )
    # the engine derives the children's from the parent's because their names begin with its name
    assert [alias.spec.name for alias in done["shop"].request.aliases] == ["todo"]
    assert {"shop-web", "shop-app"} <= set(done.names)


# --------------------------------------------------------------------- errors


def test_name_argument_wins_over_the_files_name_which_wins_over_the_logical_name(folder: Path) -> None:
    named = compose(folder, "name: filed\nservices: {web: {image: 'web:1'}}\n")
    plain = "todo.yml"
    assert stack(compose_file=named, name="given")["todo-web"].inputs["name"] == "given_web"
    assert stack(compose_file=named)["todo-web"].inputs["name"] == "filed_web"
    assert stack(compose_file=plain)["todo-web"].inputs["name"] == "todo_web"


def test_missing_compose_file_is_named_in_one_line(folder: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"missing\.yml") as raised:
        stack(compose_file="missing.yml")
    assert "\n" not in str(raised.value)


def test_every_problem_of_a_file_has_its_line(folder: Path) -> None:
    file = compose(folder, "services:\n  web:\n    image: web:1\n    imagee: x\n  db:\n    imige: y\n")
    with pytest.raises(pulumi.RunError) as raised:
        stack(compose_file=file)
    assert [line.split(" ")[0] for line in str(raised.value).splitlines()] == ["other.yml:4:", "other.yml:6:"]


WARNS = "services:\n  web:\n    image: web:1\n    container_name: x\n"


def test_warnings_of_the_file_are_logged_on_the_stack(folder: Path) -> None:
    done = stack(compose_file=compose(folder, WARNS))
    assert [text for level, text in done.log if level == "warning" and "other.yml:4" in text]


def test_stack_of_the_other_dialect_reads_env_files_and_merges_like_docker_compose(folder: Path) -> None:
    (folder / ".env").write_text("TAG=default\n")
    (folder / "prod.env").write_text("TAG=${BASE:-none}-prod\n")
    (folder / "prod.yml").write_text("services: {web: {environment: !override ['KEY=${KEY}', 'DEEP=${A:-${B:-c}}']}}")
    files = ["todo.yml", "prod.yml"]

    def make() -> None:
        env: dict[str, pulumi.Input[str]] = {"KEY": pulumi.Output.secret("hunter3"), "BASE": "1"}
        swarm.Stack("todo", compose_file=files, dialect="compose-spec", env_file="prod.env", env=env)

    by_default = stack(compose_file="todo.yml", dialect="compose-spec")
    assert by_default["todo-web"].inputs["image"] == "web:default"
    done = run(make)
    assert done["todo-web"].inputs["image"] == "web:1-prod"
    assert done["todo-web"].inputs["environment"] == (SECRET, {"KEY": "hunter3", "DEEP": "c"})
    [warning] = [text for level, text in done.log if level == "warning" and "environment.DEEP" in text]
    assert warning.endswith("it means something else with dialect='docker'")
    assert not any("TAG" in text for _, text in done.log)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"dialect": "compose"}, "dialect: must be docker or compose-spec; did you mean 'compose-spec'?"),
        ({"env_file": "prod.env"}, "env_file: docker stack deploy reads no env file; set dialect='compose-spec'"),
        ({"env_file": 5}, "env_file: must be a path or a list of paths, as a plain string"),
        ({"env_file": "gone.env", "dialect": "compose-spec"}, "gone.env does not exist"),
    ],
)
def test_dialect_that_cannot_be_is_one_line(folder: Path, args: dict[str, Any], words: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        stack(**args)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


_OUTPUT = "must be a plain value, not an Output: the resources that there are depend on it"


@pytest.mark.parametrize(
    ("args", "words"),
    [
        # one profile for each letter would leave the services of the profile out, or remove them
        (lambda: {"profiles": "debug"}, "profiles: must be a list, not a string"),
        (lambda: {"profiles": pulumi.Output.from_input(["debug"])}, f"profiles: {_OUTPUT}"),
        (lambda: {"profiles": [pulumi.Output.from_input("debug")]}, f"profiles: {_OUTPUT}"),
        (lambda: {"name": pulumi.Output.from_input("prod")}, f"name: {_OUTPUT}"),
        (lambda: {"renames": "web"}, "renames: must be a mapping, not a string"),
        (lambda: {"strict": "yes"}, "strict: must be a boolean, not 'yes'"),
    ],
)
def test_argument_that_decides_which_resources_there_are_is_held_against_the_definition(
    folder: Path, args: Callable[[], dict[str, Any]], words: str
) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(lambda: swarm.Stack("todo", compose_file="todo.yml", **args()))
    assert str(caught.value) == f"swarm.Stack 'todo': {words}"


def test_boolean_as_text_is_the_boolean(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODE", "prod")
    modes = {word: stack(env_only=word)["todo-web"].inputs["environment"]["MODE"] for word in ("true", "false")}
    assert modes == {"true": "dev", "false": "prod"}


def test_profiles_may_be_a_set(folder: Path) -> None:
    text = "services:\n  web: {image: 'web:1'}\n  tools: {image: 'web:1', profiles: [debug]}\n"
    assert "todo-tools" in {
        entry.name for entry in stack(compose_file=compose(folder, text), profiles={"debug"}).resources
    }


def test_warnings_are_errors_in_a_strict_stack(folder: Path) -> None:
    with pytest.raises(pulumi.RunError, match=r"other\.yml:4"):
        stack(compose_file=compose(folder, WARNS), strict=True)


def test_several_files_are_merged(folder: Path) -> None:
    (folder / "prod.yml").write_text("services: {web: {image: 'web:9'}}\n")
    assert stack(compose_file=["todo.yml", folder / "prod.yml"])["todo-web"].inputs["image"] == "web:9"
