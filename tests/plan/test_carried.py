"""How settings without a word are told: masked, harmless, bounded."""

from __future__ import annotations

from swarm_provider.core.masking import SecretFilter
from swarm_provider.plan.change.kept_settings import MAX_SETTINGS, Outlook, describe, gone, shown

PLAIN = SecretFilter()


def test_setting_is_told_with_path_and_value() -> None:
    found = {"TaskTemplate.Resources.Next": 33554432, "TaskTemplate.Later": ["a", True]}
    told = 'TaskTemplate.Resources.Next = 33554432, TaskTemplate.Later = ["a", true]'
    assert describe(found, PLAIN) == f"set on the cluster, not in the program: {told}; kept"
    assert describe(found, PLAIN, Outlook.LOST) == f"set on the cluster, and lost with this change: {told}"


def test_nothing_is_told_of_nothing() -> None:
    assert [describe({}, PLAIN, outlook) for outlook in Outlook] == ["", "", ""]


def test_secret_is_masked_before_it_is_cut() -> None:
    secret = "hunter2-" * 20
    text = describe({"A": secret, "B": {"deep": [secret]}}, SecretFilter([secret]))
    assert "hunter2" not in text
    assert text.count("[secret]") == 2


def test_text_cannot_command_a_terminal_or_fill_the_screen() -> None:
    text = describe({f"Next\x1b[2J{n}": "\x1b[31m\n" * 200 for n in range(50)}, PLAIN)
    assert text.isprintable()
    assert "and 45 more" in text
    assert len(text) < MAX_SETTINGS * 200


def test_what_is_gone_is_what_the_new_spec_has_not() -> None:
    assert gone({"A": 1, "B": 2}, {"A": 1}) == {"B": 2}


def test_status_has_each_setting_as_text() -> None:
    assert shown({"A": 0, "B": "x"}, PLAIN) == {"A": "0", "B": '"x"'}
