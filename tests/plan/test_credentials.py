"""Which texts draw the advice that a config is no place for them."""

import time

import pytest

from swarm_provider.plan.ownership.credentials import looks_like_credential


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Password": "hunter22"}', "'Password' (line 1)"),
        ("user = app\ndb_password=s3cr3t", "'db_password' (line 2)"),
        ("api-key: 0af9", "'api-key' (line 1)"),
        ("url: postgres://app:s3cr3t@db/todo", "a password in a URL (line 1)"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "a private key (line 1)"),
    ],
)
def test_credential_in_text_is_named_without_its_value(text: str, expected: str) -> None:
    found = looks_like_credential(text)
    assert found == expected
    assert "s3cr3t" not in found
    assert "hunter22" not in found


@pytest.mark.parametrize(
    "text",
    [
        '{"Logging": {"LogLevel": {"Default": "Information"}}, "Database": {"Provider": "Postgres"}}',
        "password: ${DB_PASSWORD}",
        "password_file: /run/secrets/db",
        "passwordFile=/run/secrets/db",
        "token: <your token>",
        "password =",
        "url: postgres://app@db/todo",
        "tokens_per_second: 5",
    ],
)
def test_settings_and_placeholders_draw_no_advice(text: str) -> None:
    assert looks_like_credential(text) is None


@pytest.mark.parametrize("part", ["x", "xpassword", "a.b-", "a://b", "password "])
def test_long_line_without_a_credential_is_read_in_linear_time(part: str) -> None:
    text = part * (300_000 // len(part))
    started = time.process_time()
    assert looks_like_credential(text) is None
    # one that goes back over the line for each of its characters takes minutes
    assert time.process_time() - started < 10
