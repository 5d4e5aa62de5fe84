"""Files beyond all measure: an answer within seconds, or an error that says what is too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import load
from swarm_provider.compose.common.dialect import DIALECTS, Dialect
from swarm_provider.compose.project import Project
from swarm_provider.errors import InputError

pytestmark = pytest.mark.timeout(60)
BOTH = pytest.mark.parametrize("dialect", DIALECTS)


def project(folder: Path, dialect: Dialect, **files: str) -> Project:
    """The project of the file `c`."""
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return load([str(folder / "c.yml")], stack="x", env={}, dialect=dialect)


def told(folder: Path, dialect: Dialect, **files: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        project(folder, dialect, **files)
    return [str(problem) for problem in caught.value.problems]


def chain(length: int) -> dict[str, str]:
    files = {f"f{n}": f"include: [f{n + 1}.yml]\nservices: {{s{n}: {{image: x}}}}\n" for n in range(length)}
    return {"c": "include: [f0.yml]\nservices: {a: {image: x}}\n", **files, f"f{length}": "services: {z: {image: x}}\n"}


@BOTH
def test_chain_of_400_includes_is_too_deep(tmp_path: Path, dialect: Dialect) -> None:
    [line] = told(tmp_path, dialect, **chain(400))
    assert "f49.yml:1: include[0]: includes are nested more than 50 levels deep" in line


@BOTH
def test_chain_of_40_includes_is_read(tmp_path: Path, dialect: Dialect) -> None:
    assert len(project(tmp_path, dialect, **chain(40)).services) == 42


@BOTH
def test_files_that_include_the_same_twice_end(tmp_path: Path, dialect: Dialect) -> None:
    # each level doubles what is read
    files = {f"f{n}": f"include: [f{n + 1}.yml, ./f{n + 1}.yml]\nservices: {{s{n}: {{image: x}}}}\n" for n in range(30)}
    lines = told(tmp_path, dialect, c="include: [f0.yml]\n", f30="services: {z: {image: x}}\n", **files)
    assert "more than 1000 files are included in total; include each of them once" in lines[0]


@BOTH
def test_400_services_extend_each_other(tmp_path: Path, dialect: Dialect) -> None:
    services = "".join(f"  s{n}: {{extends: s{n + 1}}}\n" for n in range(400))
    found = project(tmp_path, dialect, c=f"services:\n{services}  s400: {{image: x}}\n")
    assert {entry.inputs["image"] for entry in found.services.values()} == {"x"}


@BOTH
def test_400_files_extend_each_other(tmp_path: Path, dialect: Dialect) -> None:
    files = {f"f{n}": f"services: {{s: {{extends: {{file: f{n + 1}.yml, service: s}}}}}}\n" for n in range(400)}
    found = project(
        tmp_path, dialect, c="services: {a: {extends: {file: f0.yml, service: s}}}\n",
        f400="services: {s: {image: x}}\n", **files,
    )  # fmt: skip
    assert found.services["a"].inputs["image"] == "x"


@BOTH
def test_forty_services_with_all_ports_are_told(tmp_path: Path, dialect: Dialect) -> None:
    services = "".join(f"  s{n}: {{image: x, ports: ['1-65535:1-65535']}}\n" for n in range(40))
    [line] = told(tmp_path, dialect, c=f"services:\n{services}")
    assert "c.yml:8: services.s6: with 's6', the services publish 458745 ports" in line


def test_ports_that_two_services_publish_are_one_line(tmp_path: Path) -> None:
    services = "".join(f"  s{n}: {{image: x, ports: ['1-65535:1-65535']}}\n" for n in range(3))
    assert [line.partition("c.yml:")[2] for line in told(tmp_path, "docker", c=f"services:\n{services}")] == [
        "3: services.s1.ports: 1/tcp and 65534 more ports are published by service 's0' too; change one of them",
        "4: services.s2.ports: 1/tcp and 65534 more ports are published by service 's0' too; change one of them",
    ]


def test_all_ports_of_one_service_are_taken(tmp_path: Path) -> None:
    # a manager takes them, too
    found = project(tmp_path, "docker", c="services: {s: {image: x, ports: ['1-65535:1-65535']}}\n")
    assert len(found.services["s"].inputs["ports"]) == 65535


def test_port_of_mode_host_meets_ingress_after_others_of_mode_host(tmp_path: Path) -> None:
    def port(mode: str) -> dict[str, Any]:
        return {"image": "x", "ports": [{"target": 80, "published": 80, "mode": mode}]}

    services = {"a": port("host"), "b": port("host"), "c": port("ingress")}
    [line] = told(tmp_path, "docker", c=f"services: {services}")
    assert "services.c.ports: port 80/tcp is published by service 'a' too" in line


@BOTH
@pytest.mark.parametrize(
    ("service", "key"),
    [
        ("ports: [.nan]", "ports[0]"),
        ("ports: [.inf]", "ports[0]"),
        ("volumes: [{type: tmpfs, target: /t, tmpfs: {size: '99999999999999999999'}}]", "volumes[0].tmpfs.size"),
    ],
)
def test_number_that_nothing_can_store_is_told(tmp_path: Path, dialect: Dialect, service: str, key: str) -> None:
    [line] = told(tmp_path, dialect, c=f"services: {{s: {{image: x, {service}}}}}")
    assert f"c.yml:1: services.s.{key}: " in line
