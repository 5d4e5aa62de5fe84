"""Rotations with services, on a real engine: exact numbers of versions, failures, two projects, what a guesser sees."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from swarm_provider.core.values import Secret
from tests.e2e.stacks import names, wait_for
from tests.support.engine import Docker
from tests.support.protocol import Plugin
from tests.support.run import Run, RunFailed

pytestmark = pytest.mark.live

UPDATE = {"order": "start-first", "monitor": "300ms"}


def service(*families: str, kind: str = "configs", update: Mapping[str, Any] = UPDATE, **more: Any) -> dict[str, Any]:
    """A service that has each family at /FAMILY, or the secrets in their usual place."""
    place = "/" if kind == "configs" else ""
    return {
        "image": "bb:1",
        "resolveImage": "never",
        "stopGracePeriod": "1s",
        "deploy": {"updateConfig": dict(update)},
        kind: [{"source": name, "target": f"{place}{name}"} for name in families],
        **more,
    }


def content(docker: Docker, name: str, *paths: str) -> set[str]:
    """What the running containers of a service see in the files."""
    containers = [task["Status"]["ContainerStatus"]["ContainerID"] for task in docker.tasks(name)]
    return {docker("exec", container, "cat", *paths) for container in containers}


@pytest.mark.parametrize(
    ("rounds", "users"), [(5, 2), pytest.param(30, 5, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
)
def test_every_rotation_leaves_exactly_the_versions_asked_for_and_reaches_every_container(
    docker: Docker, unique: str, rounds: int, users: int
) -> None:
    run = Run(docker.host)
    is_in_use_by_run = {f"{unique}-keep{keep}": keep for keep in (0, 1, 3)}
    services = {f"{unique}-{number}": service(*is_in_use_by_run) for number in range(users)}
    made: dict[str, list[str]] = {family: [] for family in is_in_use_by_run}
    for number in range(rounds + 1):
        configs = {family: {"data": f"{number}\n", "keepPrevious": keep} for family, keep in is_in_use_by_run.items()}
        changed = run.up(Config=configs, Service=services)
        assert len(changed) == len(configs) + users
        for family, keep in is_in_use_by_run.items():
            made[family].append(run.name("Config", family))
            assert names(docker, "config", family) == sorted(made[family][-1 - keep :]), f"round {number}"
        for name in services:
            seen = content(docker, name, *(f"/{family}" for family in is_in_use_by_run))
            assert seen == {"\n".join([str(number)] * len(is_in_use_by_run))}, f"round {number}"
    assert not any(run.up(Config=configs, Service=services).values())


def test_service_can_be_rolled_back_by_docker_right_after_a_rotation(docker: Docker, unique: str) -> None:
    run = Run(docker.host)
    for text in ("1", "2"):
        run.up(Config={unique: {"data": text}}, Service={f"{unique}-s": service(unique)})
    docker("service", "rollback", "--detach=false", f"{unique}-s")
    assert content(docker, f"{unique}-s", f"/{unique}") == {"1"}
    changed = run.up(Config={unique: {"data": "2"}}, Service={f"{unique}-s": service(unique)})
    assert changed == {unique: [], f"{unique}-s": ["configs"]}
    assert content(docker, f"{unique}-s", f"/{unique}") == {"2"}
    assert len(names(docker, "config", unique)) == 2


PICKY = ["sh", "-c", "grep -q bad /* 2>/dev/null && exit 3; trap exit TERM; sleep 1000000 & wait"]


@pytest.mark.parametrize(
    ("action", "keep", "next_content"),
    [
        case if case == ("rollback", 0, "corrected") else pytest.param(*case, marks=pytest.mark.long)
        for case in itertools.product(("rollback", "pause"), (0, 1), ("corrected", "old"))
    ],
)
def test_config_that_makes_tasks_crash_is_told_and_the_next_up_converges(
    docker: Docker, unique: str, action: str, keep: int, next_content: str
) -> None:
    run = Run(docker.host)
    update = {"monitor": "1s", "failureAction": action}
    users = {f"{unique}-s": service(unique, update=update, command=PICKY)}
    run.up(Config={unique: {"data": "good", "keepPrevious": keep}}, Service=users)
    good = run.name("Config", unique)

    with pytest.raises(RunFailed, match="exited with code 3"):
        run.up(Config={unique: {"data": "bad", "keepPrevious": keep}}, Service=users)

    assert good in names(docker, "config", unique), "what a rollback returns to is still there"
    text = "good" if next_content == "old" else "better"
    configs = {unique: {"data": text, "keepPrevious": keep}}
    run.up(Config=configs, Service=users)
    assert content(docker, f"{unique}-s", f"/{unique}") == {text}
    current = run.name("Config", unique)
    left = names(docker, "config", unique)
    assert current in left and len(left) == 1 + keep
    assert (current == good) == (next_content == "old")
    assert not any(run.up(Config=configs, Service=users).values())


def test_service_that_is_not_waited_for_stays_updatable_with_keep_previous_zero(docker: Docker, unique: str) -> None:
    run = Run(docker.host)
    name = f"{unique}-s"
    update = {"monitor": "1s", "failureAction": "rollback"}
    users = {name: service(unique, update=update, command=PICKY, wait=False)}
    run.up(Config={unique: {"data": "good", "keepPrevious": 0}}, Service=users)
    docker.wait_running(name)

    run.up(Config={unique: {"data": "bad", "keepPrevious": 0}}, Service=users)
    wait_for("rollback", lambda: docker.service(name)["UpdateStatus"]["State"] == "rollback_completed")

    docker("service", "update", "--detach=false", "--force", "--quiet", name)
    assert content(docker, name, f"/{unique}") == {"good"}
    configs = {unique: {"data": "better", "keepPrevious": 0}}
    run.up(Config=configs, Service=users)
    wait_for("update", lambda: docker.service(name)["UpdateStatus"]["State"] == "completed")
    assert content(docker, name, f"/{unique}") == {"better"}
    assert run.up(Config=configs, Service=users) == {unique: ["superseded"], name: []}, "what stayed is shown"
    assert names(docker, "config", unique) == [run.name("Config", unique)]


@pytest.mark.long
def test_families_with_common_prefixes_and_equal_names_in_two_projects_rotate_side_by_side(
    docker: Docker, unique: str
) -> None:
    # app, app-v, app-v1 in one project, app again in another, and one that docker made
    families = (f"{unique}-app", f"{unique}-app-v", f"{unique}-app-v1")
    docker("config", "create", f"{unique}-app-0123456789ab", "-", stdin="docker's own")
    one, two = Run(docker.host, project="one"), Run(docker.host, project="two")
    kept: dict[tuple[int, str], list[str]] = {}
    for number in range(3):
        for index, run in enumerate((one, two)):
            mine = families if run is one else families[:1]
            configs = {name: {"data": str(number), "keepPrevious": 0 if run is one else 1} for name in mine}

            def user(run: Run = run, mine: tuple[str, ...] = mine) -> dict[str, Any]:
                # by exact name, as the resources of a program refer to each other
                exact = [{"source": run.name("Config", name), "target": f"/{name}"} for name in mine]
                return {**service(), "configs": exact}

            run.up(Config=configs, Service={f"{unique}-s{index}": user})
            for name in mine:
                kept.setdefault((index, name), []).append(run.name("Config", name))
        expected = {f"{unique}-app-0123456789ab"}
        for (index, _), made in kept.items():
            expected |= set(made[-1:] if index == 0 else made[-2:])
        assert set(names(docker, "config", unique)) == expected
        for index in (0, 1):
            (seen,) = content(docker, f"{unique}-s{index}", *(f"/{name}" for i, name in kept if i == index))
            assert set(seen) == {str(number)}


def test_defaults_of_the_provider_are_separate_for_configs_and_secrets(docker: Docker, unique: str) -> None:
    run = Run(docker.host, config={"keepPrevious": {"config": 0, "secret": 2}})
    for number in range(4):
        run.up(
            Config={f"{unique}-c": {"data": str(number)}, f"{unique}-own": {"data": str(number), "keepPrevious": 1}},
            Secret={f"{unique}-s": {"data": Secret(str(number))}},
        )
    assert len(names(docker, "config", f"{unique}-c")) == 1
    assert len(names(docker, "config", f"{unique}-own")) == 2, "the resource's own wins"
    assert len(names(docker, "secret", f"{unique}-s")) == 3


def test_version_removed_by_hand_is_made_again_under_its_name(docker: Docker, unique: str) -> None:
    run = Run(docker.host)
    for text in ("1", "2"):
        run.up(Secret={unique: {"data": Secret(text)}})
    name = run.name("Secret", unique)
    docker("secret", "rm", name)
    assert run.up(Secret={unique: {"data": Secret("2")}})[unique] == ["data", "name"]
    assert run.name("Secret", unique) == name, "the key of its name is not lost with it"


def test_secret_whose_creation_was_not_saved_is_not_there_twice(docker: Docker, unique: str) -> None:
    secrets = {unique: {"data": Secret("1")}}
    Run(docker.host).up(Secret=secrets)
    run = Run(docker.host)
    run.up(Secret=secrets)
    assert names(docker, "secret", unique) == [run.name("Secret", unique)]


@pytest.mark.parametrize("renamed_first", [True, False])
def test_new_family_under_an_old_logical_name_leaves_the_renamed_one_alone(
    docker: Docker, unique: str, renamed_first: bool
) -> None:
    with Plugin(docker.host) as plugin:
        first = plugin.inputs("Config", unique, {"data": "1", "baseName": unique})
        plugin.create("Config", unique, first)
    # an alias carries the family over to another logical name; the old one is given to another config
    program = [
        (f"{unique}-renamed", {"data": "1", "baseName": unique}, first),
        (unique, {"data": "x", "baseName": f"{unique}-other"}, None),
    ]
    with Plugin(docker.host) as plugin:
        ordered = program if renamed_first else program[::-1]
        ids = {name: plugin.inputs("Config", name, given, olds)["familyId"] for name, given, olds in ordered}
    assert ids[f"{unique}-renamed"] == first["familyId"] != ids[unique]
