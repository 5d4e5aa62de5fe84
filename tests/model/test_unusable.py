from __future__ import annotations

from typing import Any

import pytest

from swarm_provider.core.names import snake
from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.rules import unusable
from swarm_provider.model.types.kinds import ListOf


def told(**inputs: Any) -> list[tuple[str, str]]:
    return [(problem.path, problem.message) for problem in unusable.service(inputs)]


@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        ({"healthcheck": {"test": ["curl", "-f", "x"]}}, "healthcheck", "must begin with CMD, CMD-SHELL or NONE"),
        ({"healthcheck": {"test": ["cmd", "x"]}}, "healthcheck", "stays in 'starting'"),
        ({"healthcheck": {"test": ["CMD"]}}, "healthcheck", "has no command after CMD"),
        ({"healthcheck": {"test": ["CMD-SHELL"]}}, "healthcheck", "has no command after CMD-SHELL"),
        ({"extraHosts": ["a:1.2.3.4", "b:c"]}, "extra_hosts[1]", "a host needs an IP address, or host-gateway"),
        ({"dns": ["1.1.1.1", "dns.example"]}, "dns[1]", "'dns.example' is not an IP address"),
        ({"dns": Secret(["010.1.1.1"])}, "dns[0]", "not an IP address"),
        ({"volumes": [{"type": "image", "source": "x", "target": "/x"}]}, "volumes[0]", "cannot mount an image"),
        (
            {"volumes": [{"type": "tmpfs", "target": "/x"}, {"type": "tmpfs", "target": "//x/."}]},
            "volumes[1]",
            "two mounts have the target '//x/.', which is '/x' in another spelling",
        ),
    ],
)
def test_value_that_nothing_can_run_with_is_refused(inputs: dict[str, Any], path: str, words: str) -> None:
    [(place, message)] = told(**inputs)
    assert (place, words in message) == (path, True)


@pytest.mark.parametrize(
    "inputs",
    [
        {"healthcheck": {"test": ["CMD", "x"]}},
        {"healthcheck": {"test": ["NONE"]}},
        {"healthcheck": {"test": []}},
        {"healthcheck": {"test": [UNKNOWN]}},
        {"healthcheck": UNKNOWN},
        {"dns": ["8.8.8.8", "2001:db8::1", "fe80::1%eth0", UNKNOWN]},
        {"dns": UNKNOWN},
        {"extraHosts": ["a:1.2.3.4", "b:::1", "c:host-gateway", UNKNOWN]},
        {"volumes": [{"type": "tmpfs", "target": "/x"}, {"type": "tmpfs", "target": "/x/y"}, UNKNOWN]},
        {"volumes": [{"type": "bind", "source": "/a", "target": UNKNOWN}]},
    ],
)
def test_value_that_is_right_or_unknown_passes(inputs: dict[str, Any]) -> None:
    assert told(**inputs) == []


def mount(**bind: Any) -> dict[str, Any]:
    return {"type": "bind", "source": "/a", "target": "/b", **({"bind": bind} if bind else {})}


def test_create_host_path_is_left_out_and_told() -> None:
    inputs, [warning] = unusable.without_effect(
        {"volumes": [mount(), mount(createHostPath=True, propagation="rslave"), mount(createHostPath=False)]}
    )
    assert inputs == {"volumes": [mount(), mount(propagation="rslave"), mount()]}
    assert warning.startswith("volumes[1].bind.create_host_path: it is not supported for services")


def test_create_host_path_is_found_among_secrets() -> None:
    inputs, warnings = unusable.without_effect({"volumes": Secret([Secret(mount(createHostPath=True))])})
    assert inputs == {"volumes": Secret([Secret(mount())])}
    assert len(warnings) == 1


@pytest.mark.parametrize("volumes", [[mount()], UNKNOWN, None, []])
def test_other_mounts_stay_as_they_are(volumes: Any) -> None:
    assert unusable.without_effect({"volumes": volumes}) == ({"volumes": volumes}, [])


@pytest.mark.parametrize(
    ("subnet", "api", "words"),
    [
        ("0.0.0.0/24", "1.51", "Engine 29 (API 1.52) understands"),
        ("0.0.0.0/0", "1.41", "this engine (API 1.41)"),
        ("0.0.0.0/24", "1.52", ""),
        ("::/64", "1.56", "Swarm does not allocate a subnet"),
        ("10.0.0.0/24", "1.41", ""),
        ("10.0.0.7/24", "1.41", ""),
        ("nonsense", "1.41", "'nonsense' is not a subnet"),
        ("10.0.0.0", "1.56", "'10.0.0.0' is not a subnet"),
    ],
)
def test_subnet_of_the_unspecified_address(subnet: str, api: str, words: str) -> None:
    found = unusable.network({"ipam": {"config": [{"subnet": subnet}]}}, api)
    assert [problem.path for problem in found] == (["ipam.config[0].subnet"] if words else [])
    assert all(words in problem.message for problem in found)


LISTS = sorted(entry.wire for entry in SERVICE.inputs if isinstance(entry.type, ListOf))


@pytest.mark.parametrize("word", LISTS)
def test_null_in_a_list_is_refused_with_its_place(word: str) -> None:
    """`[config.name, other if other else None]`: the update ended in an internal error."""
    problems = SERVICE.normal({"image": "bb:1", word: [None]})[1]
    assert [str(problem) for problem in problems] == [f"{snake(word)}[0]: is null; remove the entry, or set a value"]
