"""Canonical inputs of a running stack -> a compose file that gives the same stack again: reading, turned round."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from swarm_provider.core import Json, labels
from swarm_provider.model.content import CONTENT
from swarm_provider.model.resources import CONFIG, NETWORK, SERVICE, VOLUME
from swarm_provider.model.types.spelling import snake_keys

VERSION: Final = "3.9"
"""Of the file format: the newest that every docker CLI since 20.10 takes."""
_SHAPES: Final = {"network": NETWORK.shape, "config": CONFIG.shape, "volume": VOLUME.shape}
_NOT_COMPOSE: Final = ("name", "namespace", "owner", "resolvedImage", "forceUpdate", "networks", "volumes")


@dataclass(frozen=True)
class Running:
    """What runs of a stack, as canonical inputs.

    Attributes:
        name: the stack.
        services: their inputs.
        networks: of those that belong to the stack.
        configs: of those that belong to it, with their content.
        secrets: names of those that belong to it: nobody can read their content back.
    """

    name: str
    services: Sequence[Json]
    networks: Sequence[Json] = ()
    configs: Sequence[Json] = ()
    secrets: Sequence[str] = ()


@dataclass
class Written:
    """The document, and what it refers to.

    Attributes:
        document: the compose file as plain data.
        files: content of each config by its path beside the compose file: text, or base64 for bytes.
    """

    document: Json
    files: dict[str, Json] = field(default_factory=dict)

    def text(self) -> str:
        """Return the compose file."""
        dumped: str = yaml.safe_dump(self.document, sort_keys=False, allow_unicode=True, width=110)
        return dumped


def write(running: Running) -> Written:
    """Return the compose file of a stack."""
    return _Writer(running).written


class _Writer:
    def __init__(self, running: Running) -> None:
        self.stack = running.name
        self.own = {"network": {item["name"]: item for item in running.networks}, "secret": {}, "volume": {}}
        self.own["config"] = {item["baseName"]: item for item in running.configs}
        self.declared: dict[str, Json] = {"network": {}, "volume": {}, "config": {}, "secret": {}}
        self.written = Written({"version": VERSION, "services": {}})
        for service in running.services:
            self.written.document["services"][self.key(service["name"])] = self._service(service)
        for name in self.own["network"]:
            self._reference("network", name)
        for name in self.own["config"]:
            self._reference("config", name)
        for name in running.secrets:
            self._reference("secret", name)
        for kind, entries in self.declared.items():
            if entries:
                self.written.document[f"{kind}s"] = dict(sorted(entries.items()))

    def key(self, name: str) -> str:
        return name.removeprefix(f"{self.stack}_")

    def _reference(self, kind: str, name: str) -> str:
        """Return the key of an object, declaring it if that has not been done."""
        key = re.sub(r"[^a-zA-Z0-9._-]", "_", self.key(name))
        taken = self.declared[kind].get(key)
        if taken is not None and taken.get("name", f"{self.stack}_{key}") != name:
            key = re.sub(r"[^a-zA-Z0-9._-]", "_", name)
        if key not in self.declared[kind]:
            self.declared[kind][key] = self._object(kind, key, name)
        return key

    def _object(self, kind: str, key: str, name: str) -> Json:
        inputs = self.own[kind].get(name)
        if inputs is None:
            return {"external": True, "name": name}
        named = {} if name == f"{self.stack}_{key}" else {"name": name}
        if kind == "config":
            path = f"configs/{key}"
            self.written.files[path] = {k: v for k, v in inputs.items() if k in CONTENT}
            named = {**named, "file": f"./{path}"}
        skip = ("name", "baseName", "namespace", *CONTENT, "owner")
        rest = {key: value for key, value in inputs.items() if key not in skip}
        return {**named, **_escaped(snake_keys(_SHAPES[kind], rest))}

    # ----------------------------------------------------------- services

    def _service(self, inputs: Json) -> Json:
        plain = {key: value for key, value in inputs.items() if key not in _NOT_COMPOSE}
        for kind in ("config", "secret"):
            if f"{kind}s" in plain:
                plain[f"{kind}s"] = [
                    {**entry, "source": self._reference(kind, entry["source"])} for entry in plain[f"{kind}s"]
                ]
        credential = plain.get("credentialSpec") or {}
        if "config" in credential:
            plain["credentialSpec"] = {**credential, "config": self._reference("config", credential["config"])}
        body: Json = _escaped(snake_keys(SERVICE.shape, plain))
        networks = inputs.get("networks")
        if networks:
            body["networks"] = {
                self._reference("network", entry["name"]): self._attachment(inputs["name"], entry) for entry in networks
            }
        if inputs.get("volumes"):
            body["volumes"] = [self._mount(mount) for mount in inputs["volumes"]]
        return body

    def _attachment(self, service: str, entry: Json) -> Json:
        aliases = list(entry.get("aliases") or ())
        if aliases[-1:] == [self.key(service)]:
            # docker adds the service's own key, as the last
            aliases.pop()
        options = entry.get("driverOpts")
        return {**({"aliases": aliases} if aliases else {}), **({"driver_opts": options} if options else {})}

    def _mount(self, mount: Json) -> Json:
        options = dict(mount.get("volume") or {})
        source = mount.get("source")
        result: Json = _escaped(snake_keys(SERVICE.shape.by_wire["volumes"].type.item, mount))  # type: ignore[attr-defined]
        if mount.get("type") != "volume" or not source:
            return result
        own = dict(options.pop("labels", None) or {})
        driver = {key: options.pop(key) for key in ("driver", "driverOpts") if key in options}
        if own.pop(labels.NAMESPACE, None) == self.stack:
            self.own["volume"][source] = {**driver, **({"labels": own} if own else {})}
        result["source"] = self._reference("volume", source)
        result.pop("volume", None)
        return {**result, "volume": options} if options else result


def _escaped(value: Any) -> Any:
    """Return a value whose dollars stay dollars when the file is read."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, dict):
        return {key: _escaped(entry) for key, entry in value.items()}
    return [_escaped(entry) for entry in value] if isinstance(value, list) else value
