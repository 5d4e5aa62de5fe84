"""A secret is masked in every form in which a message may show it."""

from __future__ import annotations

import base64
import json
import re
import time
import urllib.parse
from collections.abc import Callable

import pytest

from swarm_provider.core.masking import MASK, SecretFilter

AWKWARD = "pä\"s's\\word<1>&$o{r}d/+=% #2"


@pytest.mark.parametrize(
    "secret",
    [
        "s3cr3t-value",
        "first line\ns3cr3t-value\nlast line",
        '{"database": {"password": "s3cr3t-value"}}',
        "USER=todo\nPASSWORD=s3cr3t-value\n",
        "password: 's3cr3t-value'",
        "database:\n  password: s3cr3t-value\n",
        "users:\n  - password: 's3cr3t-value'\n",
        "[\n  {\n    'password': 's3cr3t-value',\n",
        "export PASSWORD=s3cr3t-value\n",
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


def test_long_texts_take_no_time() -> None:
    clean = SecretFilter(["correct horse battery staple"])
    began = time.process_time()
    for text in ("\\" * 100_000, "\\n" * 50_000, "\\\\n" * 30_000, " " * 100_000, "correct " * 12_000):
        clean(text)
        SecretFilter([text])
    assert time.process_time() - began < 5


def test_short_words_of_a_file_of_settings_are_left() -> None:
    clean = SecretFilter(["log:\n  level: info\n  colours: true\n"])
    assert clean("info: it is true") == "info: it is true"


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
        # Go, url.UserPassword
        urllib.parse.quote(AWKWARD, safe="$&+,;="),
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


def test_secret_of_many_lines_is_masked_in_no_time() -> None:
    secret = "\n".join(f"{number:x}" * 6 for number in range(8000))
    clean = SecretFilter([secret])
    clean("")
    began = time.monotonic()
    assert clean("it says " + "fff" * 6) == f"it says {MASK}"
    assert time.monotonic() - began < 5


LONG = "correct horse battery staple " * 40
LINES = "-----BEGIN PLAIN KEY-----\nabc def\tghi  jkl\nmno-pqr-stu-vwx\n"


@pytest.mark.parametrize("secret", [LONG, LINES], ids=["blanks", "lines"])
@pytest.mark.parametrize(
    "layout",
    [
        lambda text: " ".join(text.split()),
        lambda text: text.replace(" ", "\n"),
        lambda text: text.replace("\n", "\\n").replace("\t", "\\t"),
        lambda text: text.replace("\n", "\\\\n").replace("\t", "\\\\t"),
        lambda text: text.replace("\n", "\r\n    "),
        lambda text: json.dumps(text)[1:-1],
    ],
    ids=["one line", "wrapped", "escaped", "escaped twice", "indented", "JSON"],
)
def test_secret_is_masked_in_another_layout(secret: str, layout: Callable[[str], str]) -> None:
    assert SecretFilter([secret])(f"it is <{layout(secret).strip()}>, no more") == f"it is <{MASK}>, no more"


@pytest.mark.parametrize("kept", [9, 15, 16, 40, 500])
@pytest.mark.parametrize("end", ["", "...", "…", "\ufffd...", '..." is no file', "\n"])
def test_beginning_of_a_secret_is_masked_where_a_text_was_cut(kept: int, end: str) -> None:
    assert SecretFilter([LONG])(f"it is {LONG[:kept].strip()}{end}").startswith(f"it is {MASK}")


def test_long_beginning_of_a_secret_is_masked_anywhere() -> None:
    assert SecretFilter([LONG])(f"it is {LONG[:17]}, they say") == f"it is {MASK}, they say"


def test_short_beginning_of_a_secret_is_a_word_like_any_other() -> None:
    clean = SecretFilter(["postgres://app:hunter2-hunter2@db/app"])
    assert clean("postgres: listening on db; see postgres://") == "postgres: listening on db; see [secret]"
    assert clean("postgres://other:text@db is no address") == "postgres://other:text@db is no address"


@pytest.mark.parametrize("first", [0, 1])
def test_secrets_that_overlap_are_masked_as_one(first: int) -> None:
    secrets = ["abcd-hunter2", "hunter2-efgh"]
    assert SecretFilter(secrets[first:] + secrets[:first])("it is abcd-hunter2-efgh.") == f"it is {MASK}."


def test_masked_text_stays_as_it_is() -> None:
    clean = SecretFilter(["secret", "hunter2-hunter2"])
    once = clean("hunter2-hunter2 and secret")
    assert once == clean(once) == f"{MASK} and {MASK}"


def test_every_form_of_many_secrets_is_found() -> None:
    secrets = [f"{'common-beginning-' * (number % 3)}{number:04d}-of-many" for number in range(1000)]
    clean = SecretFilter(secrets)
    assert [clean(f"<{secret}>") for secret in secrets] == [f"<{MASK}>"] * len(secrets)


def test_cost_of_a_text_does_not_grow_with_the_number_of_secrets() -> None:
    text = "shop_web.1 on node-b: its command failed to start (exit code 127): no such file or directory"
    few, many = (SecretFilter(f"postgres://app:{number:08x}@db/app" for number in range(size)) for size in (10, 4000))
    assert _seconds(many, text) < 20 * _seconds(few, text)


def test_64_waiting_services_with_secrets_of_their_own_do_not_block_the_loop() -> None:
    shared = SecretFilter(f"password-of-all-{number:08x}" for number in range(336))
    texts = []
    for number in range(64):
        # each learns its own while the others wait
        shared.add([f"password-{number:08x}"])
        texts.append(f"1/2 running, 1 restarting (web{number}.1): exec: password-{number:08x}: not found")
    best = min(_seconds(shared, *texts) for _ in range(5))
    assert best < 0.1, f"{best:.3f} s"


def _seconds(clean: SecretFilter, *texts: str) -> float:
    clean("")
    began = time.perf_counter()
    for text in texts:
        clean(text)
    return time.perf_counter() - began
