"""What a program gives a Service and Docker takes for something else draws a warning, or with strict an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

import swarm_provider as swarm
from tests.resources.program import run

CASES: list[tuple[dict[str, Any], str]] = [
    ({"volumes": ["data:/c:rox"]}, "volumes[0]: the mount option 'rox' has no effect: docker does not support it"),
    ({"volumes": ["a:/b", "/a:/c:ro,z"]}, "Swarm does not change SELinux labels"),
    ({"volumes": ["data:/c,ro"]}, "it follows a comma"),
    ({"volumes": [{"type": "volume", "source": "a", "target": "/c,ro"}]}, "it follows a comma"),
    ({"configs": [{"source": "c", "mode": 444}]}, "configs[0].mode: 444 is a decimal number, which is the mode 0674"),
    ({"secrets": [{"source": "c", "mode": 400}]}, "secrets[0].mode: 400 is a decimal number, which is the mode 0620"),
]


@pytest.mark.parametrize(("args", "words"), CASES)
def test_surprise_is_a_warning_and_with_strict_an_error(args: dict[str, Any], words: str) -> None:
    done = run(lambda: swarm.Service("web", image="bb:1", **args) and None)
    assert [level for level, text in done.log if words in text and text.startswith("web: ")] == ["warning"]
    with pytest.raises(pulumi.RunError) as caught:
        run(lambda: swarm.Service("web", image="bb:1", strict=True, **args) and None)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "args",
    [
        lambda: {"volumes": ["data:/c:ro,nocopy", "/a:/b:rslave", "/anonymous", pulumi.Output.from_input("a:/b:rox")]},
        lambda: {"configs": [{"source": "c", "mode": 0o444}, {"source": "d", "target": "/d", "mode": 292}]},
        lambda: {"configs": pulumi.Output.from_input([{"source": "c", "mode": 444}]), "volumes": None},
        lambda: {"volumes": ["data:/c:rox"], "namespace": "of a compose file"},
    ],
)
def test_what_is_meant_or_not_known_yet_draws_no_warning(args: Callable[[], dict[str, Any]]) -> None:
    done = run(lambda: swarm.Service("web", image="bb:1", **args()) and None)
    assert [text for level, text in done.log if level == "warning"] == []
