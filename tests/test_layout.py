"""The rooms of the package: each has a sign that names all that is in it, and none grows too large to look over."""

from __future__ import annotations

import ast
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import swarm_provider

PACKAGE = Path(swarm_provider.__file__).parent
ROOMS = sorted(file.parent for file in PACKAGE.rglob("__init__.py") if file.parent != PACKAGE)
MOST_MODULES = 12
MOST_LINES = 400
GENERATED = {"resources/args.py", "resources/generated.py"}
HAND_WRITTEN = sorted(file for file in PACKAGE.rglob("*.py") if file.relative_to(PACKAGE).as_posix() not in GENERATED)
MODULES = {
    ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): file
    for file in PACKAGE.rglob("*.py")
}


def name_of(room: Path) -> str:
    return room.relative_to(PACKAGE).as_posix()


def inside(room: Path) -> set[str]:
    """The modules and folders of a room."""
    modules = {file.stem for file in room.glob("*.py")} - {"__init__"}
    return modules | {f"{file.parent.name}/" for file in room.glob("*/__init__.py")}


@pytest.mark.parametrize("room", [PACKAGE, *ROOMS], ids=name_of)
def test_sign_of_a_room_names_all_that_is_in_it(room: Path) -> None:
    sign = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    assert set(re.findall(r"^    (\w+/?) {2,}\S", sign, re.MULTILINE)) == inside(room)


@pytest.mark.parametrize("room", ROOMS, ids=name_of)
def test_room_has_at_most_a_dozen_modules(room: Path) -> None:
    assert len([name for name in inside(room) if not name.endswith("/")]) <= MOST_MODULES


@pytest.mark.parametrize("file", HAND_WRITTEN, ids=name_of)
def test_module_is_short_enough_to_read(file: Path) -> None:
    assert len(file.read_text("utf-8").splitlines()) <= MOST_LINES


def lines_of_functions() -> list[int]:
    """How many lines each function has, without its docstring and decorators, shortest first."""
    found = []
    for file in HAND_WRITTEN:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                first = node.body[0]
                told = ast.get_docstring(node) is not None and first.end_lineno
                found.append(node.end_lineno - node.lineno + 1 - (told - first.lineno + 1 if told else 0))
    return sorted(found)


def test_functions_are_short() -> None:
    lines = lines_of_functions()
    assert statistics.median(lines) <= 7
    assert lines[len(lines) * 9 // 10] <= 20


def imports(node: ast.AST) -> Iterator[str]:
    """The modules of the package that a tree imports, also inside of functions, but not for type checkers alone."""
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.If) and "TYPE_CHECKING" in ast.unparse(inner.test):
            continue
        if isinstance(inner, ast.Import):
            yield from (alias.name for alias in inner.names if alias.name in MODULES)
        elif isinstance(inner, ast.ImportFrom) and inner.module in MODULES:
            for alias in inner.names:
                module = f"{inner.module}.{alias.name}"
                yield module if module in MODULES else inner.module
        yield from imports(inner)


@cache
def graph_of_imports() -> dict[str, set[str]]:
    return {name: set(imports(ast.parse(file.read_text("utf-8")))) - {name} for name, file in MODULES.items()}


def entry(module: str, room: str) -> str | None:
    """The module or folder of a room that a module is in."""
    return module.removeprefix(f"{room}.").partition(".")[0] if module.startswith(f"{room}.") else None


def assert_no_circle(graph: Mapping[str, Iterable[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"import circle: {' -> '.join(error.args[1])}")


def test_names_are_imported_from_where_they_are_defined() -> None:
    handing_on = {
        name_of(file)
        for file in HAND_WRITTEN
        if re.search(r"^__all__\b", file.read_text("utf-8"), re.MULTILINE) and file.name != "__init__.py"
    }
    # what stands behind the door to a library hands on the library's own names
    assert handing_on == {"dockerapi/libraries/urllib3_pools.py"}


def test_modules_import_each_other_in_no_circle() -> None:
    assert_no_circle(graph_of_imports())


@pytest.mark.parametrize("room", [PACKAGE, *ROOMS], ids=name_of)
def test_folders_and_modules_of_a_room_import_each_other_in_one_direction(room: Path) -> None:
    name = ".".join(room.relative_to(PACKAGE.parent).parts)
    folders: dict[str, set[str]] = {}
    for importer, imported in graph_of_imports().items():
        if (here := entry(importer, name)) is not None:
            there = {found for one in imported if (found := entry(one, name)) is not None}
            folders.setdefault(here, set()).update(there - {here})
    assert_no_circle(folders)


def test_logic_of_the_plugin_is_tried_without_an_engine() -> None:
    files = [file for file in (PACKAGE.parent / "tests/plugin").glob("test_*.py") if not file.stem.endswith("_live")]
    tests = [name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)]
    assert len(tests) >= 150
