"""The members of a compose stack: the file that has them, and how a program hands it over: as a Stack or a Release."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from swarm_provider import compose
from swarm_provider.compose.children import Bound, Child, Settings, filled, plan
from swarm_provider.core.values import Secret
from tests.simulation.engine.program import Declared, Ref

if TYPE_CHECKING:
    from tests.simulation.wishes import Content, Service, Wish

Json = dict[str, Any]
STACK: Final = "st"
"""Its name in the swarm; what belongs to it is called `st_KEY`."""
FORMS: Final = ("stack", "release")
_KINDS: Final = {"network": "Network", "config": "Config", "secret": "Secret", "service": "Service"}


def is_member(name: str) -> bool:
    """Whether an object of this name belongs to the compose stack."""
    return name.startswith(f"{STACK}_")


def key_of(name: str) -> str:
    return name.removeprefix(f"{STACK}_")


def logical(name: str, form: str) -> str:
    """The logical name of the resource that stands for a member."""
    return STACK if form == "release" else f"{STACK}-{key_of(name)}"


def declared(wish: Wish) -> list[Declared]:
    """The resources that a program registers for the stack; none where it has no members."""
    if not any(is_member(name) for name in wish.names()):
        return []
    return [_release(wish)] if wish.form == "release" else _children(wish)


def text(wish: Wish) -> str:
    """The compose file."""
    file: Json = {
        "version": "3.8",
        "services": {key_of(one.name): _service(one, wish) for one in wish.services if is_member(one.name)},
        "networks": {
            key_of(name): {"attachable": name in wish.attachable} for name in wish.networks if is_member(name)
        },
        "configs": {key_of(one.name): {"external": True} for one in _contents(wish, "Config")},
        "secrets": {key_of(one.name): {"external": True} for one in _contents(wish, "Secret")},
    }
    return json.dumps({key: value for key, value in file.items() if value})


def _contents(wish: Wish, kind: str) -> list[Content]:
    return [one for one in wish.contents if one.kind == kind and is_member(one.name)]


def _given(wish: Wish) -> Json:
    """What the program binds to keys of the file."""
    return {
        "configs": {key_of(one.name): one.text for one in _contents(wish, "Config")},
        "secrets": {key_of(one.name): Secret(one.text) for one in _contents(wish, "Secret")},
    }


def _service(one: Service, wish: Wish) -> Json:
    deploy: Json = {}
    found: Json = {"image": one.image, "deploy": deploy}
    if one.mode == "job":
        deploy |= {"mode": "replicated-job", "replicas": one.replicas, "restart_policy": {"condition": "none"}}
        found["command"] = ["sh", "-c", "sleep 1"]
    else:
        deploy["update_config"] = {
            "order": one.order,
            "parallelism": one.parallelism,
            "failure_action": one.action,
        }
        deploy |= {"mode": "global"} if one.mode == "global" else {"replicas": one.replicas}
    if one.constraint:
        deploy["placement"] = {"constraints": [one.constraint]}
    if one.env:
        found["environment"] = {"REVISION": str(one.env)}
    if one.label:
        deploy["labels"] = {"team": str(one.label)}
    if one.port:
        found["ports"] = [{"target": 80, "published": one.port}]
    if one.networks:
        found["networks"] = [key_of(name) for name in one.networks]
    for kind in ("Config", "Secret"):
        used = [item.name for item in _contents(wish, kind) if item.name in one.uses]
        if used:
            found[f"{kind.lower()}s"] = [{"source": key_of(name), "target": f"/{name}"} for name in used]
    if not one.wait:
        found["x-pulumi"] = {"wait": False}
    return found


def _release(wish: Wish) -> Declared:
    args: Json = {
        "compose": text(wish),
        "name": STACK,
        "dialect": wish.dialect,
        "replaceNetworks": True,
        "onFailure": wish.on_failure,
        **{kind: given for kind, given in _given(wish).items() if given},
    }
    return Declared("Release", STACK, args)


def _children(wish: Wish) -> list[Declared]:
    given = _given(wish)
    project = compose.load(
        [compose.InlineFile(text(wish), Path())],
        stack=STACK,
        env={},
        bound={"secret": given["secrets"], "config": given["configs"]},
        dialect=wish.dialect,
    )
    bound = {
        kind: {key: Bound(value, True) for key, value in given[f"{kind}s"].items()} for kind in ("config", "secret")
    }
    found = plan(project, STACK, Settings(replace_networks=True), bound)
    actual: dict[tuple[str, str], Any] = dict(found.references)
    return [_child(one, actual) for one in found.children]


def _child(one: Child, actual: dict[tuple[str, str], Any]) -> Declared:
    name = f"{STACK}-{one.key}"
    args = filled(one.inputs, actual, lambda template: "".join(map(str, template.parts)))
    if one.kind in ("config", "secret"):
        args["baseName"] = args.pop("name")
    actual[one.kind, one.key] = Ref(name, "id" if one.kind == "network" else "name")
    return Declared(_KINDS[one.kind], name, args, parent="Stack")
