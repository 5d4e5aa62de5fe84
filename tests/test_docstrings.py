"""Docstrings have one style: what a function does, in the imperative; what a class or module is, as a noun phrase."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import swarm_provider

PACKAGE = Path(swarm_provider.__file__).parent
MODULES = sorted(file for file in PACKAGE.rglob("*.py") if file.name not in ("args.py", "generated.py"))
WORDS = """
    Add Append Ask Bring Call Check Close Compare Complete Connect Count Create Decide Declare Decode Do Draw
    End Expand Fail Fetch Find Gather Give Go Hide Import Judge Keep Leave Let List Look Make Mask Merge Name
    Note Open Place Play Print Prune Publish Put Raise Read Refuse Remove Replace Rest Return Run Say Send
    Serve Set Show Sort Split Stop Substitute Take Tell Translate Turn Update Wait Warn Wrap Write Yield
"""
VERBS = frozenset(WORDS.split())
MANY_PARAMETERS = 3

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


def functions(node: ast.AST, *, public: bool = True) -> Iterator[tuple[Function, bool]]:
    """Yield each function of a module, and whether others may use it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield child, public and not child.name.startswith("_")
            yield from functions(child, public=False)
        else:
            open_to_all = public and not (isinstance(child, ast.ClassDef) and child.name.startswith("_"))
            yield from functions(child, public=open_to_all)


def is_property(function: Function) -> bool:
    return any("property" in ast.unparse(decorator) for decorator in function.decorator_list)


def first_word(text: str) -> str:
    return text.split()[0].strip("`,.:;")


def parameters(function: Function) -> list[str]:
    given = function.args
    found = (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg)
    return [parameter.arg for parameter in found if parameter and parameter.arg not in ("self", "cls")]


def described(text: str) -> set[str]:
    """The parameters that a docstring's `Args` name."""
    section = re.search(r"^Args:\n((?: +.*\n?|\n(?= ))+)", text, re.MULTILINE)
    names = re.findall(r"^    (\w+(?:, \w+)*):", section[1], re.MULTILINE) if section else []
    return {name for line in names for name in line.split(", ")}


def faults_of_functions(file: Path) -> Iterator[str]:
    """Yield where a function has no verb in the imperative, or no word for one of its many parameters."""
    for function, public in functions(ast.parse(file.read_text("utf-8"))):
        text, names = ast.get_docstring(function), parameters(function)
        if not text:
            # what has no docstring takes a base class's or a protocol's, or says all by its name
            continue
        place = f"{name_of(file)}:{function.lineno} {function.name}"
        if not is_property(function) and function.name != "__init__" and first_word(text) not in VERBS:
            yield f"{place}: begins with {first_word(text)!r}"
        if public and len(names) >= MANY_PARAMETERS and set(names) - described(text):
            yield f"{place}: Args without {', '.join(sorted(set(names) - described(text)))}"
        if described(text) - set(names):
            yield f"{place}: Args has {', '.join(sorted(described(text) - set(names)))}"


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_functions_say_what_they_do_and_describe_many_parameters(file: Path) -> None:
    assert list(faults_of_functions(file)) == []


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_classes_and_modules_say_what_they_are(file: Path) -> None:
    tree = ast.parse(file.read_text("utf-8"))
    third_person = {f"{verb}s" for verb in VERBS} - {"Calls", "Lists", "Names", "Places", "Updates"}
    texts = [ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef)]
    for text in texts:
        if text:
            assert first_word(text) not in VERBS | third_person, f"{name_of(file)}: {text.splitlines()[0]}"


def names_of_code(file: Path) -> Iterator[str]:
    """Yield what docstrings call by its dotted name below the package: `core.foreign.shown`."""
    rooms = "|".join(sorted(room.name for room in PACKAGE.iterdir() if (room / "__init__.py").exists()))
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from re.findall(rf"`((?:{rooms}|spec)(?:\.[a-z]\w+){{2,}})`", node.value.value)


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_names_of_code_in_docstrings_exist(file: Path) -> None:
    for name in names_of_code(file):
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(f"swarm_provider.{module}"), attribute), name
