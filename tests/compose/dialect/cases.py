"""The cases in tests/data/dialect, and the words in which our reading and the judge's are compared.

Each case names the documented rule that it comes from. What is expected of it stands in expected.json, as the judge
(`judge/main.go`) said it; `python -m tests.compose.dialect.cases` asks it anew.
"""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from swarm_provider.compose import Project, Ref, load
from swarm_provider.core import units
from swarm_provider.core.names import camel

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "data" / "dialect"
EXPECTED = DATA / "expected.json"
STACK = "judged"
HOME = "/home/me"
_PLACE = "/project"


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        rule: the documented rule that it comes from.
        texts: the compose files by name, in their order.
        side: other files by path.
        says: words of our error, where the files cannot be used.
        newest: whether the rule is younger than the compose-go of docker compose 2.40.
    """

    name: str
    rule: str
    texts: dict[str, str]
    files: list[str]
    side: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    env_files: list[str] = field(default_factory=list)
    profiles: list[str] = field(default_factory=list)
    says: str = ""
    newest: bool = False

    def write(self, folder: Path) -> None:
        """Write all files of the case."""
        for name, text in {**self.side, **self.texts}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())

    def load(self, folder: Path, **options: Any) -> Project:
        """Read the case's files, which stand in `folder`, in the compose-spec's dialect."""
        return load(
            [folder / name for name in self.files],
            stack=STACK,
            env={"HOME": HOME, **self.env},
            env_files=[folder / name for name in self.env_files] or None,
            profiles=self.profiles,
            dialect=options.pop("dialect", "compose-spec"),
            **options,
        )


def cases() -> list[Case]:
    """Return all cases."""
    found = []
    for path in sorted(DATA.glob("*.yml")):
        for document in yaml.load_all(path.read_text(encoding="utf-8"), yaml.BaseLoader):
            texts = {f"{key}.yml": document.pop(key) for key in "abc" if key in document}
            files = document.pop("files", list(texts))
            document["newest"] = "newest" in document
            found.append(Case(texts=texts, files=files, **document))
    return found


def judged(case: Case, judge: Path, folder: Path) -> dict[str, Any]:
    """Return what the judge says of a case: its projection, or `{"error": words}`."""
    words = [str(judge)]
    for option, values in (("-f", case.files), ("--env-file", case.env_files), ("--profile", case.profiles)):
        words += [word for value in values for word in (option, value)]
    # a name in a file counts only where none is given by hand
    words += [] if any("name:" in text.splitlines()[0][:6] for text in case.texts.values()) else ["--name", STACK]
    answer = subprocess.run(words, cwd=folder, env={"HOME": HOME, **case.env}, capture_output=True, check=False)
    if answer.returncode:
        return {"error": _placed(answer.stderr.decode().strip(), folder)}
    return of_judge(json.loads(answer.stdout), folder)


def of_judge(project: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return the judge's project in the words of the comparison."""
    result: dict[str, Any] = {
        "services": {key: _judges_service(value) for key, value in project.get("services", {}).items()}
    }
    # what has a provider instead of an image is no service of a swarm
    for key, value in project.get("services", {}).items():
        if "provider" in value:
            del result["services"][key]
    used = {name for service in result["services"].values() for name in service.get("networks", {})} | {"default"}
    for service in result["services"].values():
        # what is in no active profile has no edge with us
        edges = service.pop("depends_on", {})
        active = {key: edge for key, edge in edges.items() if key in result["services"]}
        service.update({"depends_on": active} if active else {})
    for section in ("configs", "secrets"):
        result[section] = {
            key: (folder / value["file"]).read_text() if "file" in value else value.get("content", "")
            for key, value in project.get(section, {}).items()
        }
    result["networks"] = {
        key: _kept(value or {}, "driver", "labels", "attachable", "internal", "driver_opts")
        for key, value in project.get("networks", {}).items()
        if key in used
    }
    result["volumes"] = {
        key: _kept(value or {}, "driver", "labels", "driver_opts") for key, value in project.get("volumes", {}).items()
    }
    result["name"] = None if project["name"] == STACK else project["name"]
    placed: dict[str, Any] = json.loads(_placed(json.dumps(result), folder))
    return placed


_SAME = (
    *("image", "command", "entrypoint", "hostname", "user", "group_add", "working_dir", "stop_signal", "tty", "init"),
    *("stdin_open", "read_only", "labels", "environment", "dns", "dns_search", "dns_opt", "cap_add", "cap_drop"),
    *("sysctls", "logging"),
)


_DURATIONS = (
    ("stop_grace_period",),
    *(("healthcheck", key) for key in ("interval", "timeout", "start_period", "start_interval")),
    *(("deploy", part, key) for part in ("update_config", "rollback_config") for key in ("delay", "monitor")),
    *(("deploy", "restart_policy", key) for key in ("delay", "window")),
)


def _judges_service(value: dict[str, Any]) -> dict[str, Any]:
    result = _kept(value, *_SAME)
    result["ports"] = sorted(
        [port["target"], published, port.get("protocol", "tcp"), port.get("mode", "ingress")]
        for port in value.get("ports", [])
        for published in _range(port.get("published") or "0")
    )
    result["volumes"] = [
        [mount["type"], mount.get("source", ""), mount["target"], bool(mount.get("read_only"))]
        for mount in value.get("volumes", [])
    ]
    # Swarm has no network_mode: such a service is in the default network
    networks = {"default": None} if "network_mode" in value else value.get("networks", {})
    result["networks"] = {key: (network or {}).get("aliases", []) for key, network in networks.items()}
    result["depends_on"] = {
        key: [entry["condition"], entry["required"]] for key, entry in value.get("depends_on", {}).items()
    }
    for kind in ("configs", "secrets"):
        result[kind] = sorted([entry["source"], entry.get("target", "")] for entry in value.get(kind, []))
    for entry in result["configs"] + result["secrets"]:
        entry[1] = _target(entry[1] or entry[0])
    result["ulimits"] = {
        key: {"soft": limit, "hard": limit} if isinstance(limit, int) else limit
        for key, limit in value.get("ulimits", {}).items()
    }
    result["extra_hosts"] = sorted(str(entry).replace("=", ":", 1) for entry in value.get("extra_hosts") or [])
    health = value.get("healthcheck", {})
    result["healthcheck"] = {"disable": True} if health.get("disable") else _kept(health, "test", "retries")
    deploy = value.get("deploy", {})
    result["durations"] = _durations(value, _DURATIONS)
    result["deploy"] = {
        **_kept(deploy, "replicas", "labels"),
        "constraints": deploy.get("placement", {}).get("constraints", []),
        "update": _kept(deploy.get("update_config", {}), "order", "parallelism", "max_failure_ratio"),
        "limits": _measures(deploy.get("resources", {}).get("limits", {})),
        "reservations": _measures(deploy.get("resources", {}).get("reservations", {})),
    }
    if "mem_limit" in value:
        result["deploy"]["limits"]["memory"] = int(value["mem_limit"])
    if "cpus" in value:
        result["deploy"]["limits"]["cpus"] = float(value["cpus"])
    return {**_filled(result), "networks": result["networks"]}


def of_ours(project: Project, folder: Path) -> dict[str, Any]:
    """Return our project in the words of the comparison."""
    result: dict[str, Any] = {"services": {key: _our_service(project, key) for key in project.services}}
    for section in ("configs", "secrets"):
        entries = getattr(project, section).values()
        result[section] = {entry.key: _content(entry.inputs) for entry in entries if not entry.external}
    wire = {"driverOpts": "driver_opts"}
    result["networks"] = {
        key: _kept(
            {wire.get(name, name): value for name, value in entry.inputs.items()},
            *("driver", "labels", "attachable", "internal", "driver_opts"),
        )
        for key, entry in project.networks.items()
    }
    result["volumes"] = {
        key: _kept(
            {wire.get(name, name): value for name, value in entry.inputs.items()}, "driver", "labels", "driver_opts"
        )
        for key, entry in project.volumes.items()
    }
    result["name"] = project.name
    placed: dict[str, Any] = json.loads(_placed(json.dumps(result), folder))
    return placed


def _our_service(project: Project, key: str) -> dict[str, Any]:
    service = project.services[key]
    inputs = service.inputs
    wire = {name: name.split("_")[0] + "".join(part.title() for part in name.split("_")[1:]) for name in _SAME}
    result = _kept({name: inputs.get(wire[name]) for name in _SAME}, *_SAME)
    result["ports"] = sorted(
        [port["target"], port.get("published", 0), port.get("protocol", "tcp"), port.get("mode", "ingress")]
        for port in inputs.get("ports", [])
    )
    result["volumes"] = [
        [mount["type"], _key(mount.get("source", "")), mount["target"], bool(mount.get("readOnly"))]
        for mount in inputs.get("volumes", [])
    ]
    result["networks"] = {
        _key(network["name"]): [alias for alias in network.get("aliases", []) if alias != key]
        for network in inputs["networks"]
    }
    result["depends_on"] = {name: [entry.condition, entry.required] for name, entry in service.depends_on.items()}
    for kind in ("configs", "secrets"):
        result[kind] = sorted([_key(entry["source"]), _target(entry["target"])] for entry in inputs.get(kind, []))
    result["ulimits"] = inputs.get("ulimits", {})
    result["extra_hosts"] = sorted(inputs.get("extraHosts", []))
    result["healthcheck"] = _kept(inputs.get("healthcheck", {}), "test", "retries", "disable")
    deploy = inputs.get("deploy", {})
    result["durations"] = _durations(inputs, tuple(tuple(map(camel, path)) for path in _DURATIONS))
    update = {
        {"maxFailureRatio": "max_failure_ratio"}.get(name, name): value
        for name, value in deploy.get("updateConfig", {}).items()
    }
    result["deploy"] = {
        **_kept(deploy, "replicas", "labels"),
        "constraints": deploy.get("placement", {}).get("constraints", []),
        "update": _kept(update, "order", "parallelism", "max_failure_ratio"),
        "limits": _measures(deploy.get("resources", {}).get("limits", {})),
        "reservations": _measures(deploy.get("resources", {}).get("reservations", {})),
    }
    return {**_filled(result), "networks": result["networks"]}


def _durations(value: dict[str, Any], paths: Iterable[tuple[str, ...]]) -> dict[str, int]:
    """Return every duration in nanoseconds, by the last words of its path in the model's spelling."""
    result = {}
    for path in paths:
        found: Any = value
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        # a check that is disabled has none
        if found is not None and not (path[0] == "healthcheck" and value["healthcheck"].get("disable")):
            result[".".join(map(camel, path))] = units.duration_ns(found)
    return {key: number for key, number in result.items() if number}


def _range(published: Any) -> Iterable[int]:
    """Return all ports of a range: where docker compose takes one of them, Swarm cannot choose."""
    first, _, last = str(published).partition("-")
    return range(int(first), int(last or first) + 1)


def _measures(value: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    if value.get("cpus"):
        result["cpus"] = float(value["cpus"])
    if value.get("memory"):
        result["memory"] = units.size_bytes(str(value["memory"]))
    return result


def _target(text: str) -> str:
    return text.removeprefix("/run/secrets/").removeprefix("/")


def _key(source: Any) -> str:
    return source.key if isinstance(source, Ref) else str(source)


def _content(inputs: dict[str, Any]) -> str:
    if "data" in inputs:
        return str(inputs["data"])
    return base64.b64decode(inputs["dataBase64"]).decode()


def _kept(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value[name] for name in names if name in value}


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing, on every level; a false or a zero says as much as an absent key does."""
    result = {}
    for key, entry in value.items():
        inner = _filled(entry) if isinstance(entry, dict) and key not in ("labels", "environment") else entry
        if key == "environment":
            inner = {name: text for name, text in (entry or {}).items() if text is not None}
        if inner not in (None, [], {}, False):
            result[key] = inner
    return result


def _placed(text: str, folder: Path) -> str:
    return text.replace(str(folder), _PLACE)


def record(judge: Path) -> dict[str, Any]:
    """Return what the judge says of every case."""
    result = {}
    for case in cases():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name).resolve()
            case.write(folder)
            result[case.name] = judged(case, judge, folder)
    return result


def build(folder: Path) -> Path:
    """Build the judge; needs Go and its proxy."""
    target = folder / "judge"
    subprocess.run(["go", "build", "-o", str(target), "."], cwd=HERE / "judge", check=True)
    return target


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        said = record(build(Path(made)))
    EXPECTED.write_text(json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
