"""Whose an object is, and what a run may do about it."""

import pytest

from swarm_provider.errors import OwnershipError
from swarm_provider.plan.ownership.claims import Claim, claim, of_another, owner_of_urn, owner_told

OWNER = owner_of_urn("urn:pulumi:dev::todo::swarm:index:Stack$swarm:index:Service::todo-web")
OTHER = owner_of_urn("urn:pulumi:prod::shop::swarm:index:Service::web")


def test_owner_is_read_from_the_urn() -> None:
    assert (OWNER.project, OWNER.stack, OWNER.text) == ("todo", "dev", "todo/dev")


def test_nothing_there_means_create() -> None:
    assert claim("service", "web", None, OWNER, adopt=False) is Claim.CREATE


def test_own_object_of_another_urn_is_taken_over() -> None:
    renamed = owner_of_urn("urn:pulumi:dev::todo::swarm:index:Service::another-name")
    assert claim("service", "web", renamed.labels("x"), OWNER, adopt=False) is Claim.ADOPT


def test_foreign_object_is_refused_with_its_owner_even_when_adopting() -> None:
    with pytest.raises(OwnershipError, match="belongs to Pulumi stack 'shop/prod'"):
        claim("service", "web", OTHER.labels("x"), OWNER, adopt=True)


def test_object_made_with_docker_is_refused_with_the_way_out() -> None:
    with pytest.raises(OwnershipError, match="adopt=True"):
        claim("service", "web", {"com.docker.stack.namespace": "web"}, OWNER, adopt=False)


def test_object_made_with_docker_is_taken_over_when_adopting() -> None:
    assert claim("service", "web", {}, OWNER, adopt=True) is Claim.ADOPT


# ------------------------------------------------------------------- renamed and moved Pulumi stacks


def test_object_with_the_incarnation_of_the_state_is_ours_whatever_its_owner_label_says() -> None:
    assert claim("service", "web", OTHER.labels("x"), OWNER, adopt=False, incarnation="x") is Claim.ADOPT


@pytest.mark.parametrize("incarnation", ["y", "", None])
def test_object_of_another_owner_is_not_proven_by_another_incarnation_or_by_none(incarnation: str | None) -> None:
    unmarked = {**OTHER.labels("x"), "swarm-provider.incarnation": ""}
    for own in (OTHER.labels("x"), unmarked):
        with pytest.raises(OwnershipError, match="'shop/prod'"):
            claim("service", "web", own, OWNER, adopt=True, incarnation=incarnation)


def test_copy_of_a_state_is_told_who_has_the_object_now_and_what_to_do() -> None:
    with pytest.raises(OwnershipError, match=r"belongs to Pulumi stack 'shop/prod' now .*pulumi stack rm --force"):
        claim("service", "web", OTHER.labels("new"), OWNER, adopt=True, incarnation="old")


def test_owner_is_told_as_missing_where_the_incarnation_is_not_that_of_the_state() -> None:
    assert owner_told(OWNER.labels("x"), OWNER, "x") == OWNER.text
    assert owner_told(OWNER.labels("x"), OWNER, "an older one") is None
    assert owner_told(OWNER.labels("x"), OWNER, None) is None
    assert owner_told({}, OWNER, None) is None
    # a move: the label still has the old name, and Diff is to show it
    assert owner_told(OTHER.labels("x"), OWNER, "x") == OTHER.text


def test_object_is_of_another_stack_unless_the_state_proves_it() -> None:
    assert of_another(OTHER.labels("x"), OWNER, "y") == OTHER.text
    assert of_another(OTHER.labels("x"), OWNER, "x") is None
    assert of_another(OWNER.labels("x"), OWNER, "y") is None
    assert of_another({}, OWNER, "y") is None
