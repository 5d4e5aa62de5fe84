"""Whose an object is, and what a run may do about it."""

import pytest

from swarm_provider.errors import OwnershipError
from swarm_provider.plan.ownership import Claim, claim, owner_of_urn

OWNER = owner_of_urn("urn:pulumi:dev::todo::swarm:index:Stack$swarm:index:Service::todo-web")
OTHER = owner_of_urn("urn:pulumi:prod::shop::swarm:index:Service::web")


def test_owner_is_read_from_the_urn() -> None:
    assert (OWNER.project, OWNER.stack, OWNER.text) == ("todo", "dev", "todo/dev")


def test_nothing_there_means_create() -> None:
    assert claim("service", "web", None, OWNER, adopt=False) is Claim.CREATE


def test_own_object_of_another_urn_is_taken_over() -> None:
    renamed = owner_of_urn("urn:pulumi:dev::todo::swarm:index:Service::another-name")
    assert claim("service", "web", renamed.labels("x"), OWNER, adopt=False) is Claim.TAKE_OVER


def test_foreign_object_is_refused_with_its_owner_even_when_adopting() -> None:
    with pytest.raises(OwnershipError, match="belongs to Pulumi stack 'shop/prod'"):
        claim("service", "web", OTHER.labels("x"), OWNER, adopt=True)


def test_object_made_with_docker_is_refused_with_the_way_out() -> None:
    with pytest.raises(OwnershipError, match="adopt=True"):
        claim("service", "web", {"com.docker.stack.namespace": "web"}, OWNER, adopt=False)


def test_object_made_with_docker_is_taken_over_when_adopting() -> None:
    assert claim("service", "web", {}, OWNER, adopt=True) is Claim.TAKE_OVER
