"""Names by the project's `pulumi:autonaming`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from swarm_provider.plugin.protocol.values import decode, encode
from tests.support.calls import urn
from tests.support.in_process import InProcess
from tests.support.memory_swarm import MemorySwarm

Options = provider_pb2.CheckRequest.AutonamingOptions
GIVEN: dict[str, dict[str, Any]] = {
    "Network": {},
    "Volume": {},
    "Config": {"data": "1"},
    "Secret": {"data": "1"},
    "Service": {"image": "bb:1", "wait": False},
}
WORDS = {"Config": "baseName", "Secret": "baseName"}
every = pytest.mark.parametrize("kind", GIVEN)


def checked(
    run: InProcess, kind: str, news: dict[str, Any], proposed: str, mode: int = 0, olds: dict[str, Any] | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Inputs and failures of a Check in a project with autonaming."""
    answer = run.call(
        "Check",
        provider_pb2.CheckRequest(
            urn=urn(kind, "web"),
            name="web",
            type=f"swarm:index:{kind}",
            news=encode(news),
            olds=encode(olds or {}),
            autonaming=Options(proposed_name=proposed, mode=mode),  # type: ignore[arg-type]
        ),
    )
    return decode(answer.inputs), [failure.reason for failure in answer.failures]


@every
def test_proposed_name_is_taken(run: InProcess, kind: str) -> None:
    inputs, failures = checked(run, kind, GIVEN[kind], "proj-dev-web")
    assert (inputs[WORDS.get(kind, "name")], failures) == ("proj-dev-web", [])


@every
def test_name_that_the_program_gives_wins(run: InProcess, kind: str) -> None:
    word = WORDS.get(kind, "name")
    for mode in (Options.PROPOSE, Options.ENFORCE, Options.DISABLE):
        inputs, failures = checked(run, kind, {**GIVEN[kind], word: "mine"}, "proj-dev-web", mode)
        assert (inputs[word], failures) == ("mine", [])
        assert "__name" not in inputs


@every
def test_name_stays_while_the_pattern_draws_another_one_and_when_it_goes(swarm: MemorySwarm, kind: str) -> None:
    word = WORDS.get(kind, "name")
    with InProcess(swarm) as run:
        inputs, _ = checked(run, kind, GIVEN[kind], "web-1a2b")
        id, state = run.create(kind, "web", inputs)
    with InProcess(swarm) as later:
        found = later.read(kind, "web", id, inputs, state)[1]
        again = checked(later, kind, GIVEN[kind], "web-3c4d", olds=found)[0]
        without = later.inputs(kind, "web", GIVEN[kind], found)
        differs = later.diff(kind, "web", id, found, again, state)
    assert (again[word], without[word]) == ("web-1a2b", "web-1a2b")
    assert (list(differs.diffs), list(differs.replaces)) == ([], [])


@every
def test_what_was_there_before_the_pattern_keeps_its_name(run: InProcess, kind: str) -> None:
    made = run.make(kind, "web", **GIVEN[kind])
    again = checked(run, kind, GIVEN[kind], "proj-dev-web", olds=made.inputs)[0]
    assert again[WORDS.get(kind, "name")] == "web"


@every
def test_project_that_wants_names_gets_an_error_for_what_has_none(run: InProcess, kind: str) -> None:
    failures = checked(run, kind, GIVEN[kind], "", Options.DISABLE)[1]
    assert failures == ["name: is missing: `pulumi:autonaming` is disabled in this project; set a name"]


@pytest.mark.parametrize("kind", ["Network", "Service"])
def test_proposal_that_docker_would_refuse_for_its_length_is_cut_and_stays_unique(run: InProcess, kind: str) -> None:
    names = {checked(run, kind, GIVEN[kind], "x" * 70 + end)[0]["name"] for end in "ab"}
    assert len(names) == 2
    assert {len(name) for name in names} == {63}


def test_enforced_name_that_docker_would_refuse_is_an_error(run: InProcess) -> None:
    failures = checked(run, "Service", GIVEN["Service"], "x" * 70, Options.ENFORCE)[1]
    assert failures == [f"name: {'x' * 70!r} has 70 characters; the maximum is 63"]


def test_release_takes_the_name_unless_its_file_has_one(run: InProcess, tmp_path: Path) -> None:
    file = tmp_path / "shop.yml"
    file.write_text("services: {api: {image: 'bb:1'}}")
    given = {"composeFile": [str(file)]}
    assert checked(run, "Release", given, "proj-dev-web")[0]["stackName"] == "proj-dev-web"
    assert (
        "`pulumi:autonaming` is disabled in this project" in checked(run, "Release", given, "", Options.DISABLE)[1][0]
    )
    file.write_text("name: shop\nservices: {api: {image: 'bb:1'}}")
    for mode in (Options.PROPOSE, Options.DISABLE):
        assert checked(run, "Release", given, "proj-dev-web", mode)[0]["stackName"] == "shop"
