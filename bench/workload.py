"""The stack that is measured: N services with a config each, one shared secret, one shared network.

The same objects in four writings: a compose file for docker, one for us, specs for the bare API loop, and inputs for
the do-nothing provider.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]
IMAGE = "bb:1"
STACK = "bench"
SECRET = "not a secret"
SECOND = 10**9


@dataclass(frozen=True)
class Workload:
    """What is deployed.

    Attributes:
        size: number of services.
        replicas: tasks of each: 0 where only the calls are measured.
    """

    size: int
    replicas: int

    @property
    def keys(self) -> list[str]:
        return [f"s{number:03}" for number in range(self.size)]

    def content(self, key: str, version: int) -> str:
        """A config's content, as long as a small configuration file."""
        lines = [f"name = {key}", f"version = {version}", *(f"option{n} = {n * n}" for n in range(30))]
        return "\n".join(lines) + "\n"

    def write(self, folder: Path, versions: dict[str, int]) -> None:
        """Write the contents, and the two compose files that name them."""
        (folder / "conf").mkdir(exist_ok=True)
        for key in self.keys:
            (folder / "conf" / f"{key}.conf").write_text(self.content(key, versions[key]))
        (folder / "conf" / "secret").write_text(SECRET)
        docker_names = {key: f"{STACK}_{key}-{versions[key]}" for key in self.keys}
        for file, names in (("docker.yml", docker_names), ("ours.yml", {})):
            (folder / file).write_text(json.dumps(self._compose(names), indent=1))

    def _compose(self, names: dict[str, str]) -> Json:
        """A compose file; JSON is YAML. `names` are the configs' versioned names, which docker's users write."""
        named = {key: {"name": names[key]} if names else {} for key in self.keys}
        return {
            "services": {key: self._service(key) for key in self.keys},
            "configs": {key: {"file": f"conf/{key}.conf", **named[key]} for key in self.keys},
            "secrets": {"shared": {"file": "conf/secret"}},
            "networks": {"default": {}},
        }

    def _service(self, key: str) -> Json:
        return {
            "image": IMAGE,
            "environment": {"MODE": "prod", "NAME": key, "LEVEL": "info"},
            "configs": [{"source": key, "target": "/etc/app.conf"}],
            "secrets": ["shared"],
            "deploy": {
                "replicas": self.replicas,
                "update_config": {"order": "start-first", "monitor": "1s"},
                "resources": {"limits": {"memory": "32M"}},
            },
        }

    def spec(self, key: str, config: tuple[str, str], secret: tuple[str, str], network: str) -> Json:
        """The ServiceSpec for the API; configs and secrets as (id, name)."""
        file = {"UID": "0", "GID": "0", "Mode": 0o444}
        return {
            "Name": f"{STACK}_{key}",
            "Labels": {"com.docker.stack.namespace": STACK, "com.docker.stack.image": IMAGE},
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": IMAGE,
                    "Labels": {"com.docker.stack.namespace": STACK},
                    "Env": ["LEVEL=info", "MODE=prod", f"NAME={key}"],
                    "Configs": [
                        {"ConfigID": config[0], "ConfigName": config[1], "File": {"Name": "/etc/app.conf", **file}}
                    ],
                    "Secrets": [{"SecretID": secret[0], "SecretName": secret[1], "File": {"Name": "shared", **file}}],
                },
                "Resources": {"Limits": {"MemoryBytes": 32 << 20}},
                "Networks": [{"Target": network, "Aliases": [key]}],
            },
            "Mode": {"Replicated": {"Replicas": self.replicas}},
            "UpdateConfig": {"Parallelism": 1, "Order": "start-first", "Monitor": SECOND},
        }

    def things(self, folder: Path, versions: dict[str, int]) -> None:
        """Write what the do-nothing program registers: as many resources, of as many bytes, as ours."""
        services = {key: {**self._service(key), "name": f"{STACK}_{key}"} for key in self.keys}
        contents = {key: self.content(key, versions[key]) for key in self.keys}
        (folder / "things.json").write_text(json.dumps({"services": services, "contents": contents}))
