from __future__ import annotations

import pytest

from swarm_provider.core.english import count, listed


@pytest.mark.parametrize(("number", "text"), [(0, "0 tasks restart"), (1, "1 task restarts"), (2, "2 tasks restart")])
def test_noun_and_verb_agree_with_the_number(number: int, text: str) -> None:
    assert count(number, "task", "restart") == text
    assert count(number, "task") == text.rpartition(" ")[0]


@pytest.mark.parametrize(
    ("texts", "most", "told"),
    [
        ("a", 0, "a"),
        ("ab", 0, "a and b"),
        ("abc", 0, "a, b and c"),
        ("abc", 3, "a, b and c"),
        ("abcde", 2, "a, b and 3 more"),
        ("abcde", 1, "a and 4 more"),
    ],
)
def test_list_is_told_as_people_write_it(texts: str, most: int, told: str) -> None:
    assert listed([*texts], most) == told
