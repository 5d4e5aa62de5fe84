#!/usr/bin/env python3
"""Prepares the stack configuration that `make up` deploys with: a copy of Pulumi.dev.yaml, which stays as it is.

A copy, because Pulumi writes the salt of a generated passphrase and encrypted values into the file, and
because the configuration may name a swarm, which is not the one that `make up` is for. What Pulumi wrote into the copy
stays there. Prints the names of settings that Pulumi.yaml declares as secret and that have no value yet.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import yaml

# the provider's settings that say which swarm is meant
CONNECTION = ("host", "hosts", "context", "tls")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, help="Pulumi.yaml")
    parser.add_argument("source", type=Path, help="the settings in the repository; may be missing")
    parser.add_argument("target", type=Path, help="the copy to write")
    given = parser.parse_args()
    project = _read(given.project)
    settings = merged(_read(given.source), _read(given.target))
    given.target.parent.mkdir(parents=True, exist_ok=True)
    given.target.write_text(yaml.safe_dump(settings, sort_keys=False))
    print("\n".join(missing_secrets(project, settings)))


def merged(source: dict[str, Any], copy: dict[str, Any]) -> dict[str, Any]:
    """The repository's settings, with the salt and the encrypted values of the copy."""
    config = {
        key: value
        for key, value in (source.get("config") or {}).items()
        # an encrypted value of the repository was made with a passphrase that is not ours
        if key not in {f"swarm:{name}" for name in CONNECTION} and not _encrypted(value)
    }
    config |= {key: value for key, value in (copy.get("config") or {}).items() if _encrypted(value)}
    salt = {"encryptionsalt": copy["encryptionsalt"]} if "encryptionsalt" in copy else {}
    return {"config": config, **salt}


def missing_secrets(project: dict[str, Any], settings: dict[str, Any]) -> list[str]:
    """Names, with the project as namespace, of declared secrets without a value."""
    found = []
    for key, declared in (project.get("config") or {}).items():
        full = key if ":" in key else f"{project['name']}:{key}"
        secret = isinstance(declared, dict) and declared.get("secret")
        if secret and full not in settings["config"]:
            found.append(full)
    return found


def _encrypted(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"secure"}


def _read(path: Path) -> dict[str, Any]:
    return (yaml.safe_load(path.read_text()) or {}) if path.exists() else {}


if __name__ == "__main__":
    main()
