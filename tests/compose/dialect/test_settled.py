"""What the compose-spec's dialect says aloud where it follows compose-go and Swarm, or a reader, may be surprised."""

from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.compose import Project
from swarm_provider.errors import InputError
from tests.compose.conftest import Reader

SPEC: dict[str, Any] = {"dialect": "compose-spec"}


def told(project: Project) -> list[str]:
    return [str(warning) for warning in project.warnings if "means something else" not in warning.message]


def test_command_that_is_cut_is_told_with_its_line(read: Reader) -> None:
    project = read("services:\n  web:\n    image: x\n    command: migrate && serve\n", **SPEC)
    (warning,) = told(project)
    assert "docker compose ends the command at '&', since no shell reads it" in warning
    assert ":4: services.web.command" in warning


@pytest.mark.parametrize("form", ["'8000-8002:80'", "{target: 80, published: 8000-8002}"])
def test_range_of_published_ports_is_told(read: Reader, form: str) -> None:
    project = read(f"services: {{web: {{image: x, ports: [{form}]}}}}", **SPEC)
    assert [port["published"] for port in project.services["web"].inputs["ports"]] == [8000, 8001, 8002]
    assert any("one port of the range 8000-8002; Swarm cannot choose, so all of them" in text for text in told(project))


def test_pairs_of_ports_are_not_told(read: Reader) -> None:
    assert told(read("services: {web: {image: x, ports: ['8000-8002:80-82', '90-91']}}", **SPEC)) == []


def test_range_that_goes_down_is_an_error(read: Reader) -> None:
    with pytest.raises(InputError, match="range"):
        read("services: {web: {image: x, ports: [{target: 80, published: 8002-8000}]}}", **SPEC)


def test_service_of_a_provider_is_told(read: Reader) -> None:
    project = read(
        "services: {web: {image: x, links: [db], depends_on: [db]}, db: {image: y, provider: {type: a}}}", **SPEC
    )
    assert list(project.services) == ["web"]
    assert project.services["web"].depends_on == {}
    assert any(
        "services.db.provider: providers are not supported by Swarm; the service is skipped" in text
        for text in told(project)
    )


def test_dependencies_of_namespaces_wait(read: Reader) -> None:
    project = read(
        "services: {web: {image: x, network_mode: 'service:a', pid: 'service:b',"
        " volumes_from: ['c:ro', 'container:z']}, a: {image: x}, b: {image: x}, c: {image: x}}",
        **SPEC,
    )
    assert list(project.services["web"].depends_on) == ["a", "b", "c"]


@pytest.mark.parametrize("dialect", ["docker", "compose-spec"])
def test_one_target_in_two_spellings_is_an_error(read: Reader, dialect: Any) -> None:
    text = (
        "services: {web: {image: x, volumes: [{type: volume, source: a1, target: /x/},"
        " {type: volume, source: b1, target: /x}]}}\nvolumes: {a1: , b1: }"
    )
    with pytest.raises(InputError, match="two mounts have the target '/x'"):
        read(text, dialect=dialect)


def test_short_mounts_of_one_target_in_two_spellings_are_an_error_to_docker(read: Reader) -> None:
    with pytest.raises(InputError, match="target '/x/', which is '/x' in another spelling"):
        read("services: {web: {image: x, volumes: ['a1:/x', 'b1:/x/']}}\nvolumes: {a1: , b1: }")


@pytest.mark.parametrize("dialect", ["docker", "compose-spec"])
def test_health_check_that_docker_never_runs_is_an_error(read: Reader, dialect: Any) -> None:
    with pytest.raises(
        InputError, match=r":4: services.web.healthcheck: 'test' must begin with CMD, CMD-SHELL or NONE"
    ):
        read("services:\n  web:\n    image: x\n    healthcheck: {test: [curl, -f, x]}\n", dialect=dialect)


def test_tab_in_a_text_of_lines_stays(read: Reader) -> None:
    project = read(
        "services:\n  web:\n    image: x\n    labels:\n      a: |\n        b\n        \t\n        c\n\t\n", **SPEC
    )
    assert project.services["web"].inputs["labels"] == {"a": "b\n\t\nc\n"}


def test_tab_for_indentation_is_an_error_with_its_line(read: Reader) -> None:
    with pytest.raises(InputError, match=":3: not YAML"):
        read("services:\n  web:\n\timage: x\n", **SPEC)
