"""The corpus: what stands in tests/data/compose, one case per name; `NAME.2.yml` overrides `NAME.yml`."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from swarm_provider.compose import Project, Ref, load

DATA = Path(__file__).resolve().parents[1] / "data" / "compose"
ENVIRONMENT = {
    "HOME": "/home/me",
    "SET": "value",
    "EMPTY": "",
    "TAG": "1",
    "N": "2",
    "PORT": "8081",
    "MODE": "0440",
    "YES": "yes",
    "OFF": "off",
    "RATIO": "0.25",
    "EMPTY_TAKES": "taken",
    "BARE": "from env",
}
"""The variables of every case: what its file may use, and nothing else."""


def names() -> tuple[str, ...]:
    """Return the names of all cases, sorted."""
    return tuple(sorted(path.stem for path in DATA.glob("*.yml") if not path.stem.endswith(".2")))


def files(name: str) -> list[Path]:
    """Return a case's files, the base first."""
    return [path for path in (DATA / f"{name}.yml", DATA / f"{name}.2.yml") if path.exists()]


@functools.cache
def batches(names: tuple[str, ...]) -> list[list[str]]:
    """Distribute cases over as few runs as possible: those of one run are not in one another's way."""
    made: list[tuple[list[str], set[Any]]] = []
    for name in names:
        own = _claims(load([str(path) for path in files(name)], stack=name, env=ENVIRONMENT))
        for members, taken in made:
            if not own & taken:
                members.append(name)
                taken |= own
                break
        else:
            made.append(([name], own))
    return [members for members, _ in made]


def _claims(project: Project) -> set[Any]:
    """What a case has for itself: published ports, and objects by their names."""
    kinds = {"network": project.networks, "config": project.configs, "secret": project.secrets}
    names = {(kind, entry.name) for kind, group in kinds.items() for entry in group.values() if not entry.external}
    ports = {
        port["published"]
        for service in project.services.values()
        for port in service.inputs.get("ports") or ()
        if port.get("published")
    }
    return names | ports


def resolved(value: Any, project: Project) -> Any:
    """Return inputs with every Ref replaced by the name of its object, as a Stack without rotation would."""
    if isinstance(value, Ref):
        return getattr(project, f"{value.kind}s")[value.key].name
    if isinstance(value, dict):
        return {key: resolved(entry, project) for key, entry in value.items()}
    if isinstance(value, list):
        return [resolved(entry, project) for entry in value]
    return value
