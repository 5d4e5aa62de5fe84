"""Words that docker's CLI has not wired, as the containers get them; an older engine is named in a warning instead."""

from __future__ import annotations

import pytest

from swarm_provider.core import Json
from tests.support.engine import Docker
from tests.support.protocol import Plugin

pytestmark = pytest.mark.live

WORDS: Json = {
    "image": "bb:1",
    "resolveImage": "never",
    "command": ["sleep", "1000"],
    "stopGracePeriod": "1s",
    "securityOpt": ["no-new-privileges", "seccomp:unconfined"],
    "oomScoreAdj": 7,
    "memswapLimit": "96M",
    "memSwappiness": 0,
    "platform": "linux",
    "volumes": [{"type": "tmpfs", "target": "/t", "tmpfs": {"size": "1M", "options": ["exec"]}}],
    "deploy": {"resources": {"limits": {"memory": "64M"}}},
    "advice": [],
}
SINCE = {
    "security_opt (no-new-privileges)": "1.44",
    "security_opt (seccomp)": "1.44",
    "oom_score_adj": "1.46",
    "volumes.tmpfs.options": "1.46",
    "memswap_limit": "1.52",
    "mem_swappiness": "1.52",
}


def test_containers_get_the_words_that_their_engine_knows(plugin: Plugin, docker: Docker, unique: str) -> None:
    version = str(docker.api.version()["ApiVersion"])
    known = {word for word, since in SINCE.items() if numbers(since) <= numbers(version)}
    inputs = plugin.inputs("Service", unique, WORDS)
    warnings = {text for severity, text in plugin.said if severity == "warning"}
    assert warnings == {
        f"the engine (API {version}) does not know {word} and ignores it; API {since} does"
        for word, since in SINCE.items()
        if word not in known
    }
    plugin.create("Service", unique, inputs)
    (task,) = docker.tasks(unique)
    host = docker.api.inspect_container(task["Status"]["ContainerStatus"]["ContainerID"])["HostConfig"]
    options = host.get("SecurityOpt") or []
    assert (any("no-new-privileges" in option for option in options)) == ("security_opt (no-new-privileges)" in known)
    assert ("seccomp=unconfined" in options) == ("security_opt (seccomp)" in known)
    assert host["OomScoreAdj"] == (7 if "oom_score_adj" in known else 0)
    assert host["Memory"] == 64 << 20
    if "memswap_limit" in known:
        # compose's meaning: memory and swap together
        assert host["MemorySwap"] == 96 << 20
        assert host["MemorySwappiness"] == 0
    mounts = docker.exec_in(unique, "mount")
    (line,) = [line for line in mounts.splitlines() if " /t " in line]
    assert ("noexec" not in line) == ("volumes.tmpfs.options" in known)


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
