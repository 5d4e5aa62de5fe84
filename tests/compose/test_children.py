"""The children of a stack: order, references, settings, bindings. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarm_provider.compose import Project, Ref, load
from swarm_provider.compose.children import Bound, Plan, Settings, plan
from swarm_provider.errors import InputError

FILE = """
services:
  web: {image: i:1, depends_on: [db], configs: [app], networks: [front], volumes: ["data:/d"]}
  db: {image: i:1, secrets: [pass]}
configs:
  app: {content: hello}
secrets:
  pass: {external: true}
networks:
  front: {}
volumes:
  data: {driver_opts: {type: nfs}}
"""


def read(folder: Path, text: str = FILE) -> Project:
    (folder / "c.yml").write_text(text)
    return load([folder / "c.yml"], stack="shop", env={})


def planned(folder: Path, text: str = FILE, settings: Settings | None = None, **bound: Any) -> Plan:
    return plan(read(folder, text), "shop", settings or Settings(), bound)


def of(found: Plan, kind: str, key: str) -> dict[str, Any]:
    (child,) = [child for child in found.children if (child.kind, child.key) == (kind, key)]
    return child.inputs


def test_children_come_after_those_that_they_refer_to(tmp_path: Path) -> None:
    order = [(child.kind, child.key) for child in planned(tmp_path).children]
    assert order.index(("network", "front")) < order.index(("service", "web"))
    assert order.index(("config", "app")) < order.index(("service", "db")) < order.index(("service", "web"))


def test_external_object_is_no_child_and_is_referred_to_by_its_name(tmp_path: Path) -> None:
    found = planned(tmp_path)
    assert found.references["secret", "pass"] == "pass"
    assert [child.key for child in found.children if child.kind == "secret"] == []


def test_content_makes_a_secret_of_the_stack_of_an_external_one(tmp_path: Path) -> None:
    found = planned(tmp_path, secret={"pass": Bound("x", is_content=True)})
    assert of(found, "secret", "pass") == {"namespace": "shop", "name": "shop_pass", "data": "x"}


def test_bound_object_is_referred_to(tmp_path: Path) -> None:
    found = planned(tmp_path, config={"app": Bound("other")}, volume={"data": Bound("disk")})
    assert found.references["config", "app"] == "other"
    assert found.references["volume", "data"] == "disk"
    (mount,) = of(found, "service", "web")["volumes"]
    assert mount["source"] == Ref("volume", "data") and "driverConfig" not in (mount.get("volume") or {})


def test_settings_reach_the_children_that_have_them(tmp_path: Path) -> None:
    found = planned(tmp_path, settings=Settings(wait=False, keep_previous=3, adopt=True, replace_networks=True))
    assert of(found, "config", "app")["keepPrevious"] == 3
    assert of(found, "network", "front")["replace"] is True
    assert of(found, "service", "db") | {"wait": False, "adopt": True} == of(found, "service", "db")


def test_service_that_others_wait_for_waits_itself(tmp_path: Path) -> None:
    text = """
services:
  web: {image: i:1, depends_on: {db: {condition: service_healthy}}}
  db: {image: i:1, healthcheck: {test: [CMD, "true"]}}
"""
    found = planned(tmp_path, text, Settings(wait=False))
    assert "wait" not in of(found, "service", "db") and of(found, "service", "web")["wait"] is False


def test_binding_that_no_file_declares_is_refused_with_the_nearest_key(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no config 'ap'; did you mean 'app'"):
        planned(tmp_path, config={"ap": Bound("x", is_content=True)})


def test_rename_has_to_lead_from_a_key_that_is_gone_to_one_that_is_there(tmp_path: Path) -> None:
    project = read(tmp_path)
    with pytest.raises(InputError, match="there is no service 'wep'"):
        plan(project, "shop", Settings(), {}, {"old": "wep"})
    with pytest.raises(InputError, match="the service 'db' is still in the file"):
        plan(project, "shop", Settings(), {}, {"db": "web"})
    (web,) = [child for child in plan(project, "shop", Settings(), {}, {"old": "web"}).children if child.key == "web"]
    assert web.renamed_from == "old"


def test_ignored_paths_are_in_wire_spelling_and_keys_of_users_stay(tmp_path: Path) -> None:
    text = """
services:
  web:
    image: i:1
    environment: {MY_VAR: a}
    x-pulumi: {ignore_changes: [deploy.update_config.order, environment.MY_VAR]}
"""
    (web,) = [child for child in planned(tmp_path, text).children if child.key == "web"]
    assert web.ignored == ["deploy.updateConfig.order", "environment.MY_VAR"]


def test_ignored_path_that_no_service_has_is_refused_at_its_place(tmp_path: Path) -> None:
    text = "services:\n  web: {image: i:1, x-pulumi: {ignore_changes: [deploy.nothing]}}\n"
    with pytest.raises(
        InputError, match=r"c\.yml:2: services\.web\.x-pulumi\.ignore_changes: entry 1 is not a property"
    ):
        planned(tmp_path, text)
