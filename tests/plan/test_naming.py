"""Families: how versions are called, and which one is current."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm_provider.core import Json, labels
from swarm_provider.model.rules import limits, refusals
from swarm_provider.plan.families import naming


def version(
    name: str, sequence: int, *, family: str = "f", keep: int = 1, base: str = "app", owner: str = "p/s"
) -> Json:
    own = {
        labels.FAMILY: family,
        labels.SEQUENCE: str(sequence),
        labels.KEEP: str(keep),
        labels.BASE: base,
        labels.OWNER: owner,
    }
    return {"ID": f"id-{name}", "Spec": {"Name": name, "Labels": own}}


def test_name_is_base_and_digest_of_the_content() -> None:
    first = naming.version_name("todo-list-config", b"a", {}, "family", None)
    assert first.startswith("todo-list-config-")
    assert len(first) == len("todo-list-config-") + naming.DIGEST_LENGTH
    assert first == naming.version_name("todo-list-config", b"a", {}, "family", None)


@pytest.mark.parametrize(
    ("content", "immutables", "family"),
    [(b"b", {}, "family"), (b"a", {"templateDriver": "golang"}, "family"), (b"a", {}, "another family")],
)
def test_name_changes_with_all_that_docker_cannot_change(content: bytes, immutables: Json, family: str) -> None:
    assert naming.version_name("app", content, immutables, family, None) != naming.version_name(
        "app", b"a", {}, "family", None
    )


def test_secret_name_needs_the_key_to_be_guessed() -> None:
    keyed = {naming.version_name("db", b"hunter2", {}, "f", key) for key in ("k1", "k2")}
    assert len(keyed) == 2
    assert naming.version_name("db", b"hunter2", {}, "f", None) not in keyed


@given(st.text("abc-._", max_size=90).map(lambda text: f"a{text}z"), st.binary(max_size=20))
def test_names_keep_within_dockers_limit(base: str, content: bytes) -> None:
    name = naming.version_name(base, content, {}, "f", None)
    assert len(name) <= limits.OBJECT_NAME
    assert not refusals.name("config", name)


def test_long_bases_with_equal_beginnings_stay_apart() -> None:
    first, second = ("x" * 60 + end for end in ("-one", "-two"))
    assert naming.version_name(first, b"a", {}, "f", None) != naming.version_name(second, b"a", {}, "f", None)


@pytest.mark.parametrize("base", ["", "-app", "app-", "a b", "app/web", "ü"])
def test_base_that_docker_refuses_is_a_problem(base: str) -> None:
    assert refusals.name("config", base)


@pytest.mark.parametrize(
    ("kind", "size", "refused"),
    [
        ("config", 0, True),
        ("config", 1, False),
        ("config", 1024000 - 1, False),
        ("config", 1024000, True),
        ("secret", 0, True),
        ("secret", 512000 - 1, False),
        ("secret", 512000, True),
    ],
)
def test_content_sizes_are_dockers(kind: str, size: int, refused: bool) -> None:
    assert bool(refusals.content(kind, size)) is refused


def test_current_version_has_the_highest_sequence_whatever_its_date() -> None:
    items = [version("app-a", 3), version("app-b", 12), version("app-c", 7, family="other")]
    found = naming.current(items, "f")
    assert found is not None
    assert naming.object_name(found) == "app-b"
    assert naming.next_sequence(items, "f") == 13


@pytest.mark.parametrize("text", ["", "x", "-1", "²"])
def test_label_that_is_no_number_is_passed_over(text: str) -> None:
    item = version("app-1", 1)
    item["Spec"]["Labels"] |= {labels.SEQUENCE: text, labels.KEEP: text}
    assert (naming.sequence(item), naming.keep_previous(item)) == (0, naming.KEEP_DEFAULT)


def test_family_by_name_prefers_nobody_when_two_owners_have_it() -> None:
    items = [version("app-1", 1, family="f", owner="one/dev"), version("app-2", 1, family="g", owner="two/dev")]
    assert naming.family_by_name(items, "app", "one/dev") == "f"
    with pytest.raises(LookupError, match="one/dev, two/dev"):
        naming.family_by_name(items, "app", None)
