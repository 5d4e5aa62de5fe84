"""The corpus: what stands in tests/data/compose, one case per name; `NAME.2.yml` overrides `NAME.yml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from swarm_provider.compose import Project, Ref

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


def names() -> list[str]:
    """Return the names of all cases, sorted."""
    return sorted(path.stem for path in DATA.glob("*.yml") if not path.stem.endswith(".2"))


def files(name: str) -> list[Path]:
    """Return a case's files, the base first."""
    return [path for path in (DATA / f"{name}.yml", DATA / f"{name}.2.yml") if path.exists()]


def resolved(value: Any, project: Project) -> Any:
    """Return inputs with every Ref replaced by the name of its object, as a Stack without rotation would."""
    if isinstance(value, Ref):
        return getattr(project, f"{value.kind}s")[value.key].name
    if isinstance(value, dict):
        return {key: resolved(entry, project) for key, entry in value.items()}
    if isinstance(value, list):
        return [resolved(entry, project) for entry in value]
    return value
