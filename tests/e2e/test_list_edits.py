"""Every edit of a list is printed whole: the new list can be built from the old one and from what the CLI shows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from swarm_provider.core.path import parse, render
from swarm_provider.model import RESOURCES
from swarm_provider.plan.change.property_diff import users_path
from swarm_provider.report.changed import changed
from swarm_provider.report.reading import read
from tests.conftest import ProjectFactory
from tests.support.display import rebuilt, shown
from tests.support.engine import Docker
from tests.support.pulumi import PulumiProject, Result

pytestmark = pytest.mark.e2e

PROGRAM = """
    import json
    import pathlib
    import swarm_provider as swarm

    lists = json.loads(pathlib.Path("lists.json").read_text())
    for name, inputs in lists.items():
        deploy = {"replicas": 0, **inputs.pop("deploy", {})}
        swarm.Service(name, image="bb:1", wait=False, resolve_image="never", advice=[], deploy=deploy, **inputs)
"""

# a, b and c stand there at first; x is new, A, B and C are a, b and c with another value
EDITS = {
    "insert-in-front": "xabc",
    "insert-between": "axbc",
    "append": "abcx",
    "remove-first": "bc",
    "remove-middle": "ac",
    "remove-last": "ab",
    "reorder": "cab",
    "swap": "bac",
    "change": "aBc",
    "change-all": "ABC",
    "remove-and-change-next": "Bc",
    "remove-and-change-last": "bC",
    "remove-and-change-both": "BC",
    "remove-two-and-change": "C",
    "insert-and-change": "xaBc",
    "insert-and-change-first": "xAbc",
    "reorder-and-change": "cAb",
    "swap-and-change": "Bac",
    "remove-change-append": "Bcx",
    "replace-all": "x",
    "empty": "",
}
SHAPE = RESOURCES["swarm:index:Service"].shape
CAPABILITIES = ("CHOWN", "KILL", "SETUID", "SYS_TIME")
CHANGED_CAPABILITIES = ("SYSLOG", "FOWNER", "SETGID")
ORDERED = ("command", "dns", "volumes", "constraints")
SHORT = ("ports", "configs", "volumes", "dns")
LONG = ("secrets", "networks", "cap_add", "command", "constraints")


def entry(kind: str, letter: str, case: str, unique: str) -> Any:
    """Return what a letter stands for in a list of that kind."""
    place, changed = "abcx".index(letter.lower()), letter.isupper()
    name = f"{unique}-{'changed' if changed else 'object'}-{place}"
    # host ports are a service's own
    port = 9000 + 10 * list(EDITS).index(case) + place
    return {
        "ports": {"target": 80 + place, "published": port + (1000 if changed else 0), "mode": "host"},
        "volumes": {"type": "volume", "source": name, "target": f"/{place}"},
        "configs": {"source": name, "target": f"/etc/{place}"},
        "secrets": {"source": name, "target": f"/run/{place}"},
        "networks": {"name": f"{unique}-object-{place}", "aliases": [f"alias{place}{'changed' if changed else ''}"]},
        "cap_add": (CHANGED_CAPABILITIES if changed else CAPABILITIES)[place],
        "dns": f"10.9.{int(changed)}.{place}",
        "command": f"word {place}{'!' if changed else ''}",
        "constraints": f"node.labels.l{place} == {'changed' if changed else 'first'}",
    }[kind]


def inputs(kind: str, letters: str, case: str, unique: str) -> dict[str, Any]:
    entries = [entry(kind, letter, case, unique) for letter in letters]
    return {"deploy": {"placement": {"constraints": entries}}} if kind == "constraints" else {kind: entries}


def make_objects(docker: Docker, unique: str) -> None:
    for place in range(4):
        docker("network", "create", "--driver", "overlay", f"{unique}-object-{place}")
        for kind in ("config", "secret"):
            for word in ("object", "changed"):
                docker(kind, "create", f"{unique}-{word}-{place}", "-", stdin=word)


def found_list(step_inputs: dict[str, Any], kind: str) -> list[Any]:
    if kind == "constraints":
        return list(step_inputs["deploy"].get("placement", {}).get("constraints", []))
    return list(step_inputs.get("capAdd" if kind == "cap_add" else kind, []))


def check(result: Result, kind: str, case: str) -> None:
    step = result.step(f"{kind}-{case}", "update")
    assert not [
        (path, other)
        for path in step.detailed_diff
        for other in step.detailed_diff
        if other != path and other.startswith((f"{path}[", f"{path}."))
    ]
    old, new = step.old["inputs"], step.new["inputs"]
    now = rebuilt(old, shown(result.stdout, step.urn))
    before, after, built = (found_list(side, kind) for side in (old, new, now))
    assert before != after
    if kind not in ORDERED:
        after, built = (sorted(side, key=json.dumps) for side in (after, built))
    assert built == after


def edited(app: PulumiProject, kinds: tuple[str, ...], docker: Docker, unique: str) -> Result:
    make_objects(docker, unique)
    for side in ("old", "new"):
        lists = {
            f"{kind}-{case}": inputs(kind, "abc" if side == "old" else EDITS[case], case, unique)
            for kind in kinds
            for case in EDITS
        }
        app.write("lists.json", json.dumps(lists))
        if side == "old":
            app.up().assert_ok()
    return app.preview(diff=True).assert_ok()


def unordered_move(kind: str, case: str) -> bool:
    """Whether the edit changes nothing: the list has no order, and only that is edited."""
    return kind not in ORDERED and case in ("reorder", "swap")


@pytest.mark.parametrize("kinds", [SHORT, pytest.param(LONG, marks=pytest.mark.long)], ids="-".join)
def test_every_edit_of_a_list_is_printed_whole(
    project: ProjectFactory, docker: Docker, unique: str, kinds: tuple[str, ...]
) -> None:
    app = project(PROGRAM)
    result = edited(app, kinds, docker, unique)
    report = {one.logical: one.differences for one in changed(read(app.preview("--json").assert_ok().stdout))}
    for kind in kinds:
        for case in EDITS:
            if unordered_move(kind, case):
                assert result.step(f"{kind}-{case}").op in ("same", "refresh")
            else:
                check(result, kind, case)
                paths = result.step(f"{kind}-{case}", "update").detailed_diff
                told = {difference.path for difference in report[f"{kind}-{case}"]}
                assert told == {render(users_path(SHAPE, parse(path))) for path in paths}


def test_value_that_ignore_changes_carries_to_another_entry_is_warned_of(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    program = """
        import pulumi
        import swarm_provider as swarm

        ports = [{{"target": 80 + place, "published": 9800 + place, "mode": "host"}} for place in {places}]
        swarm.Service({name!r}, image="bb:1", wait=False, ports=ports, deploy={{"replicas": 0}}, resolve_image="never",
            opts=pulumi.ResourceOptions(ignore_changes=["ports[*].published"]))
    """
    app = project(program.format(name=unique, places=[0, 1]))
    app.up().assert_ok()
    app.program(program.format(name=unique, places=[0, 1, 2]))
    assert "by their position" not in app.preview().assert_ok().output
    app.program(program.format(name=unique, places=[1]))
    result = app.preview().assert_ok()
    assert "ports[0] (target 81) has the value of another entry, the former ports[0] (target 80)" in result.output
    assert result.step(unique, "update").new["inputs"]["ports"][0]["published"] == 9800
