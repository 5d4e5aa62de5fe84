"""Where docker's CLI 29 makes something else of a file than 28; see the table in docs/compose.md."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compose.conftest import Reader


@pytest.mark.parametrize("key", ["environment: {A: 2024-01-02}", "labels: {a: 2024-01-02}"])
def test_date_without_quotes_is_told_to_be_refused_by_29(read: Reader, key: str) -> None:
    project = read("services: {web: {image: x, %s}}" % key)  # noqa: UP031
    told = [warning.message for warning in project.warnings if "2024-01-02" in warning.message]
    assert told == [
        "docker 28 and docker compose read 2024-01-02 as '2024-01-02 00:00:00 +0000 UTC',"
        " and docker 29 refuses the file; put it in quotes"
    ]


@pytest.mark.parametrize(
    ("restart", "policy"),
    [
        ("always:3", {"condition": "any", "maxAttempts": 3}),
        ("unless-stopped:2", {"condition": "any", "maxAttempts": 2}),
        ("always:0", {"condition": "any"}),
        ("always", {"condition": "any"}),
        ("on-failure:3", {"condition": "on-failure", "maxAttempts": 3}),
    ],
)
def test_number_of_attempts_counts_as_in_29(read: Reader, restart: str, policy: dict[str, Any]) -> None:
    deploy = read(f"services: {{web: {{image: x, restart: '{restart}'}}}}").services["web"].inputs["deploy"]
    assert deploy["restartPolicy"] == policy
