"""docs/architecture.md: the picture is drawn from the imports, and the way of a value is the one that it goes."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any
from xml.etree import ElementTree

import pytest

from swarm_provider.compose import load
from swarm_provider.convert.service.spec import read_inputs, to_spec
from swarm_provider.model import RESOURCES
from swarm_provider.plan.change.property_diff import changes
from swarm_provider.plan.change.restart import restart
from swarm_provider.plan.change.sentences import Forecast, describe
from swarm_provider.resources.arguments.wire import to_wire
from tools.generate.architecture import PICTURE, render, rooms

REPO = Path(__file__).resolve().parents[2]
PAGE = REPO / "docs" / "architecture.md"
TEXT = PAGE.read_text("utf-8")
STEPS = re.findall(r"^\| (\d+) \| \[`([\w.]+)`\]\(\S+\) \| .* \| (.*) \|$", TEXT, re.MULTILINE)
NAMED = re.findall(r"\[`([a-z_]+(?:\.\w+)+)`\]\(\.\./swarm_provider/(\S+)\)", TEXT)
COMPOSE = "services: {web: {image: nginx, deploy: {replicas: '2'}}}"
SERVICE = RESOURCES["swarm:index:Service"]


def test_picture_is_what_the_imports_say() -> None:
    assert PICTURE.read_text("utf-8") == render(), (
        "docs/architecture.svg is out of date: python -m tools.generate.architecture"
    )


def test_picture_shows_every_room() -> None:
    names = [text.text for text in ElementTree.fromstring(render()).iter("{http://www.w3.org/2000/svg}text")]
    assert rooms().keys() <= set(names)


def test_way_of_a_value_has_at_most_twelve_steps() -> None:
    assert [number for number, _, _ in STEPS] == [str(number) for number in range(1, len(STEPS) + 1)]
    assert 6 <= len(STEPS) <= 12


@pytest.mark.parametrize(("name", "file"), NAMED)
def test_function_that_the_page_names_is_where_the_page_says(name: str, file: str) -> None:
    module = file.removesuffix(".py").replace("/", ".")
    assert name.startswith(f"{module}.")
    found: Any = importlib.import_module(f"swarm_provider.{module}")
    for part in name.removeprefix(f"{module}.").split("."):
        found = getattr(found, part)
    assert callable(found)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`([\w/]+/(?:\w+\.py)?)`", TEXT))))
def test_path_that_the_page_names_exists(path: str) -> None:
    assert (REPO / path).exists() or (REPO / "swarm_provider" / path).exists()


def test_value_goes_through_the_functions_of_compose_in_the_order_of_the_page(tmp_path: Path) -> None:
    named = [name for _, name, _ in STEPS if name.startswith("compose.")]
    called = _called(named, lambda: _inputs(tmp_path))
    assert len(named) == 4
    assert called == named


def test_value_is_at_each_step_what_the_page_says(tmp_path: Path) -> None:
    told = {name: value.strip("`") for _, name, value in STEPS}
    given = _inputs(tmp_path)
    assert ast.literal_eval(told["compose.normalise.service_inputs"]).items() <= given.items()

    wire = to_wire(SERVICE.shape, {"name": "shop_web", "image": "nginx", "deploy": given["deploy"]})
    assert ast.literal_eval(told["resources.arguments.wire.to_wire"]).items() <= wire.items()

    news, problems = SERVICE.normal(wire)
    assert problems == []
    assert ast.literal_eval(told["model.resource.Resource.normal"]).items() <= news.items()

    by_hand = to_spec({**news, "deploy": {"replicas": 5}})
    live = read_inputs(news, by_hand)
    assert ast.literal_eval(told["convert.service.spec.read_inputs"]).items() <= live.items()

    (change,) = changes(SERVICE.shape, live, news)
    assert told["plan.change.property_diff.changes"].startswith(f"{change.path}: ")
    assert told["plan.change.restart.restart"] == describe(Forecast("web", restart(by_hand, to_spec(news))))
    assert ast.literal_eval(told["convert.service.spec.to_spec"]).items() <= to_spec(news).items()


def _inputs(folder: Path) -> dict[str, Any]:
    (folder / "shop.yml").write_text(COMPOSE, "utf-8")
    return load([folder / "shop.yml"], stack="shop", env={}).services["web"].inputs


def _called(names: list[str], run: Callable[[], object]) -> list[str]:
    """Return which of the functions are called, in the order of their first calls."""
    found: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        name = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}".removeprefix("swarm_provider.")
        if event == "call" and name in names and name not in found:
            found.append(name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        run()
    finally:
        sys.setprofile(before)
    return found
