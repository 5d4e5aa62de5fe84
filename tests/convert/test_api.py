"""Our model against the API's own definition: every path of its specs has a word, or a reason why it has none.

The short form reads the list in tests/data/api, the long form asks the newest Go module of the API for it.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from swarm_provider.convert import objects
from swarm_provider.convert.service.daemon_form import NAMES
from swarm_provider.convert.service.effective import effective
from swarm_provider.convert.service.versions import SINCE
from swarm_provider.convert.unmodelled import unmodelled
from swarm_provider.core import Json

LIST: Final = Path(__file__).parents[1] / "data" / "api" / "paths.txt"
WALKER: Final = Path(__file__).parents[1] / "support" / "apipaths" / "main.go"
MODULE: Final = "github.com/moby/moby/api"
CONTAINER: Final = "service TaskTemplate.ContainerSpec"
_NOT_KEPT: Final = "no engine keeps it for a service (moby, daemon/cluster/convert; tried on 20.10, 28.5 and 2.0 beta)"
_PLUGIN: Final = "Swarm runs a plugin or a network attachment instead of a container; compose has no word for either"
_ID: Final = "the id of what the name beside it stands for; filled in when it is sent"
WITHOUT_A_WORD: Final = {
    f"{CONTAINER}.Mounts[].Consistency": "the engine stores it and never tells it; sent, and not compared",
    f"{CONTAINER}.Mounts[].BindOptions.CreateMountpoint": _NOT_KEPT,
    f"{CONTAINER}.Mounts[].BindOptions.ReadOnlyNonRecursive": _NOT_KEPT,
    f"{CONTAINER}.Mounts[].BindOptions.ReadOnlyForceRecursive": _NOT_KEPT,
    f"{CONTAINER}.Mounts[].ImageOptions.Subpath": "every engine refuses a service's mount of type image",
    f"{CONTAINER}.Secrets[].SecretID": _ID,
    f"{CONTAINER}.Configs[].ConfigID": _ID,
    f"{CONTAINER}.Configs[].Runtime": "credential_spec.config sends it",
    "service TaskTemplate.PluginSpec.name": _PLUGIN,
    "service TaskTemplate.PluginSpec.remote": _PLUGIN,
    "service TaskTemplate.PluginSpec.privileges[].name": _PLUGIN,
    "service TaskTemplate.PluginSpec.privileges[].description": _PLUGIN,
    "service TaskTemplate.PluginSpec.privileges[].value[]": _PLUGIN,
    "service TaskTemplate.PluginSpec.disabled": _PLUGIN,
    "service TaskTemplate.PluginSpec.env[]": _PLUGIN,
    "service TaskTemplate.NetworkAttachmentSpec.ContainerID": _PLUGIN,
    "service TaskTemplate.Runtime": _PLUGIN,
    "config Templating.Options{}": "the one template driver there is, golang, has no options",
    "secret Templating.Options{}": "the one template driver there is, golang, has no options",
    "network EnableIPv4": "the engine refuses false for a network of the swarm",
    "network ConfigOnly": "such a network is a node's own, not the swarm's",
    "network ConfigFrom.Network": "the engine takes no labels beside it, and labels say whose a network is",
}
# what a value of the path must be, where not any text or number will do
VALUES: Final[dict[str, Any]] = {
    f"{CONTAINER}.Mounts[].Type": "volume",
    f"{CONTAINER}.Privileges.Seccomp.Mode": "unconfined",
    f"{CONTAINER}.Privileges.Seccomp.Profile": "eyJhIjoxfQ==",
    f"{CONTAINER}.Privileges.AppArmor.Mode": "disabled",
    f"{CONTAINER}.Env[]": "A=b",
    f"{CONTAINER}.Hosts[]": "1.2.3.4 host",
    f"{CONTAINER}.CapabilityAdd[]": "CAP_CHOWN",
    f"{CONTAINER}.CapabilityDrop[]": "CAP_CHOWN",
    f"{CONTAINER}.Isolation": "process",
    "service Mode.Global": {},
    "network Scope": "swarm",
}
# what stands beside it
ENTRIES: Final[dict[str, Json]] = {
    "Mounts": {"Type": "volume", "Target": "/t"},
    "Ports": {"TargetPort": 80},
    "Secrets": {"SecretName": "s", "File": {"Name": "f", "UID": "0", "GID": "0", "Mode": 1}},
    "Configs": {"ConfigName": "c", "File": {"Name": "f", "UID": "0", "GID": "0", "Mode": 1}},
    "Ulimits": {"Name": "n", "Soft": 1, "Hard": 2},
    "Networks": {"Target": "n"},
    "Platforms": {"OS": "linux", "Architecture": "amd64"},
}
BESIDE: Final[dict[str, Callable[[Json], Any]]] = {
    "Profile": lambda spec: spec["TaskTemplate"]["ContainerSpec"]["Privileges"]["Seccomp"].update(Mode="custom"),
    "SwapBytes": lambda spec: spec["TaskTemplate"]["Resources"].update(Limits={"MemoryBytes": 1 << 20}),
    "Platforms": lambda spec: spec["Labels"].update({"swarm-provider.platform": "linux/amd64"}),
    "Driver": lambda spec: spec["Driver"].setdefault("Name", "x") if isinstance(spec.get("Driver"), dict) else None,
}


def listed() -> dict[str, str]:
    """Path -> type, of the committed list."""
    lines = [line.split(" ") for line in LIST.read_text().splitlines() if not line.startswith("#")]
    return {f"{what} {path}": kind for what, path, kind in lines}


PATHS: Final = listed()


def sample(path: str) -> Any:
    if path in VALUES:
        return VALUES[path]
    kind = PATHS[path]
    return {"string": "x", "bool": True, "bytes": "eA==", "object": {}, "float32": 0.5}.get(kind, 7)


def spec_with(path: str) -> Json:
    """The least spec that has the path."""
    what, _, place = path.partition(" ")
    spec: Json = {"Name": "web", "Labels": {}}
    if what == "service":
        spec |= {"TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}}, "Mode": {"Replicated": {}}}
        if place.startswith("Mode."):
            spec["Mode"] = {}
    steps = re.findall(r"[^.\[\]{}]+|\[\]|\{\}", place)
    here: Any = spec
    for position, step in enumerate(steps[:-1]):
        after = steps[position + 1]
        if step == "[]":
            here.append([] if after == "[]" else copy.deepcopy(ENTRIES.get(steps[position - 1], {})))
            here = here[0]
        elif after in ("[]",):
            here = here.setdefault(step, [])
        else:
            here = here.setdefault(step, {})
    value = sample(path)
    if steps[-1] == "[]":
        here.append(value)
    elif steps[-1] == "{}":
        here["key"] = value
    else:
        here[steps[-1]] = value
    for word, change in BESIDE.items():
        if word in steps:
            change(spec)
    return spec


def at(value: Any, path: str) -> Any:
    """What stands at the path, None where nothing does."""
    for step in re.findall(r"[^.\[\]{}]+|\[\]|\{\}", path.partition(" ")[2]):
        if step == "[]":
            value = value[0] if isinstance(value, list) and value else None
        else:
            value = value.get("key" if step == "{}" else step) if isinstance(value, dict) else None
    return value


def is_modelled(path: str) -> bool:
    """Whether inputs can say it: it survives the way into inputs and back."""
    what, spec = path.partition(" ")[0], spec_with(path)
    if what == "service":
        return at(effective(spec), path) is not None and unmodelled(spec) == {}
    there = {
        "config": (objects.config_from_spec, objects.config_to_spec),
        "secret": (objects.secret_from_spec, objects.secret_to_spec),
        "network": (objects.network_from_spec, objects.network_to_spec),
        "volume": (objects.volume_from_spec, objects.volume_to_spec),
    }[what]
    return bool(at(there[1](there[0](spec)), path) == at(spec, path))


@pytest.mark.parametrize("path", PATHS)
def test_path_of_the_api_has_a_word_or_a_reason(path: str) -> None:
    assert is_modelled(path) is (path not in WITHOUT_A_WORD)


def test_reasons_are_for_paths_that_the_api_has() -> None:
    assert WITHOUT_A_WORD.keys() <= PATHS.keys()


def test_names_that_are_known_are_those_of_the_api() -> None:
    names = {step for path in PATHS if path.startswith("service ") for step in re.findall(r"\w+", path)[1:]}
    assert {name for name in names if name[0].isupper()} == NAMES


def test_fields_that_older_engines_drop_are_fields_of_the_api() -> None:
    known = [path.removeprefix("service ") for path in PATHS]
    gone = [
        path
        for path, *_ in SINCE
        if not any(one == path or one.startswith((f"{path}.", f"{path}[", f"{path}{{")) for one in known)
    ]
    assert gone == []


@pytest.mark.long
def test_list_is_that_of_the_newest_api(tmp_path: Path) -> None:
    def go(*args: str) -> str:
        return subprocess.run(("go", *args), cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    shutil.copy(WALKER, tmp_path)
    (tmp_path / "go.mod").write_text("module paths\n\ngo 1.23\n")
    newest = json.loads(go("mod", "download", "-json", f"{MODULE}@latest"))["Version"]
    go("get", f"{MODULE}@{newest}")
    found = dict(line.rsplit(" ", 1) for line in go("run", "-mod=mod", ".").splitlines())
    assert found == PATHS, f"{MODULE} {newest}: see 'A new field of the engine' in CONTRIBUTING.md"
