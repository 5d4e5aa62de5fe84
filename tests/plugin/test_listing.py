"""List says what there is, by ids with which Read finds it again."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core.values import UNKNOWN
from swarm_provider.model import RESOURCES
from tests.support.in_process import InProcess, Refused, app_of_each
from tests.support.memory_swarm import MemorySwarm

pytestmark = pytest.mark.skipif(
    not hasattr(provider_pb2, "ListRequest"), reason=f"the SDK of {pulumi.__file__} does not know the call yet"
)


def ids(run: InProcess, kind: str, **query: Any) -> list[str]:
    return [answer.result.id for answer in run.listed(kind, **query)]


@pytest.fixture
def filled(swarm: MemorySwarm) -> InProcess:
    """A later run on a swarm with objects of every kind."""
    with InProcess(swarm) as run:
        run.make("Network", "net")
        old = run.make("Config", "app", data="one")
        run.make("Secret", "word", data="hunter2")
        run.make("NodeLabel", "disk", node="*", key="disk", value="ssd")
        run.make("Service", "web", image="bb:1", namespace="shop")
        run.make("Service", "alone", image="bb:1")
    with InProcess(swarm) as run:
        run.change(old, data="two")
    return InProcess(swarm)


def test_every_kind_is_listed_by_ids_that_can_be_read(filled: InProcess) -> None:
    with filled as run:
        found = {token.rsplit(":", 1)[1]: ids(run, token.rsplit(":", 1)[1]) for token in RESOURCES}
        assert found["Service"] == ["alone", "web"]
        assert found["Config"] == ["app"], "one id for all versions"
        assert found["Secret"] == ["word"]
        assert "net" in found["Network"]
        assert found["Node"] == ["node1"]
        assert found["NodeLabel"] == ["disk@node1"]
        assert found["Release"] == ["shop"]
        for kind, names in found.items():
            for name in names:
                assert run.read(kind, "imported", name, {}, {})[0], (kind, name)


def test_namespace_and_key_ask_for_a_part(filled: InProcess) -> None:
    with filled as run:
        assert ids(run, "Service", namespace="shop") == ["web"]
        assert ids(run, "Service", namespace="other") == []
        assert ids(run, "NodeLabel", key="disk") == ["disk@node1"]
        assert ids(run, "NodeLabel", key="zone") == []


def test_limit_is_kept(filled: InProcess) -> None:
    with filled as run:
        assert ids(run, "Service", limit=1) == ["alone"]


def test_query_that_is_not_known_yet_has_no_answer_yet(filled: InProcess) -> None:
    with filled as run:
        [answer] = run.listed("Service", namespace=UNKNOWN)
        assert answer.WhichOneof("response") == "computed"


def test_wrong_query_is_told(filled: InProcess) -> None:
    with filled as run, pytest.raises(Refused, match="unknown key 'namespac'; did you mean 'namespace'"):
        ids(run, "Service", namespac="shop")


def test_family_of_two_stacks_is_listed_by_its_versions(swarm: MemorySwarm) -> None:
    app_of_each(swarm, "one", "two")
    with InProcess(swarm) as later:
        found = ids(later, "Config")
        assert len(found) == 2
        assert all(name.startswith("app-") for name in found)
