"""A message about a compose file names the variable, the file and the line, never what the variable holds.

Every place of a file that can hold a variable gets one whose value is wrong there, in many ways; all messages of the
reading are looked at, in both dialects, and those of the definition that Check goes by.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import Project, load, project_name
from swarm_provider.compose.common.dialect import DIALECTS, Dialect
from swarm_provider.compose.yaml.tree import Interpolated, InterpolatedFloat, InterpolatedInt
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.resource import Resource
from swarm_provider.model.resources import CONFIG, NETWORK, SECRET, SERVICE, VOLUME

CANARY = re.compile("zqcanary|73917391", re.IGNORECASE)
VALUES = (
    "zqcanary",
    "ZQCANARY",
    '"zqcanary',
    "zqcanary\\",
    "a zqcanary\nb",
    "zqcanary:zqcanary:zqcanary:zqcanary",
    "1.2.3.4.zqcanary:80:80",
    "zqcanary:/x:zqcanary",
    "zqcanary=zqcanary",
    "zqcanary,zqcanary",
    "../zqcanary",
    "~/zqcanary",
    "{{zqcanary}}",
    "node.zqcanary!zqcanary",
    "zqcanary" * 40,
    "bb@zqcanary:" + "a" * 32,
    "zq\x00canary".replace("\x00", "") + "\x1b[2J",
    "73917391",
    "-73917391",
    "73917391ns",
    "73917391.5",
    "1e-73917391",
    "on-failure:zqcanary",
    "",
)
RAWS = ("${V}", "a${V}b", "K=${V}", "${V}:80", "/x:/y:${V}", "${V:-x}")
OF_SERVICES = """
    image: @
    command: @
    command: [@]
    entrypoint: @
    environment: {A: @}
    environment: [@]
    environment: ["A=@"]
    env_file: @
    env_file: [@]
    env_file: [{path: @, format: raw}]
    env_file: [{path: x, format: @}]
    env_file: [{path: x, required: @}]
    label_file: @
    labels: {a: @}
    labels: [@]
    hostname: @
    user: @
    group_add: [@]
    working_dir: @
    stop_signal: @
    stop_grace_period: @
    tty: @
    stdin_open: @
    read_only: @
    init: @
    isolation: @
    extra_hosts: [@]
    extra_hosts: {a: @}
    dns: @
    dns: [@]
    dns_search: [@]
    dns_opt: [@]
    cap_add: [@]
    cap_add: [@, @]
    sysctls: [@]
    sysctls: {a: @}
    ulimits: {nofile: @}
    ulimits: {nofile: {soft: @, hard: 5}}
    healthcheck: {test: @}
    healthcheck: {test: [@]}
    healthcheck: {test: a, interval: @}
    healthcheck: {test: a, timeout: @}
    healthcheck: {test: a, retries: @}
    healthcheck: {test: a, disable: @}
    logging: {driver: @}
    logging: {driver: a, options: {a: @}}
    configs: [@]
    configs: [{source: @}]
    configs: [{source: c, target: @}]
    configs: [{source: c, target: @}, {source: d, target: @}]
    configs: [{source: c, mode: @}]
    configs: [{source: c, uid: @}]
    secrets: [@]
    secrets: [{source: @, target: a}]
    credential_spec: {config: @}
    credential_spec: {file: @}
    networks: [@]
    networks: {default: {aliases: [@]}}
    networks: {default: {driver_opts: {a: @}}}
    ports: [@]
    ports: [@, @]
    ports: ["@:80"]
    ports: ["127.0.0.1:@:80"]
    ports: ["80:80/@"]
    ports: [{target: @}]
    ports: [{target: 80, published: @}]
    ports: [{target: 80, published: @}, {target: 81, published: @}]
    ports: [{target: 80, protocol: @}]
    ports: [{target: 80, mode: @}]
    ports: [{target: 80, host_ip: @}]
    volumes: [@]
    volumes: ["@:/x"]
    volumes: ["data:@"]
    volumes: ["data:@", "data:@"]
    volumes: ["data:/x:@"]
    volumes: ["/a:/x:@"]
    volumes: [{type: @, source: data, target: /x}]
    volumes: [{type: volume, source: @, target: /x}]
    volumes: [{type: volume, source: data, target: @}, {type: volume, source: data, target: @}]
    volumes: [{type: bind, source: @, target: /x}]
    volumes: [{type: bind, source: /x, target: /x, bind: {propagation: @}}]
    volumes: [{type: bind, source: /x, target: /x, consistency: @}]
    volumes: [{type: volume, source: data, target: /x, read_only: @}]
    volumes: [{type: volume, source: data, target: /x, volume: {nocopy: @}}]
    volumes: [{type: volume, source: data, target: /x, volume: {subpath: @}}]
    volumes: [{type: tmpfs, target: /x, tmpfs: {size: @}}]
    volumes: [{type: tmpfs, target: /x, tmpfs: {mode: @}}]
    depends_on: [@]
    depends_on: {@: {condition: service_started}}
    depends_on: {other: {condition: @}}
    depends_on: {other: {condition: service_started, required: @}}
    restart: @
    scale: @
    cpus: @
    mem_limit: @
    mem_reservation: @
    pids_limit: @
    profiles: [@]
    extends: @
    extends: {service: @}
    extends: {file: @, service: web}
    extends: {file: x, service: @}
    deploy: {mode: @}
    deploy: {mode: @, replicas: 2}
    deploy: {mode: replicated-job, update_config: {parallelism: @}}
    deploy: {replicas: @}
    deploy: {endpoint_mode: @}
    deploy: {labels: {a: @}}
    deploy: {labels: [@]}
    deploy: {update_config: {delay: @}}
    deploy: {update_config: {order: @}}
    deploy: {update_config: {failure_action: @}}
    deploy: {update_config: {max_failure_ratio: @}}
    deploy: {rollback_config: {monitor: @}}
    deploy: {restart_policy: {condition: @}}
    deploy: {restart_policy: {delay: @}}
    deploy: {restart_policy: {max_attempts: @}}
    deploy: {resources: {limits: {cpus: @}}}
    deploy: {resources: {limits: {memory: @}}}
    deploy: {resources: {limits: {pids: @}}}
    deploy: {resources: {reservations: {generic_resources: [{discrete_resource_spec: {kind: a, value: @}}]}}}
    deploy: {placement: {constraints: [@]}}
    deploy: {placement: {constraints: ["node.id == @"]}}
    deploy: {placement: {preferences: [{spread: @}]}}
    deploy: {placement: {max_replicas_per_node: @}}
    x-pulumi: {ignore_changes: [@]}
    x-pulumi: {custom_timeouts: {create: @}}
    x-pulumi: {wait: @}
    nonsense: @
"""
OF_FILES = """
    name: @
    version: @
    version: "@"
    include: [@]
    include: @
    include: [{path: @}]
    include: [{path: x, env_file: @}]
    include: [{path: x, project_directory: @}]
    networks: {default: {driver: @}}
    networks: {default: {driver: a, driver_opts: {a: @}}}
    networks: {default: {name: @}}
    networks: {default: {external: @}}
    networks: {default: {external: true, name: @}}
    networks: {default: {external: {name: @}, name: @}}
    networks: {default: {internal: @}}
    networks: {default: {attachable: @}}
    networks: {default: {ipam: {driver: @}}}
    networks: {default: {ipam: {config: [{subnet: @}]}}}
    networks: {default: {labels: [@]}}
    volumes: {data: {driver: @}}
    volumes: {data: {name: @, driver_opts: {a: @}}}
    volumes: {data: {external: true, driver: @}}
    configs: {c: {file: @}}
    configs: {c: {content: @}}
    configs: {c: {content: a, name: @}}
    configs: {c: {environment: @}}
    configs: {c: {file: @, content: @}}
    configs: {c: {content: a, template_driver: @}}
    secrets: {s: {file: @}}
    secrets: {s: {environment: @}}
    secrets: {s: {driver: @, file: @}}
    secrets: {s: {external: @}}
    x-mine: @
"""
REST = """
  other: {image: bb}
networks: {default: {}}
volumes: {data: {}}
configs: {c: {content: a}, d: {content: b}}
secrets: {s: {environment: HOME}}
"""
SIDE = {
    "x": "services: {web: {image: bb, ports: ['${V}'], command: '${V}'}}\n",
    ".env": "A=${V}\nB=zqcanary${\nzqcanary zqcanary=5\n",
}


def texts(lines: str, before: str, after: str) -> list[str]:
    return [f"{before}{line.strip()}{after}" for line in lines.strip().splitlines()]


FILES = [
    *texts(OF_SERVICES, "services:\n  web:\n    image: bb\n    ", REST),
    *texts(OF_FILES, "services: {web: {image: bb, configs: [c], secrets: [s]}}\n", "\n"),
]


def with_variable(text: str, raw: str) -> str:
    """The file with the variable in its place, quoted where YAML wants it."""
    quoted = raw.replace("'", "''")
    return text.replace('"A=@"', f"'A={quoted}'") if '"A=@"' in text else _in_quotes(text, quoted)


def _in_quotes(text: str, quoted: str) -> str:
    text = re.sub(r'"([^"\n]*)@([^"\n]*)"', lambda found: f"'{found[1]}{quoted}{found[2]}'", text)
    return re.sub(r"@", lambda _: f"'{quoted}'", text)


def messages(files: list[Path], env: dict[str, str], dialect: Dialect) -> Iterable[Problem]:
    """Everything that is said about the files."""
    try:
        stack = project_name(files, env, dialect) or "shop"
        project = load(files, stack=stack, env=env, dialect=dialect)
    except InputError as error:
        return error.problems
    assert not kept(project)
    return [*project.warnings, *of_the_definition(project)]


def of_the_definition(project: Project) -> Iterable[Problem]:
    """What Check would say of the inputs that the files became."""
    sections: tuple[tuple[Resource, dict[str, Any]], ...] = (
        (SERVICE, project.services),
        (NETWORK, project.networks),
        (VOLUME, project.volumes),
        (CONFIG, project.configs),
        (SECRET, project.secrets),
    )
    for resource, entries in sections:
        for entry in entries.values():
            if not getattr(entry, "external", False):
                yield from resource.normal(named(entry.inputs))[1]


def named(value: Any) -> Any:
    """Inputs with names where another resource will stand."""
    if isinstance(value, dict):
        return {key: named(item) for key, item in value.items()}
    if isinstance(value, list):
        return [named(item) for item in value]
    return value if isinstance(value, (str, int, float)) or value is None else "name"


def kept(value: object) -> bool:
    """Whether anything of what is handed on still knows that it came out of a variable."""
    if isinstance(value, dict):
        return any(kept(item) for pair in value.items() for item in pair)
    if isinstance(value, (list, tuple)):
        return any(kept(item) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        return any(kept(getattr(value, name)) for name in value.__dataclass_fields__)
    return isinstance(value, (Interpolated, InterpolatedInt, InterpolatedFloat))


def assert_no_value(folder: Path, text: str, env: dict[str, str], dialect: Dialect) -> int:
    """Read one file; returns how much was said."""
    file = folder / "a.yml"
    file.write_text(text)
    told = list(messages([file], env, dialect))
    for problem in told:
        assert not CANARY.search(str(problem)), f"{text}\n{dialect}, {env['V']!r}: {problem}"
    return len(told)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SIDE.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def read_all(folder: Path, cases: Iterable[tuple[str, str, str]], dialect: Dialect) -> None:
    if dialect == "compose-spec":
        (folder / ".env").unlink()
    said = sum(
        assert_no_value(folder, with_variable(text, raw), {"V": value, "HOME": "/home/zqcanary"}, dialect)
        for text, raw, value in cases
    )
    assert said > 100


@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_message_shows_a_value(folder: Path, dialect: Dialect) -> None:
    # each file with each value and with each raw text, not all of their pairs
    pairs = [*((RAWS[0], value) for value in VALUES), *((raw, VALUES[5]) for raw in RAWS[1:])]
    cases = [(text, raw, value) for text in FILES for raw, value in pairs]
    read_all(folder, cases[:: 7 if dialect == "docker" else 11], dialect)


@pytest.mark.long
@pytest.mark.parametrize("dialect", DIALECTS)
def test_no_message_shows_a_value_of_any_kind_at_any_place(folder: Path, dialect: Dialect) -> None:
    read_all(folder, itertools.product(FILES, RAWS, VALUES), dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "texts",
    [
        ("services: {web: {image: bb, ports: ['${V}']}}", "services: {web: {ports: ['${V}']}}"),
        ("services: {web: {image: bb, environment: ['${V}']}}", "services: {web: {environment: {A: !reset null}}}"),
        ("services: {web: {image: bb, labels: ['${V}']}}", "services: {web: {labels: {b: 1.10}}}"),
        ("services: {web: {image: bb, deploy: '${V}'}}", "services: {web: {deploy: {replicas: 1}}}"),
        ("services: {web: {image: bb, volumes: ['${V}:/x']}}", "services: {web: {volumes: ['${V}:/x', 'a:/y:${V}']}}"),
        ("services: {web: {image: bb, networks: ['${V}']}}", "services: {web: {networks: {a: {aliases: ['${V}']}}}}"),
        ("services: {web: {image: bb, depends_on: ['${V}']}}", "services: {web: {depends_on: {b: {}}}}"),
        ("services: {web: {image: bb}}", "include: ['${V}']\nservices: {web: {command: '${V}'}}"),
        ("services: {web: {image: bb}}", "include: ['x']\nservices: {web: {extends: {file: x, service: '${V}'}}}"),
    ],
)
def test_no_message_about_several_files_shows_a_value(folder: Path, texts: tuple[str, ...], dialect: Dialect) -> None:
    files = []
    for number, text in enumerate(texts):
        files.append(folder / f"{number}.yml")
        files[-1].write_text(text)
    for value in VALUES:
        for problem in messages(files, {"V": value}, dialect):
            assert not CANARY.search(str(problem)), f"{value!r}: {problem}"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    "data",
    [
        "zqcanary",
        "zqcanary b=c",
        "export zqcanary b=c",
        "A='zqcanary",
        'A="zqcanary${"',
        "A=zqcanary${",
        "A=$zqcanary{x:y}${",
        "A=${B:?no}",
        "A=1\nzqcanary zqcanary\n",
        "=zqcanary",
        "A=" + "${X:-" * 60 + "zqcanary" + "}" * 60,
    ],
)
def test_no_message_about_an_env_file_shows_its_content(folder: Path, data: str, dialect: Dialect) -> None:
    (folder / "broken.env").write_text(data)
    (folder / ".env").write_text(data if dialect == "compose-spec" else "")
    for entry in ("broken.env", "[{path: broken.env}]", "[{path: broken.env, format: raw}]"):
        assert_no_value(folder, f"services: {{web: {{image: bb, env_file: {entry}}}}}", {"V": ""}, dialect)


def test_message_names_the_variable_with_its_file_and_line(folder: Path) -> None:
    file = folder / "a.yml"
    file.write_text("services:\n  web:\n    image: bb\n    command: sh -c '${PASSWORD}\n    ports: ['${PORT}:80']\n")
    env = {"PASSWORD": "zqcanary", "PORT": "73917391"}
    with pytest.raises(InputError) as caught:
        load([file], stack="shop", env=env)
    assert [(problem.file, problem.line) for problem in caught.value.problems] == [(str(file), 4), (str(file), 5)]
    assert str(caught.value.problems[0]).endswith(
        '"sh -c \'${PASSWORD}" is not a valid command line: a quote is not closed'
    )
    assert "'${PORT}:80'" in caught.value.problems[1].message


def test_message_of_a_question_mark_stays_as_it_was_written(tmp_path: Path) -> None:
    for dialect in DIALECTS:
        file = tmp_path / "a.yml"
        file.write_text("services: {web: {image: 'bb:${GONE:?ask ops for the $V}'}}")
        (problem,) = messages([file], {"V": "zqcanary"}, dialect)
        assert problem.message == "required variable GONE is missing a value: ask ops for the $V"


def test_value_that_no_variable_made_is_shown(folder: Path) -> None:
    file = folder / "a.yml"
    file.write_text("services: {web: {image: bb, stop_grace_period: '5', ports: ['99999:80']}}")
    told = [str(problem) for problem in messages([file], {}, "docker")]
    assert any("'5' is not a duration" in text for text in told)
    assert any("'99999:80': ports must be at most 65535" in text for text in told)
