"""What `doctor` looks at, one function each. Nothing here changes anything, and nothing raises."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from swarm_provider.cli import checkpoints
from swarm_provider.core import labels
from swarm_provider.core.image import DEFAULT_DOMAIN, registry
from swarm_provider.core.url import shown
from swarm_provider.core.values import at
from swarm_provider.dockerapi import ConnectionSettings, Json, Swarm, connect
from swarm_provider.dockerapi.processes import output_of
from swarm_provider.errors import SwarmProviderError
from swarm_provider.model.provider import TRUE
from swarm_provider.version import __version__

OLDEST_CLI: Final = (3, 225, 0)
"""The first CLI that previews rest on (refreshBeforeUpdate), as in pyproject.toml and tools/pulumi-cli.sh."""
OLDEST_PYTHON: Final = (3, 11)
_PASSPHRASES: Final = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE")
_RUNNERS: Final = ("GITHUB_ACTIONS", "GITLAB_CI", "CI")
_CHECKOUTS: Final = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR", "WORKSPACE")
KEPT: Final = "SWARM_STATE_KEPT"
"""Says that a folder on a runner outlives the run; examples/ci/ci/setup.sh reads it too."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        what: engine, swarm, cli, project, backend, plugin ...
        level: ok, warning or error.
        says: what was found, one line.
        fix: what to do about it, "" where nothing.
    """

    what: str
    level: str
    says: str
    fix: str = ""


def python() -> Iterable[Finding]:
    """Look at this Python, which is the plugin's."""
    number = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("python", "error", f"Python {number} is too old", "use Python 3.11 or newer")
        return
    yield Finding("python", "ok", f"Python {number}, swarm-provider {__version__}, {sys.prefix}")


def pulumi_cli(environ: Mapping[str, str]) -> Iterable[Finding]:
    """Look for the Pulumi CLI."""
    path = shutil.which("pulumi", path=environ.get("PATH"))
    if path is None:
        yield Finding("pulumi", "error", "the Pulumi CLI is not on PATH", "https://www.pulumi.com/docs/install/")
        return
    text = _output([path, "version"], environ)
    match = re.match(r"v?(\d+)\.(\d+)\.(\d+)", text)
    if match is None:
        yield Finding("pulumi", "error", f"{path}: cannot determine its version: {text or 'it fails'}", "reinstall it")
    elif tuple(map(int, match.groups())) < OLDEST_CLI:
        wanted = ".".join(map(str, OLDEST_CLI))
        yield Finding(
            "pulumi", "error", f"{text} is too old: previews would not see the swarm", f"use {wanted} or newer"
        )
    else:
        yield Finding("pulumi", "ok", f"{text}, {path}")


def project(folder: Path, environ: Mapping[str, str]) -> Iterable[Finding]:
    """Look at Pulumi.yaml and at the Python that the program runs in."""
    data, wrong = _project(folder)
    if wrong:
        yield Finding("project", "error", wrong, "https://www.pulumi.com/docs/iac/concepts/projects/project-file/")
    if data is None:
        yield Finding(
            "project",
            "warning",
            f"{folder.resolve()} has no Pulumi.yaml",
            "run this in the folder of the Pulumi program",
        )
    if wrong or data is None:
        return
    runtime = data.get("runtime")
    name = runtime.get("name") if isinstance(runtime, dict) else runtime
    if not isinstance(data.get("name"), str) or not isinstance(name, str):
        says = "Pulumi.yaml needs a 'name' and a 'runtime', each a string such as 'name: shop' and 'runtime: python'"
        yield Finding("project", "error", says, "correct the file")
        return
    yield Finding("project", "ok", f"{data['name']}, runtime {name}")
    place = at(data, "runtime", "options", "virtualenv")
    if name == "python" and isinstance(place, str) and place:
        own = folder / place
        if not (own / "bin" / "python").exists() and not (own / "Scripts" / "python.exe").exists():
            fix = f"python3 -m venv {place} && {place}/bin/pip install -r requirements.txt"
            yield Finding("virtualenv", "error", f"runtime.options.virtualenv is {place!r}, which does not exist", fix)
        elif own.resolve() != Path(sys.prefix).resolve():
            says = f"the program runs in {place!r}, this command in {sys.prefix}"
            yield Finding("virtualenv", "warning", says, f"{place}/bin/swarm-provider doctor")


def backend(folder: Path, environ: Mapping[str, str]) -> Iterable[Finding]:
    """Look at where the state is, and at what encrypts it."""
    url = _backend_url(folder, environ)
    if url is None:
        yield Finding(
            "backend",
            "error",
            "not logged in to a backend",
            "pulumi login URL (docs/state.md), or PULUMI_BACKEND_URL",
        )
        return
    if url.startswith("file://"):
        yield _folder_backend(folder, url, environ)
    else:
        yield Finding("backend", "ok", shown(url))
    if not url.startswith("https://") and not any(environ.get(name) is not None for name in _PASSPHRASES):
        says = "no passphrase is set: Pulumi prompts for it, and fails where nobody answers"
        yield Finding("passphrase", "warning", says, f"set {' or '.join(_PASSPHRASES)}")
    file = environ.get(_PASSPHRASES[1])
    if file and not Path(file).is_file():
        yield Finding(
            "passphrase", "error", f"{_PASSPHRASES[1]} names {file!r}, which does not exist", "correct the path"
        )


def _folder_backend(folder: Path, url: str, environ: Mapping[str, str]) -> Finding:
    """Judge a folder as the place of the state.

    Whether a runner's folder outlives the run cannot be seen from inside of it: another disk may be a volume that is
    kept, or one that goes with the machine. So somebody has to say it, and what the runner itself cleans is not it.
    """
    path = _backend_folder(folder, url, environ)
    runner = next((name for name in _RUNNERS if environ.get(name)), None)
    if runner and environ.get(KEPT, "").lower() not in TRUE:
        says = f"{url} is on a runner ({runner} is set): the state of an ephemeral runner is lost with it"
        fix = f"keep it in a bucket, a database or Pulumi Cloud; for a volume that outlives the runner set {KEPT}=1"
        return Finding("backend", "error", says, f"{fix}: docs/state.md")
    checkout = next((environ[name] for name in _CHECKOUTS if environ.get(name)), None) if runner else None
    if checkout and path.resolve().is_relative_to(Path(checkout).resolve()):
        says = f"{url} is in the checkout, which the runner cleans, regardless of {KEPT}"
        return Finding("backend", "error", says, "use a folder of the volume that is kept: docs/state.md")
    if not path.is_dir():
        return Finding("backend", "error", f"{url} does not exist", f"mkdir -p {path}, or log in to the right one")
    where = f"a volume of this runner, kept as {KEPT} says" if runner else "a folder on this machine"
    return Finding("backend", "warning", f"{url}: {where}", "back it up; teams use a bucket")


def _backend_folder(folder: Path, url: str, environ: Mapping[str, str]) -> Path:
    return folder / url.removeprefix("file://").partition("?")[0].replace("~", environ.get("HOME", "~"), 1)


def states(folder: Path, environ: Mapping[str, str]) -> Iterable[Finding]:
    """Look whether the states in a folder can be read: this project's, and all others there."""
    url = _backend_url(folder, environ) or ""
    path = _backend_folder(folder, url, environ)
    if not url.startswith("file://") or not path.is_dir():
        return
    try:
        known, wrong = checkpoints.stacks(path), checkpoints.broken(path)
    except OSError as error:
        says = f"{error.filename or path} cannot be read: {error.strerror}"
        yield Finding("state", "error", says, "make it readable for this user")
        return
    for one in wrong:
        yield Finding("state", "error", one.says, f"{one.command} ({one.then})" if one.command else one.then)
    if known and not wrong:
        yield Finding("state", "ok", f"{len(known)} state{'s' if len(known) > 1 else ''}, all valid")


def plugin(folder: Path, environ: Mapping[str, str]) -> Iterable[Finding]:
    """Look whether Pulumi finds the plugin, and which one."""
    from swarm_provider.plugin_shim import distrusted, plugin_folder

    providers = at(_project(folder)[0] or {}, "plugins", "providers")
    entries = providers if isinstance(providers, list) else []
    named = next((entry for entry in entries if isinstance(entry, dict) and entry.get("name") == "swarm"), None)
    if named is not None:
        path = folder / str(named.get("path"))
        if any((path / name).exists() for name in ("pulumi-resource-swarm", "pulumi-resource-swarm.exe")):
            yield Finding("plugin", "ok", f"Pulumi.yaml names {named.get('path')}")
        else:
            says = f"Pulumi.yaml names {named.get('path')}, which has no pulumi-resource-swarm"
            yield Finding("plugin", "error", says, "pip install swarm-provider there, or correct the path")
        return
    place = plugin_folder()
    why = distrusted(shim=True)
    if why:
        yield Finding(
            "plugin", "error", why, "then swarm-provider install-plugin, or the plugins.providers lines (installation)"
        )
    elif any(place.glob("pulumi-resource-swarm*")):
        yield Finding("plugin", "ok", f"{place}")
    else:
        says = f"swarm {__version__} is not in {place.parent}; `destroy` and `refresh` on a fresh machine fail"
        yield Finding(
            "plugin", "warning", says, "swarm-provider install-plugin, or the plugins.providers lines (installation)"
        )


def settings_of(folder: Path, stack: str) -> dict[str, str | list[str]]:
    """Return where Pulumi.<stack>.yaml says the swarm is: host, hosts or context; what is no text there is left out."""
    try:
        data = _mapping(folder / f"Pulumi.{stack}.yaml")
    except ValueError:
        return {}
    found: dict[str, str | list[str]] = {}
    for key in ("host", "context", "hosts"):
        value = at(data or {}, "config", f"swarm:{key}")
        if isinstance(value, str) and key == "hosts":
            try:
                value = json.loads(value) if value.startswith("[") else value.split(",")
            except (ValueError, RecursionError):
                continue
        texts = value if isinstance(value, list) else [value]
        if value and all(isinstance(text, str) for text in texts) and isinstance(value, list) == (key == "hosts"):
            found[key] = value
    return found


def swarm(where: Mapping[str, str | list[str]], environ: Mapping[str, str]) -> Iterable[Finding]:
    """Look at the engine, the swarm, and whether its images can be pulled with the logins of this machine."""
    settings = ConnectionSettings(
        host=str(where["host"]) if "host" in where else None,
        hosts=tuple(where.get("hosts") or ()),
        context=str(where["context"]) if "context" in where else None,
        environ=dict(environ),
    )
    try:
        return asyncio.run(_swarm(settings))
    except SwarmProviderError as error:
        return [Finding("swarm", "error", str(error), "docs/troubleshooting.md has this message")]


async def _swarm(settings: ConnectionSettings) -> list[Finding]:
    there = await connect(settings)
    try:
        nodes, services = await there.list("node"), await there.list("service")
        found = [Finding("engine", "ok", f"Docker {there.engine_version}, API {there.api_version}, {there.name}")]
        found += _nodes(nodes)
        found += await _logins(there, services)
        return found
    finally:
        await there.close()


def _nodes(nodes: list[Json]) -> Iterable[Finding]:
    managers = [node for node in nodes if at(node, "Spec", "Role") == "manager"]
    reachable = [node for node in managers if at(node, "ManagerStatus", "Reachability") == "reachable"]
    says = f"{len(nodes)} node{'s' if len(nodes) > 1 else ''}, {len(reachable)} of {len(managers)} managers reachable"
    if len(managers) == 2:
        yield Finding(
            "swarm",
            "warning",
            f"{says}: with two managers, the loss of either stops the swarm",
            "use 1, 3 or 5 managers",
        )
    else:
        yield Finding("swarm", "ok", says)
    for node in nodes:
        name = str(at(node, "Description", "Hostname") or node["ID"])
        if at(node, "Status", "State") != "ready":
            says = f"{name} is {at(node, 'Status', 'State')}"
            yield Finding("node", "error", says, f"restart it, or docker node rm {name}")
        elif at(node, "Spec", "Availability") != "active":
            says = f"{name} is set to {at(node, 'Spec', 'Availability')}: it accepts no tasks"
            yield Finding("node", "warning", says, f"docker node update --availability active {name}")
    versions = sorted({str(at(node, "Description", "Engine", "EngineVersion")) for node in nodes})
    if len(versions) > 1:
        yield Finding(
            "versions", "warning", f"the nodes run different engines: {', '.join(versions)}", "upgrade the older ones"
        )


async def _logins(there: Swarm, services: list[Json]) -> list[Finding]:
    images = {
        str(at(live, "Spec", "TaskTemplate", "ContainerSpec", "Image") or "").partition("@")[0]
        for live in services
        if labels.owner(at(live, "Spec", "Labels"))
    }
    found = []
    hosts: dict[str, bool] = {}
    for image in sorted(images - {""}):
        try:
            host = registry(image)
        except SwarmProviderError:
            # an image that is named by its id comes from no registry
            continue
        if host in hosts:
            continue
        try:
            hosts[host] = await there.encoded_auth(image) is not None
        except SwarmProviderError as error:
            text = f"the login for {host} cannot be read: {error}"
            found.append(Finding("registry", "error", text, f"docker login {host}"))
            hosts[host] = True
    for host in sorted(name for name, known in hosts.items() if not known and name != DEFAULT_DOMAIN):
        says = f"services of this provider pull from {host}, which has no login on this machine"
        found.append(Finding("registry", "warning", says, f"docker login {host}, unless its images are public"))
    return found


def _project(folder: Path) -> tuple[dict[str, Any] | None, str]:
    """Return the project file, None where there is none, and what is wrong with it."""
    for name in ("Pulumi.yaml", "Pulumi.yml"):
        try:
            data = _mapping(folder / name)
        except ValueError as error:
            return {}, f"{folder / name} {error}"
        if data is not None:
            return data, ""
    return None, ""


def _mapping(file: Path) -> dict[str, Any] | None:
    """Return the mapping that a YAML file has, or None where there is no file.

    Raises:
        ValueError: it has none; the text says why, without its content.
    """
    try:
        data = yaml.safe_load(file.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ValueError(f"is not YAML{line}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ValueError("is not YAML") from None
    if not isinstance(data, dict):
        raise ValueError("is not a mapping of keys such as 'name: shop'")
    return data


def _backend_url(folder: Path, environ: Mapping[str, str]) -> str | None:
    """Return where Pulumi keeps states, in its own order: environment, project, login."""
    if environ.get("PULUMI_BACKEND_URL"):
        return environ["PULUMI_BACKEND_URL"]
    of_project = at(_project(folder)[0] or {}, "backend", "url")
    if of_project and isinstance(of_project, str) and "\0" not in of_project:
        return of_project
    home = Path(environ.get("PULUMI_HOME") or Path(environ.get("HOME", "~")).expanduser() / ".pulumi")
    try:
        current = at(json.loads((home / "credentials.json").read_text(encoding="utf-8")), "current")
    except (OSError, ValueError, RecursionError):
        current = None
    if current and isinstance(current, str):
        return current
    return "https://api.pulumi.com" if environ.get("PULUMI_ACCESS_TOKEN") else None


def _output(command: list[str], environ: Mapping[str, str]) -> str:
    try:
        code, said = output_of(command, environ={**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.strip() if code == 0 else ""
