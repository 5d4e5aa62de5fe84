"""What the two dialects have in common, where they differ, and how that is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import Project, Template, load, project_name
from swarm_provider.compose.common.dialect import Dialect
from swarm_provider.compose.common.typed_form import Service
from swarm_provider.compose.normalise import service_inputs
from swarm_provider.errors import InputError
from tests.compose.conftest import Reader
from tests.support.engine import REPO

SPEC: dict[str, Any] = {"dialect": "compose-spec"}
DIFFERENT = "means something else"


def inputs(project: Project, name: str = "web") -> Any:
    return project.services[name].inputs


def warned(project: Project) -> list[str]:
    return [str(warning) for warning in project.warnings]


# --------------------------------------------- values that are known only later


def test_opaque_value_goes_through_nested_defaults_merging_and_extends(read: Reader) -> None:
    later = object()
    project = read(
        "services:\n"
        "  base: {image: x, environment: ['A=<${SECRET:-none}>', B=1]}\n"
        "  web: {extends: base, environment: {C: '${GONE:-${SECRET}}', D: '${SECRET:+set}'}}\n",
        "services: {web: {environment: [B=2, 'E=${SECRET}'], labels: {l: '${SECRET}'}}}\n",
        env={"SECRET": later},
        **SPEC,
    )
    assert inputs(project)["environment"] == {
        "A": Template(("<", later, ">")),
        "B": "2",
        "C": Template((later,)),
        "D": "set",
        "E": Template((later,)),
    }
    assert inputs(project)["labels"] == {"l": Template((later,))}


def test_opaque_value_goes_through_env_files(read: Reader) -> None:
    later = object()
    project = read(
        "services: {web: {image: x, env_file: web.env, environment: [A]}}",
        env={"SECRET": later},
        side={".env": "A=pre-${SECRET}\n", "web.env": "B=${SECRET}\n"},
        **SPEC,
    )
    assert inputs(project)["environment"] == {"A": Template(("pre-", later)), "B": Template((later,))}


def test_opaque_value_where_structure_depends_on_it_is_an_error(read: Reader) -> None:
    with pytest.raises(InputError, match=r"deploy\.replicas: an Output is not allowed here"):
        read("services: {web: {image: x, deploy: {replicas: '${N}'}}}", env={"N": object()}, **SPEC)


# ------------------------------------------------------------- files and lines


def places(error: InputError) -> list[tuple[str, int, str]]:
    return [(Path(problem.file).name, problem.line, problem.path) for problem in error.problems]


def test_problem_of_a_merged_tree_is_told_where_it_is_written(read: Reader) -> None:
    with pytest.raises(InputError) as caught:
        read(
            "services:\n  web:\n    image: x\n    networks: [one]\nnetworks:\n  one:\n",
            "services:\n  web:\n    networks:\n      gone:\n    deploy:\n      mode: sometimes\n",
            **SPEC,
        )
    assert places(caught.value) == [
        ("2.yml", 3, "services.web.networks"),
        ("2.yml", 5, "services.web.deploy.mode"),
    ]


@pytest.mark.parametrize("dialect", ["docker", "compose-spec"])
def test_problem_of_another_file_is_told_there(read: Reader, dialect: Dialect) -> None:
    with pytest.raises(InputError) as caught:
        read(
            "include:\n  - db.yml\nservices:\n  web:\n    extends:\n      file: base.yml\n      service: base\n",
            side={
                "db.yml": "services:\n  db:\n    image: x\n    networks: [gone]\n",
                "base.yml": "services:\n  base:\n    image: x\n    restart: sometimes\n",
            },
            dialect=dialect,
        )
    assert places(caught.value) == [
        ("db.yml", 4, "services.db.networks"),
        ("base.yml", 4, "services.web.restart"),
    ]


@pytest.mark.parametrize("dialect", ["docker", "compose-spec"])
@pytest.mark.parametrize(
    ("text", "line", "path", "words"),
    [
        ("include:\n  - gone.yml\nservices: {web: {image: x}}", 2, "include[0]", "gone.yml does not exist"),
        ("include: [{pth: a.yml}]", 1, "include[0].pth", "unknown key 'pth'; did you mean 'path'?"),
        ("include: [{env_file: a}]", 1, "include[0]", "the key 'path' is missing"),
        ("include: [[a]]", 1, "include[0]", "must be the path of a compose file"),
        ("include: [{path: {a: b}}]", 1, "include[0].path", "must be a path"),
        ("include: [1.yml]", 1, "include[0]", "include cycle"),
        ("services:\n  web:\n    extends: [a]", 3, "services.web.extends", "must be the name of a service"),
        (
            "services:\n  web:\n    extends: {service: web2, fle: x}\n  web2: {image: x}",
            3,
            "services.web.extends.fle",
            "f",
        ),
        ("services:\n  web:\n    extends: {service: a, file: [x]}", 3, "services.web.extends.file", "must be the path"),
        ("services:\n  web:\n    extends: wbe\n  web1: {image: x}", 3, "services.web.extends", "'wbe' does not exist"),
        ("services:\n  web:\n    extends: {service: a, file: gone.yml}", 3, "services.web.extends.file", "not exist"),
        ("services:\n  web: {extends: two}\n  two: {extends: web}", 2, "services.web.extends", "web -> two -> web"),
    ],
)
def test_include_and_extends_that_cannot_work_are_one_line_each(
    read: Reader, dialect: Dialect, text: str, line: int, path: str, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        read(text, dialect=dialect)
    first = caught.value.problems[0]
    assert (first.line, first.path) == (line, path)
    assert words in first.message
    assert "\n" not in str(first)


def test_env_file_that_cannot_be_read_is_told_with_its_line(read: Reader) -> None:
    with pytest.raises(
        InputError, match=r"\.env cannot be read: line 2: the name before the value contains whitespace"
    ):
        read("services: {web: {image: x}}", side={".env": "A=1\nB C=2\n"}, **SPEC)


# ----------------------------------------------------------- docker's dialect


def test_docker_dialect_has_include_and_extends(read: Reader) -> None:
    project = read(
        "include: [db.yml]\nservices: {base: {image: x, ports: [80]}, web: {extends: base, ports: ['81:81']}}",
        side={"db.yml": "services: {db: {image: 'y:${TAG}', networks: [back]}}\nnetworks: {back: }"},
        env={"TAG": "1"},
    )
    assert [port["target"] for port in inputs(project)["ports"]] == [80, 81]
    assert inputs(project, "db")["image"] == "y:1"
    assert list(project.networks) == ["back", "default"]


def test_docker_dialect_refuses_dockers_forbidden_keys_in_other_files_too(read: Reader) -> None:
    with pytest.raises(InputError) as caught:
        read(
            "include: [db.yml]\nservices: {web: {extends: {file: base.yml, service: base}}}",
            side={
                "db.yml": "services:\n  db: {image: x, mem_limit: 5m}\n",
                "base.yml": "services:\n  base: {image: x, cpuset: '0'}\n",
            },
        )
    assert [(Path(problem.file).name, problem.line) for problem in caught.value.problems] == [("db.yml", 2)]


def test_docker_dialect_reads_no_env_file_that_is_not_named(read: Reader) -> None:
    side = {".env": "TAG=1\n", "db.yml": "services: {db: {image: 'y:${TAG:-none}'}}", "db.env": "TAG=2\n"}
    assert inputs(read("include: [db.yml]", side=side), "db")["image"] == "y:none"
    named = read("include: [{path: db.yml, env_file: db.env}]", side=side)
    assert inputs(named, "db")["image"] == "y:2"


def test_several_files_of_docker_dialect_merge_by_dockers_rules_around_extends(read: Reader) -> None:
    project = read(
        "services: {base: {image: x, environment: {A: 1}}, web: {extends: base, environment: {B: 1}}}",
        "services: {web: {environment: {A: '', B: 2}}}",
    )
    # docker keeps what an empty value would override
    assert inputs(project)["environment"] == {"A": "1", "B": "2"}


# --------------------------------------------------------- further variables


def test_env_file_in_raw_format_has_no_quotes(read: Reader) -> None:
    project = read(
        "services: {web: {image: x, env_file: [{path: a.env, format: raw}]}}", side={"a.env": 'A="${X}"\n'}, **SPEC
    )
    assert inputs(project)["environment"] == {"A": '"${X}"'}


def test_content_may_be_a_variable_of_an_env_file(read: Reader) -> None:
    project = read(
        "services: {web: {image: x, configs: [c]}}\nconfigs: {c: {environment: BODY}}",
        side={".env": "BODY=hello\n"},
        **SPEC,
    )
    assert project.configs["c"].inputs["data"] == "hello"


def test_variables_that_count_are_those_of_the_caller(read: Reader) -> None:
    text = "services: {web: {image: 'x:${A}', hostname: '${B}'}}"
    assert read(text, env={"A": "1"}, side={".env": "B=2\n"}, **SPEC).variables == ("A",)


def test_default_env_file_can_be_turned_off_and_replaced(read: Reader, tmp_path: Path) -> None:
    text, side = "services: {web: {image: 'x:${A:-none}'}}", {".env": "A=1\n", "other": "A=2\n"}
    off = read(text, env={"COMPOSE_DISABLE_ENV_FILE": "true"}, side=side, **SPEC)
    listed = read(text, env={"COMPOSE_ENV_FILES": str(tmp_path / "other")}, side=side, **SPEC)
    assert [inputs(project)["image"] for project in (off, listed)] == ["x:none", "x:2"]


def test_name_of_the_project_is_substituted_by_the_dialect(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("name: 'shop-${STAGE:-${OTHER:-dev}}'\nservices: {web: {image: x}}\n")
    (tmp_path / ".env").write_text("OTHER=test\n")
    assert project_name([path], {}, "compose-spec") == "shop-test"
    assert project_name([path], {"STAGE": "prod"}, "compose-spec") == "shop-prod"
    assert load([path], stack="s", env={"STAGE": "prod"}, **SPEC).name == "shop-prod"


def test_unknown_dialect_is_an_error(read: Reader) -> None:
    with pytest.raises(InputError, match="dialect: must be docker or compose-spec; did you mean 'compose-spec'"):
        read("services: {web: {image: x}}", dialect="compose-spce")


def test_env_file_of_the_project_needs_the_other_dialect(read: Reader) -> None:
    with pytest.raises(InputError, match="env_file: docker stack deploy reads no env file; set dialect='compose-spec'"):
        read("services: {web: {image: x}}", env_files=["a.env"])


def test_huge_ranges_of_ports_are_read_in_seconds(read: Reader) -> None:
    project = read("services: {web: {image: x, ports: ['1-5000:1-5000', '6000:6000', '1-5000:1-5000']}}", **SPEC)
    assert len(inputs(project)["ports"]) == 5001


# ------------------------------------------------- keys that docker forbids


def test_keys_that_docker_forbids_have_no_effect_and_a_warning(read: Reader) -> None:
    project = read("services:\n  web:\n    image: x\n    cpuset: '0'\n    mem_limit: 64m\n", **SPEC)
    assert inputs(project)["deploy"]["resources"] == {"limits": {"memory": "64m"}}
    assert any("1.yml:4: services.web.cpuset: not supported by Swarm" in warning for warning in warned(project))
    assert not any("mem_limit: not supported" in warning for warning in warned(project))


def test_two_memory_limits_that_differ_are_an_error(read: Reader) -> None:
    text = "services: {web: {image: x, mem_limit: 64m, deploy: {resources: {limits: {memory: 32m}}}}}"
    with pytest.raises(InputError, match=r"'mem_limit' and deploy\.resources\.limits\.memory differ"):
        read(text, **SPEC)


# -------------------------------------------------- where the dialects differ


@dataclass(frozen=True)
class Row:
    """One row of the table in docs/compose.md.

    Attributes:
        words: its first cell.
        texts: compose files that show it.
        look: what of the project shows it; None in an expectation is a refusal.
    """

    words: str
    texts: tuple[str, ...]
    look: Callable[[Project], Any]
    docker: Any
    spec: Any
    side: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)


def _of(*path: Any) -> Callable[[Project], Any]:
    def look(project: Project) -> Any:
        value: Any = project.services["web"].inputs
        for step in path:
            value = value.get(step) if isinstance(value, dict) else value
        return value

    return look


WEB = "services: {web: {image: x, %s}}"


def _has(key: str) -> Callable[[Project], bool]:
    return lambda project: key in inputs(project)


def _targets(project: Project) -> Any:
    return [mount["target"] for mount in inputs(project)["volumes"]]


ROWS = [
    Row("`.env` beside the file", (WEB % "user: '${A:-none}'",), _of("user"), "none", "file", {".env": "A=file\n"}),
    Row("default in a default", (WEB % "user: '${A:-${B:-c}}'",), _of("user"), "${B:-c}", "c"),
    Row("`$VAR` before an operator", (WEB % "user: '$A:-b'",), _of("user"), "a", "a:-b", env={"A": "a"}),
    Row("`$` before no name", (WEB % "user: 'a$5'",), _of("user"), None, "a$5"),
    Row("message with a dash", (WEB % "user: '${A:?set-it}'",), _of("user"), "it", None),
    Row(
        "quotes in an env file",
        (WEB % "env_file: a.env",),
        _of("environment", "A"),
        '"b c"',
        "b c",
        {"a.env": 'A="b c"\n'},
    ),
    Row(
        "empty value in `environment`",
        (WEB % "environment: {A: ''}",),
        _of("environment", "A"),
        "shell",
        "",
        env={"A": "shell"},
    ),
    Row(
        "empty value in a later file",
        (WEB % "environment: {A: b}", "services: {web: {environment: {A: ''}}}"),
        _of("environment", "A"),
        "b",
        "",
    ),
    Row(
        "a port in a second form",
        (WEB % "ports: ['80:80/tcp']", "services: {web: {ports: ['80:80/udp']}}"),
        lambda project: len(inputs(project)["ports"]),
        1,
        2,
    ),
    Row(
        "`command` that is null in a later file",
        (WEB % "command: [a]", "services: {web: {command: }}"),
        _of("command"),
        ["a"],
        None,
    ),
    Row(
        "top-level entry in a later file",
        (
            "services: {web: {image: x, networks: [n]}}\nnetworks: {n: {driver: d}}",
            "networks: {n: {attachable: true}}",
        ),
        lambda project: project.networks["n"].inputs.get("driver"),
        None,
        "d",
    ),
    Row(
        "`!reset`",
        (WEB % "user: a", "services: {web: {user: !reset b}}"),
        _of("user"),
        "b",
        None,
    ),
    Row(
        "`!override`",
        (WEB % "cap_add: [A]", "services: {web: {cap_add: !override [B]}}"),
        _of("capAdd"),
        ["A", "B"],
        ["B"],
    ),
    Row(
        "several documents in a file",
        ("services: {web: {image: x}}\n---\nservices: {web: {user: b}}",),
        _of("user"),
        None,
        "b",
    ),
    Row(
        "`depends_on` as a list",
        ("services: {web: {image: x, depends_on: [db]}, db: {image: x, profiles: [p]}}",),
        lambda project: list(project.services),
        ["web"],
        None,
    ),
    Row(
        "`memswap_limit`",
        (WEB % "memswap_limit: 64m, deploy: {resources: {limits: {memory: 64m}}}",),
        _of("memswapLimit"),
        None,
        "64m",
    ),
    Row("`security_opt`", (WEB % "security_opt: ['seccomp:unconfined']",), _has("securityOpt"), False, True),
    Row("`oom_score_adj`", (WEB % "oom_score_adj: 5",), _has("oomScoreAdj"), False, True),
    Row("`tmpfs`", (WEB % "tmpfs: '/run:size=64m'",), _has("volumes"), False, True),
    Row(
        "mounts below a bind mount",
        (WEB % "volumes: [{type: bind, source: /a, target: /b, bind: {recursive: disabled}}]",),
        lambda project: bool(inputs(project)["volumes"][0]["bind"]),
        False,
        True,
    ),
    Row("`mem_limit`", (WEB % "mem_limit: 64m",), _of("deploy", "resources", "limits", "memory"), None, "64m"),
    Row(
        "shell operator in a command",
        (WEB % "command: migrate && serve",),
        _of("command"),
        ["migrate", "&&", "serve"],
        ["migrate"],
    ),
    Row("`#` in a command", (WEB % "command: 'a #b'",), _of("command"), ["a"], ["a", "#b"]),
    Row("days and weeks", (WEB % "stop_grace_period: 1d12h",), _of("stopGracePeriod"), None, "36h"),
    Row(
        "`disable` beside a test",
        (WEB % "healthcheck: {test: a, disable: true}",),
        _of("healthcheck"),
        None,
        {"disable": True},
    ),
    Row("targets of mounts", (f"{WEB}\nvolumes: {{data: }}" % "volumes: ['data:/x/']",), _targets, ["/x/"], ["/x"]),
    Row(
        "one target twice",
        (f"{WEB}\nvolumes: {{a1: , b1: }}" % "volumes: ['a1:/x', 'b1:/x']",),
        lambda project: [mount["source"].key for mount in inputs(project)["volumes"]],
        None,
        ["b1"],
    ),
    Row(
        "range outside, one port inside",
        (WEB % "ports: [{target: 80, published: 8000-8001}]",),
        lambda project: [port["published"] for port in inputs(project)["ports"]],
        None,
        [8000, 8001],
    ),
    Row(
        "`provider`",
        ("services: {web: {image: x}, db: {provider: {type: x}}}",),
        lambda project: list(project.services),
        None,
        ["web"],
    ),
    Row("minus zero", (WEB % "environment: {A: -0}",), _of("environment", "A"), "0", "-0"),
    Row(
        "`!reset` beside `<<`",
        ("x-a: &a {user: u}\nservices:\n  web:\n    <<: *a\n    image: x\n    user: !reset b\n",),
        _of("user"),
        "b",
        "u",
    ),
    Row("a tab in an empty line", ("services:\n  web:\n    image: x\n\t\n    user: u\n",), _of("user"), None, "u"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.words)
def test_dialects_differ_as_the_table_says(read: Reader, row: Row) -> None:
    said: list[Any] = []
    warnings: list[str] = []
    for dialect in ("docker", "compose-spec"):
        try:
            project = read(*row.texts, side=row.side, env=row.env, dialect=dialect)
        except InputError:
            said.append(None)
        else:
            said.append(row.look(project))
            warnings += [text for text in warned(project) if "dialect=" in text or "ignored by docker" in text]
    assert said == [row.docker, row.spec]
    assert said[0] != said[1]
    assert warnings


def test_table_of_the_page_has_these_rows() -> None:
    section = (
        (REPO / "docs" / "compose.md").read_text("utf-8").split("### Where they differ\n", 1)[1].split("\n#", 1)[0]
    )
    cells = [line.split(" | ")[0].removeprefix("| ") for line in section.splitlines() if line.startswith("| ")]
    assert cells[1:] == [row.words for row in ROWS]


def test_difference_is_told_with_place_and_without_the_value(read: Reader) -> None:
    text = "services:\n  web:\n    image: x\n    environment: {PASSWORD: '${P:-${Q}}'}\n"
    project = read(text, env={"Q": "hunter2"}, dialect="compose-spec")
    [warning] = [str(warning) for warning in project.warnings if DIFFERENT in str(warning)]
    assert warning.endswith("1.yml:4: services.web.environment.PASSWORD: it means something else with dialect='docker'")
    # docker's dialect says by itself, at the key's own line, what the other one does
    project = read(text, env={"Q": "hunter2"})
    [warning] = warned(project)
    assert "1.yml:4: services.web.environment.PASSWORD: docker ends" in warning
    assert "hunter2" not in warning


def test_difference_is_told_at_the_line_of_the_last_file_that_has_the_key(read: Reader) -> None:
    base = "services:\n  web:\n    image: x\n    environment:\n      A: '${P:-${Q}}'\n"
    over = "services:\n  web:\n    environment:\n      A: '${P:-${R}}'\n"
    project = read(base, over, env={"Q": "q", "R": "r"}, dialect="compose-spec")
    [warning] = [str(warning) for warning in project.warnings if DIFFERENT in str(warning)]
    assert "2.yml:4: services.web.environment.A: " in warning


def test_files_that_read_the_same_have_no_warning(read: Reader) -> None:
    text = (
        "services:\n  web: {image: 'x:${TAG:-1}', ports: ['80:80'], volumes: ['data:/v', './d:/d'], configs: [c],\n"
        "    environment: {A: b, C: }, networks: {n: {aliases: [w]}}, deploy: {replicas: 2}}\n"
        "networks: {n: }\nvolumes: {data: }\nconfigs: {c: {file: ./c}}\n"
    )
    for dialect in ("docker", "compose-spec"):
        assert warned(read(text, side={"c": "x"}, dialect=dialect, strict=True)) == []


def test_strict_judges_by_the_chosen_dialect_only(read: Reader) -> None:
    [warning] = warned(read("services: {web: {image: 'x:${A:-1}'}}", side={".env": "A=2\n"}, strict=True))
    assert DIFFERENT in warning


def test_strict_takes_files_that_the_other_dialect_refuses(read: Reader) -> None:
    text = "services: {web: {image: x, mem_limit: 5m}}"
    [warning] = warned(read(text, dialect="compose-spec", strict=True))
    assert "with dialect='docker' these files are invalid" in warning


def test_place_that_is_warned_of_is_not_told_again(read: Reader) -> None:
    told = warned(read("services: {web: {image: x, ports: ['127.0.0.1:80:80']}}"))
    assert len([text for text in told if "services.web.ports" in text]) == 1


def test_service_that_only_one_dialect_has_is_told(read: Reader) -> None:
    text = "services: {web: {image: x}, extra: {image: x, profiles: [p]}}"
    project = read(text, side={".env": "COMPOSE_PROFILES=p\n"})
    assert any("services.extra: it exists only with dialect='compose-spec'" in text for text in warned(project))


def test_service_that_both_dialects_read_alike_is_converted_once(read: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    converted: list[str] = []

    def counted(service: Service, *args: Any) -> Any:
        converted.append(service.key)
        return service_inputs(service, *args)

    monkeypatch.setattr("swarm_provider.compose.project.service_inputs", counted)
    services = "a: {image: x, secrets: [s]}, b: {image: x, command: echo 'a;b'}, c: {image: x, dns: 8.8.8.8}"
    found = read(f"services: {{{services}}}\nsecrets: {{s: {{file: ./secret}}}}\n", side={"secret": "x"})
    assert sorted(converted) == ["a", "b", "c"]
    assert not found.warnings
    converted.clear()
    found = read("services:\n  a: {image: x}\n  b: {image: x, working_dir: '${A:-${B:-c}}'}\n")
    assert sorted(converted) == ["a", "b", "b"]
    assert len(found.warnings) == 1


def test_what_a_service_refers_to_is_told_where_it_is_declared_and_read_otherwise(read: Reader) -> None:
    found = read(
        "services: {a: {image: x, networks: [n]}}\nnetworks: {n: {external: true, name: '${A:-one}'}}\n",
        side={".env": "A=other"},
    )
    [warning] = warned(found)
    assert f"networks.n.name: it {DIFFERENT}" in warning


def test_many_differences_are_counted(read: Reader) -> None:
    labels = "".join(f"      l{number}: '${{A}}'\n" for number in range(20))
    project = read(f"services:\n  web:\n    image: x\n    labels:\n{labels}", side={".env": "A=2\n"})
    told = [text for text in warned(project) if "something else" in text]
    assert len(told) == 9
    assert told[-1] == "12 more places mean something else with dialect='compose-spec'"


# ------------------------------------------- words that docker has not wired


def test_engine_words_are_read_as_the_compose_spec_says(read: Reader) -> None:
    text = """services:
  web:
    image: x
    security_opt: [no-new-privileges, "seccomp:p.json", "systempaths=unconfined"]
    oom_score_adj: 7
    memswap_limit: 96m
    mem_limit: 64m
    mem_swappiness: 0
    platform: linux/arm64
    tmpfs: ["/run:size=64m,mode=1777,noexec", /tmp]
    volumes: [{type: tmpfs, target: /t, tmpfs: {mode: 0o700}}]
"""
    project = read(text, side={"p.json": '{ "defaultAction": "SCMP_ACT_LOG" }\n'}, **SPEC)
    found = inputs(project)
    assert found["securityOpt"] == ["no-new-privileges:true", 'seccomp:{"defaultAction":"SCMP_ACT_LOG"}']
    assert (found["oomScoreAdj"], found["memswapLimit"], found["memSwappiness"]) == (7, "96m", 0)
    assert found["platform"] == "linux/arm64"
    assert found["volumes"] == [
        {"type": "tmpfs", "target": "/t", "tmpfs": {"mode": 0o700}},
        {"type": "tmpfs", "target": "/run", "tmpfs": {"size": "64m", "mode": 0o1777, "options": ["noexec"]}},
        {"type": "tmpfs", "target": "/tmp"},
    ]
    assert [line for line in warned(project) if "not supported" in line] == [
        line for line in warned(project) if "services.web.security_opt" in line
    ]


def test_keys_that_docker_refuses_as_unknown_work_in_its_dialect(read: Reader) -> None:
    found = inputs(read(WEB % "platform: linux/arm64, mem_swappiness: 5"))
    assert (found["platform"], found["memSwappiness"]) == ("linux/arm64", 5)


def test_seccomp_profile_that_is_missing_or_not_json_is_an_error(read: Reader) -> None:
    with pytest.raises(InputError, match=r"p\.json does not exist"):
        read(WEB % "security_opt: ['seccomp:p.json']", **SPEC)
    with pytest.raises(InputError, match="not JSON"):
        read(WEB % "security_opt: ['seccomp:p.json']", side={"p.json": "x"}, **SPEC)
