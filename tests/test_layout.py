"""The rooms of the package: each has a sign that names all that is in it, and none grows too large to look over."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import swarm_provider

PACKAGE = Path(swarm_provider.__file__).parent
ROOMS = sorted(file.parent for file in PACKAGE.rglob("__init__.py") if file.parent != PACKAGE)
MOST_MODULES = 12


def name_of(room: Path) -> str:
    return room.relative_to(PACKAGE).as_posix()


def inside(room: Path) -> set[str]:
    """The modules and folders of a room."""
    modules = {file.stem for file in room.glob("*.py")} - {"__init__"}
    return modules | {f"{file.parent.name}/" for file in room.glob("*/__init__.py")}


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_sign_of_a_room_names_all_that_is_in_it(room: Path) -> None:
    sign = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    assert set(re.findall(r"^    (\w+/?) {2,}\S", sign, re.MULTILINE)) == inside(room)


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_room_has_at_most_a_dozen_modules(room: Path) -> None:
    assert len([name for name in inside(room) if not name.endswith("/")]) <= MOST_MODULES
