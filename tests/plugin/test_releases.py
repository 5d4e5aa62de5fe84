"""A Release on a swarm in memory: what its handler makes of those of its children."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

Json = dict[str, Any]
Write = Callable[..., Json]


@pytest.fixture
def release(tmp_path: Path) -> Write:
    """Write a compose file of these services; return the inputs of a Release of it."""

    def write(*services: str, objects: Json | None = None, inputs: Json | None = None, **each: Any) -> Json:
        path = tmp_path / "shop.yml"
        body = {key: {"image": "bb:1", **each} for key in services}
        path.write_text(json.dumps({"services": body, **(objects or {})}))
        return {"composeFile": [str(path)], "resolveImage": "never", "wait": False, **(inputs or {})}

    return write


def test_advice_that_services_share_is_one_line(release: Write) -> None:
    with InProcess(MemorySwarm()) as provider:
        provider.make("Release", "shop", **release("a", "b", "c"))
        advice = [text for text in provider.texts("warning") if text.startswith("advice: ")]
        assert len(advice) == 1 and "shop_a, shop_b and shop_c have no memory limit" in advice[0]
