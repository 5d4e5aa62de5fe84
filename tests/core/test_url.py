"""Addresses are shown without what is secret in them."""

from __future__ import annotations

import time

import pytest

from swarm_provider.core.url import shown

SECRET = "tr0ub4dor"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (f"postgres://me:{SECRET}@db/states", "postgres://…@db/states"),
        (f"postgres://me:{SECRET}/x@db/states", "postgres://…@db/states"),
        (f"postgres://me:x@{SECRET}@db/states", "postgres://…@db/states"),
        (f"postgres://me:x?{SECRET}#y@db/states", "postgres://…@db/states"),
        (f"postgres://db/states?user=me&password={SECRET}", "postgres://db/states?user=…&password=…"),
        (f"postgres://db/states?password=x@{SECRET}", "postgres://…@"),
        (f"postgres://db/states#{SECRET}", "postgres://db/states#…"),
        (f"s3://states?region=eu-west-1&secret={SECRET}", "s3://states?region=eu-west-1&secret=…"),
        (f"azblob://states?{SECRET}", "azblob://states?…"),
        (f"https://{SECRET}@registry:5000/v2", "https://…@registry:5000/v2"),
        (f"me:{SECRET}@registry:5000", "…@registry:5000"),
        (f"tcp://me:2375/{SECRET}@manager:1", "tcp://…@manager:1"),
        (f"ssh://me:{SECRET}@manager", "ssh://…@manager"),
        ("ssh://ops@manager-1:2222/run/docker.sock", "ssh://ops@manager-1:2222/run/docker.sock"),
        ("file:///home/a@b/states", "file:///home/a@b/states"),
        ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
        ("s3://states?region=eu", "s3://states?region=eu"),
        ("https://api.pulumi.com", "https://api.pulumi.com"),
    ],
)
def test_address_is_shown_without_its_secrets(url: str, told: str) -> None:
    assert shown(url) == told
    assert SECRET not in shown(url)


def test_long_addresses_take_no_time() -> None:
    began = time.process_time()
    for text in ("a" * 100_000, "a." * 50_000, "a://" * 25_000, "a://@?" * 16_000):
        shown(text)
    assert time.process_time() - began < 5
