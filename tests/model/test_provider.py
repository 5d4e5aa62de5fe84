"""The provider's configuration in one normal form, wherever it comes from."""

from __future__ import annotations

import json

import pytest

from swarm_provider.core.values import UNKNOWN, Secret
from swarm_provider.model.provider import configuration


def test_lists_and_objects_may_come_as_json_text() -> None:
    args = {"hosts": '["ssh://m1", "ssh://m2"]', "tls": json.dumps({"caFile": "ca.pem", "verify": "true"})}
    normal, problems = configuration(args, {})
    assert problems == []
    assert normal == {"hosts": ["ssh://m1", "ssh://m2"], "tls": {"caFile": "ca.pem", "verify": True}}


def test_one_host_is_a_list_of_one() -> None:
    assert configuration({"hosts": "ssh://m1"}, {})[0] == {"hosts": ["ssh://m1"]}


@pytest.mark.parametrize("given", [2, "2", '{"config": 2, "secret": 2}', {"config": 2, "secret": 2}])
def test_keep_previous_is_one_number_or_one_per_kind(given: object) -> None:
    assert configuration({"keepPrevious": given}, {})[0] == {"keepPrevious": {"config": 2, "secret": 2}}


def test_password_is_secret_also_inside_json_text() -> None:
    given = [{"address": "r.example", "username": "u", "password": "p"}]
    for args in ({"registryAuth": given}, {"registryAuth": json.dumps(given)}):
        normal, problems = configuration(args, {})
        assert problems == []
        assert normal["registryAuth"] == [{"address": "r.example", "username": "u", "password": Secret("p")}]


def test_json_text_that_is_secret_as_a_whole_is_opened() -> None:
    normal, problems = configuration({"registryAuth": Secret('[{"address": "r.example", "password": "p"}]')}, {})
    assert problems == []
    assert isinstance(normal["registryAuth"], Secret)
    assert normal["registryAuth"].value == [{"address": "r.example", "password": Secret("p")}]


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("0", False)])
def test_offline_preview_falls_back_to_the_environment(text: str, value: bool) -> None:
    assert configuration({}, {"SWARM_OFFLINE_PREVIEW": text})[0] == {"offlinePreview": value}


def test_given_value_wins_over_the_environment() -> None:
    assert configuration({"offlinePreview": "false"}, {"SWARM_OFFLINE_PREVIEW": "1"})[0] == {"offlinePreview": False}


def test_two_ways_to_docker_are_a_problem() -> None:
    assert [str(entry) for entry in configuration({"host": "tcp://a", "context": "b"}, {})[1]] == [
        "host: set only one of host and context"
    ]


def test_unknown_key_is_a_problem_with_a_hint() -> None:
    assert "did you mean 'context'" in str(configuration({"contxt": "x"}, {})[1][0])


def test_pulumis_own_words_and_empty_texts_are_left_out() -> None:
    assert configuration({"version": "0.1.0", "host": ""}, {}) == ({}, [])


def test_unknown_values_stay_unknown() -> None:
    assert configuration({"host": UNKNOWN}, {}) == ({"host": UNKNOWN}, [])
