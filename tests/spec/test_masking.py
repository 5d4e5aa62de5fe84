"""A secret is masked in every form in which a message may show it."""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.parse

import pytest

from swarm_provider.spec.masking import MASK, SecretFilter

AWKWARD = "pä\"s's\\word<1>&$o{r}d/+=% #2"


@pytest.mark.parametrize(
    "secret",
    [
        "s3cr3t-value",
        "first line\ns3cr3t-value\nlast line",
        '{"database": {"password": "s3cr3t-value"}}',
        "USER=todo\nPASSWORD=s3cr3t-value\n",
        "password: 's3cr3t-value'",
    ],
)
def test_secret_is_masked_wherever_its_text_stands(secret: str) -> None:
    assert SecretFilter([secret])("the password is s3cr3t-value!") == f"the password is {MASK}!"


def test_secret_is_masked_in_its_usual_encodings() -> None:
    clean = SecretFilter(['quo"ted\\value'])
    assert "ted" not in clean('{"password": "quo\\"ted\\\\value"}')
    encoded = base64.b64encode(b'quo"ted\\value').decode()
    assert clean(f"Authorization: Basic {encoded}").startswith(f"Authorization: Basic {MASK}")


def test_longer_secret_is_masked_before_a_shorter_one_inside_it() -> None:
    assert SecretFilter(["word", "password"])("password") == MASK


def test_text_too_short_to_hide_is_left() -> None:
    assert SecretFilter(["no", ""])("no node is known") == "no node is known"


@pytest.mark.parametrize(
    "shown",
    [
        AWKWARD,
        repr(AWKWARD),
        json.dumps(AWKWARD),
        json.dumps(AWKWARD, ensure_ascii=False),
        json.dumps(json.dumps(AWKWARD, ensure_ascii=False), ensure_ascii=False),
        json.dumps(repr(AWKWARD), ensure_ascii=False),
        json.dumps(AWKWARD).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        urllib.parse.quote(AWKWARD),
        urllib.parse.quote(AWKWARD, safe=""),
        urllib.parse.quote_plus(AWKWARD),
    ],
)
def test_secret_is_masked_however_it_is_quoted(shown: str) -> None:
    masked = SecretFilter([AWKWARD])(f"it is {shown}.")
    # of the text, only the quotes are left
    assert re.fullmatch(r"it is [\\\"']*\[secret\][\\\"']*\.", masked)


def test_secret_is_masked_in_a_text_that_is_quoted_as_a_whole() -> None:
    assert SecretFilter(["it's hidden"])(repr('"it\'s hidden" is no name')) == f"'\"{MASK}\" is no name'"


@pytest.mark.parametrize("before", ["", "x", "xx"])
def test_secret_is_masked_wherever_base64_begins(before: str) -> None:
    encoded = base64.b64encode(f"{before}correct-horse-battery and more".encode()).decode()
    shown = SecretFilter(["correct-horse-battery"])(encoded)
    assert MASK in shown
    assert b"horse" not in base64.b64decode(shown.replace(MASK, "AAAA") + "===")


def test_secret_that_is_added_is_masked_from_then_on() -> None:
    clean = SecretFilter()
    assert clean("hunter2-hunter2") == "hunter2-hunter2"
    clean.add(["hunter2-hunter2"])
    assert clean("hunter2-hunter2") == MASK
    assert clean.texts == {"hunter2-hunter2"}


def test_secret_of_many_lines_is_masked_in_no_time() -> None:
    secret = "\n".join(f"{number:x}" * 6 for number in range(8000))
    clean = SecretFilter([secret])
    clean("")
    began = time.monotonic()
    assert clean("it says " + "fff" * 6) == f"it says {MASK}"
    assert time.monotonic() - began < 5
