"""What the comment promises is what `up` does: which tasks restart, how many, and why, read back from the Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from swarm_provider.plan.change.restart import restart
from swarm_provider.report.markdown import markdown
from swarm_provider.report.page import page
from swarm_provider.report.reading import read
from tests.record_previews import play, preview
from tests.report.reading_back import Told, restarts
from tests.report.scenarios import SCENARIOS
from tests.support.engine import Docker, Engine

pytestmark = [pytest.mark.e2e, pytest.mark.long]
Json = dict[str, Any]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if scenario.goes])
def test_up_does_what_the_comment_promised(name: str, engine: Engine, pulumi_cli: Path, tmp_path: Path) -> None:
    scenario = SCENARIOS[name]
    with engine.cleaned():
        project = play(scenario, engine, tmp_path, pulumi_cli)
        comment, exact = (
            markdown(page(read(preview(scenario, project, stream=stream).stdout))) for stream in (False, True)
        )
        before = _services(engine.docker)
        if scenario.command[0] == "destroy":
            project.destroy().assert_ok()
        else:
            project.up(timeout=600).assert_ok()
        after = _services(engine.docker)
        told, told_exactly = restarts(comment), restarts(exact)
        names = {entry["Name"]: entry["Id"] for entry in engine.docker.api.networks()}
        for service in before.keys() & after.keys():
            promised = told.get(service, Told(False, 0, ()))
            (old_spec, old), (new_spec, new) = before[service], after[service]
            restarted = {slot for slot in old.keys() & new.keys() if old[slot] != new[slot]}
            if _replaced(old_spec, new_spec) and not set(old.values()) & set(new.values()):
                restarted = set(old)
            count = len(restarted) if promised.tasks is not None else None
            assert (bool(restarted), count) == (promised.restarts, promised.tasks), (service, comment)
            exactly = told_exactly.get(service, Told(False, 0, ()))
            assert (exactly.restarts, exactly.tasks) == (promised.restarts, promised.tasks), (service, exact)
            if promised.restarts and not _replaced(old_spec, new_spec):
                by_id = {id_: network for network, id_ in names.items()}
                caused = restart(old_spec, new_spec, network_names=by_id).reasons
                # the digest has what Pulumi shows to people: of many reasons the first five
                assert set(promised.reasons) <= set(caused), (service, comment)
                assert set(told_exactly[service].reasons) == set(caused), (service, exact)
        gone, made = before.keys() - after.keys(), after.keys() - before.keys()
        assert all(_row(comment, service, "removed") for service in gone), comment
        assert all(_row(comment, service, "new") for service in made), comment
        project.destroy()


def _replaced(old: Json, new: Json) -> bool:
    return bool(old["Mode"].keys() != new["Mode"].keys())


def _row(comment: str, service: str, word: str) -> bool:
    return f"| `{service}` {word} |" in comment


def _services(docker: Docker) -> dict[str, tuple[Json, dict[Any, str]]]:
    """Return spec and running tasks (by slot, of a global service by node) of each service."""
    found: dict[str, tuple[Json, dict[Any, str]]] = {}
    for service in docker.api.services():
        tasks = docker.tasks(service["ID"])
        is_global = "Global" in service["Spec"]["Mode"]
        places = {task["NodeID"] if is_global else task.get("Slot"): str(task["ID"]) for task in tasks}
        found[service["Spec"]["Name"]] = (service["Spec"], places)
    return found
