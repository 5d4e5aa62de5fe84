"""What `status` knows of a failure is told in seconds, as everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from swarm_provider.plan.rollout import stack_status
from swarm_provider.plan.rollout.history import Failure


def test_failure_is_dated_in_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Failure] = []

    def failing(service: Any, failures: Sequence[Failure], nodes: Any) -> list[Any]:
        seen.extend(failures)
        return []

    monkeypatch.setattr(stack_status, "failing", failing)
    spec = {"Name": "web", "Mode": {"Replicated": {"Replicas": 1}}, "TaskTemplate": {"ContainerSpec": {"Image": "x"}}}
    base = {"ServiceID": "s1", "Slot": 1, "NodeID": "n1", "Spec": spec["TaskTemplate"], "DesiredState": "shutdown"}
    failed = {**base, "ID": "t1", "CreatedAt": "2026-01-01T00:00:00Z"}
    failed["Status"] = {"State": "failed", "Timestamp": "2026-01-01T00:00:10Z", "Err": "task: non-zero exit (1)"}
    stack_status.service_status({"ID": "s1", "Spec": spec}, [failed], [], [], [], 1767225700 * 10**9)
    assert [failure.at for failure in seen] == [1767225610.0]
