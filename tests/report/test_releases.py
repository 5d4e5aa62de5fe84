"""The report of a Release is that of a Stack: service by service, with the lines of configs."""

from __future__ import annotations

import json
from typing import Any

from swarm_provider.core.values import FORECAST
from swarm_provider.report.markdown import markdown
from swarm_provider.report.page import page
from swarm_provider.report.reading import read

Json = dict[str, Any]
SIG = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
URN = "urn:pulumi:prod::shop::swarm:index:Release::shop"
SAID = "web: 1 task of shop_web restarts because configs[0].source changes; capacity stays at 100% (order start-first)"


def inputs(content: str, *, replicas: int = 1, **more: Any) -> Json:
    name = f"shop_app-{len(content)}"
    web = {"name": "shop_web", "image": "bb:1", "configs": [{"source": name}], "deploy": {"replicas": 1}}
    return {
        "stackName": "shop",
        "composeFile": ["shop.yml"],
        "env": {"TOKEN": {**SIG, "plaintext": '"hunter2hunter2"'}},
        "networks": {},
        "configs": {"app": {"baseName": "shop_app", "name": name, "data": content, "familyId": "f"}},
        "secrets": {"pass": {"baseName": "shop_pass", "data": {**SIG, "plaintext": '"swordfish99"'}, "familyId": "g"}},
        "services": {"web": web, "db": {"name": "shop_db", "image": "bb:1", "deploy": {"replicas": replicas}}, **more},
    }


def digest(op: str, old: Json | None, new: Json | None, paths: tuple[str, ...] = (), *said: str) -> str:
    step: Json = {"op": op, "urn": URN, "detailedDiff": {path: {"kind": "update"} for path in paths}}
    for key, found in (("oldState", old), ("newState", new)):
        if found is not None:
            step[key] = {"type": "swarm:index:Release", "urn": URN, "inputs": found}
    notes = [{"severity": "info", "urn": URN, "message": text} for text in said]
    return json.dumps({"steps": [step], "diagnostics": notes, "changeSummary": {}})


CHANGED = ("configs.app.data", "configs.app.name", "services.web.configs[0].source", "services.db.deploy.replicas")


def test_each_service_that_changes_has_its_row() -> None:
    found = page(read(digest("update", inputs("one"), inputs("three", replicas=3), CHANGED, SAID)))
    text = markdown(found)
    assert "`shop_web`" in text and "1 task restarts" in text and "config shop\\_app" in text
    assert "`shop_db`" in text and "deploy.replicas" in text
    assert "one" in text and "three" in text
    assert "swordfish99" not in text and "hunter2hunter2" not in text


def test_forecasts_of_a_stream_belong_to_their_services() -> None:
    forecast = {"service": "shop_web", "restarts": True, "tasks": 1, "reasons": ["image"], "capacity": 0, "batch": 1}
    state = {"type": "swarm:index:Release", "urn": URN, "inputs": inputs("one")}
    metadata = {
        "op": "update", "urn": URN, "type": "swarm:index:Release", "detailedDiff": {"services.web.image": {}},
        "old": state, "new": {**state, "inputs": inputs("one"), "outputs": {FORECAST: [forecast]}},
    }  # fmt: skip
    (web,) = [step for step in read(json.dumps({"resOutputsEvent": {"metadata": metadata}})).steps if step.forecasts]
    assert web.name == "shop-web" and web.op == "update"


def test_what_comes_and_goes_is_created_and_deleted() -> None:
    cron = {"name": "shop_cron", "image": "bb:1"}
    steps = read(digest("update", inputs("one"), inputs("one", cron=cron), ("services.cron",))).steps
    assert {step.name: step.op for step in steps} == {
        "shop-app": "same", "shop-pass": "same", "shop-web": "same", "shop-db": "same", "shop-cron": "create",
    }  # fmt: skip
    steps = read(digest("update", inputs("one", cron=cron), inputs("one"), ("services.cron",))).steps
    assert {step.name for step in steps if step.op == "delete"} == {"shop-cron"}


def test_new_release_and_one_that_is_destroyed_are_all_of_their_children() -> None:
    assert {step.op for step in read(digest("create", None, inputs("one"))).steps} == {"create"}
    assert {step.op for step in read(digest("delete", inputs("one"), None)).steps} == {"delete"}


def test_message_of_a_child_is_about_the_child() -> None:
    (note,) = read(digest("update", inputs("one"), inputs("three"), CHANGED, SAID)).notes
    assert note.urn.endswith("Release$swarm:index:Service::shop-web") and note.text == SAID.removeprefix("web: ")


def test_names_are_not_taken_for_secrets() -> None:
    text = markdown(page(read(digest("update", inputs("one"), inputs("three"), CHANGED))))
    assert "shop_web" in text


def test_odd_states_are_read_without_children() -> None:
    states: tuple[Json, ...] = (
        {"stackName": "shop", "services": "x"},
        {"services": {}},
        {"stackName": "s", "services": {"web": 5}},
    )
    for odd in states:
        assert read(digest("same", odd, odd)).steps == ()
