"""Of contents that are the same data, the preview shows the lines that differ."""

from __future__ import annotations

import itertools
import time

import pytest

from swarm_provider.plan.change.text_diff import FIRST_WORDS, changed_lines

YAML = "# scrape jobs\nscrape_configs:\n  - job_name: a\n    port: 1\n"


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        (YAML, YAML.replace("jobs", "jobs of team x"), ["- 1: # scrape jobs", "+ 1: # scrape jobs of team x"]),
        (YAML, YAML.replace("name: a", "name: 'a'"), ["- 3:   - job_name: a", "+ 3:   - job_name: 'a'"]),
        (YAML, YAML + "\n# end\n", ["+ 5: ", "+ 6: # end"]),
        (YAML, YAML.replace("a\n", "a  \n"), ["- 3:   - job_name: a", "+ 3:   - job_name: a (and 2 blanks)"]),
        ('{"a": 1}', '{"a":1}', ['- 1: {"a": 1}', '+ 1: {"a":1}']),
        ('{"a": 1, "b": 2}', '{"b": 2, "a": 1}', ['- 1: {"a": 1, "b": 2}', '+ 1: {"b": 2, "a": 1}']),
        ("a: !Ref x\n", "a:  !Ref x\n", ["- 1: a: !Ref x", "+ 1: a:  !Ref x"]),
        ("a: 1\n---\nb: 1\n", "a: 1\n---\nb: 2\n", ["- 3: b: 1", "+ 3: b: 2"]),
        ("a: 1\n", "a: 1\r\n", ["only the line endings differ"]),
        ("a: {b: 1}\n", "a:\n  b: 1\n", ["- 1: a: {b: 1}", "+ 1: a:", "+ 2:   b: 1"]),
    ],
)
def test_lines_that_differ_are_shown(before: str, after: str, lines: list[str]) -> None:
    said = changed_lines(before, after)
    assert said is not None
    assert said.split("\n") == [f"{FIRST_WORDS}:", *lines]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (YAML, YAML),
        (YAML, YAML.replace("1", "2")),
        (YAML, YAML.replace("1", "'1'")),
        ("server {\n}\n", "server {\n  # x\n}\n"),
        ("a text\n", "a  text\n"),
        ("# only\n", "# comments\n"),
        ("a: [", "a:  ["),
        ("a: &a [*a]", "a: &a [*a, 1]"),
        ("[" * 3000, "[ " * 3000),
    ],
)
def test_other_data_and_what_is_none_has_no_such_lines(before: str, after: str) -> None:
    assert changed_lines(before, after) is None


def test_what_is_shown_and_the_time_for_it_have_a_bound() -> None:
    many = "".join(f"k{number}: v\n" for number in range(4000))
    said = changed_lines(many, many.replace(": v", ":  v"))
    assert said is not None and len(said.split("\n")) == 42 and said.endswith("... and 7960 more")
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}, *{a}]\n" for a, b in itertools.pairwise("abcdefghijk"))
    began = time.process_time()
    assert changed_lines(bomb, "# bomb\n" + bomb) is not None
    assert changed_lines("x: y\n" * 200_000, "x:  y\n" * 200_000) is None
    assert time.process_time() - began < 5
