"""What the daemon and the wire say, as errors of this package."""

from __future__ import annotations

import json
from http.client import BadStatusLine

import pytest
from urllib3.exceptions import ProtocolError

from swarm_provider.dockerapi.failures import (
    ImageNotFound,
    NoLeader,
    NotAManager,
    RegistryDenied,
    RegistryError,
    RegistryUnreachable,
    from_answer,
    from_registry,
    is_of_the_wire,
    was_never_sent,
    why_unreachable,
)
from swarm_provider.errors import Conflict, DockerError, NotFound, OutOfSequence


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "service web not found", NotFound),
        (409, "rpc error: code = AlreadyExists desc = name conflicts with an existing object", Conflict),
        (500, "rpc error: code = Unknown desc = update out of sequence", OutOfSequence),
        (400, "rpc error: code = Unknown desc = update out of sequence", OutOfSequence),
        (400, "rpc error: code = InvalidArgument desc = config 'c' is in use by the following service: web", Conflict),
        (400, "rpc error: code = FailedPrecondition desc = network n is in use by service web", Conflict),
        (403, "error while removing network: network n id x has active endpoints", Conflict),
        (409, "network with name n already exists", Conflict),
        (503, "This node is not a swarm manager. Use docker swarm init ...", NotAManager),
        (400, "rpc error: code = InvalidArgument desc = name must be valid as a DNS name component", DockerError),
        (500, "rpc error: code = Unknown desc = The swarm does not have a leader.", NoLeader),
    ],
)
def test_answer_status_and_words_choose_the_error(status: int, message: str, kind: type[DockerError]) -> None:
    error = from_answer(status, json.dumps({"message": message}), "create service 'web'")
    assert type(error) is kind
    assert error.status == status


def test_answer_message_is_whole_without_grpc_words() -> None:
    error = from_answer(
        400, json.dumps({"message": "rpc error: code = Unknown desc = no\n  way"}), "create service 'web'"
    )
    assert str(error) == "create service 'web' failed: no\n  way"


@pytest.mark.parametrize(("body", "text"), [("", "no reason given"), ("<html>oh</html>", "<html>oh</html>")])
def test_answer_that_is_not_the_daemons_is_shown_as_it_is(body: str, text: str) -> None:
    assert from_answer(502, body, "list services").message == text


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (404, "errors: manifest unknown: manifest unknown", ImageNotFound),
        (403, "errors: denied: requested access to the resource is denied", RegistryDenied),
        (401, "errors: unauthorized: authentication required", RegistryDenied),
        (500, "Get https://r/v2/: no basic auth credentials", RegistryDenied),
        (500, 'Get "http://r/v2/": dial tcp: connect: connection refused', RegistryUnreachable),
        (500, 'Get "https://r/v2/": net/http: TLS handshake timeout', RegistryUnreachable),
        (400, "unsupported manifest media type", RegistryError),
    ],
)
def test_registry_answer_is_sorted_by_what_the_registry_meant(
    status: int, message: str, kind: type[DockerError]
) -> None:
    error = from_registry(from_answer(status, json.dumps({"message": message}), "look up image 'r/a'"))
    assert type(error) is kind


def test_failure_is_not_mixed_up_with_an_earlier_one_that_is_being_handled() -> None:
    try:
        raise ConnectionRefusedError(111, "Connection refused")
    except ConnectionRefusedError:
        try:
            raise TimeoutError("timed out")
        except TimeoutError as error:
            later = error
    assert not was_never_sent(later)
    assert why_unreachable(later, "tcp://m:2375") == "timed out"


@pytest.mark.parametrize(
    ("error", "expected"),
    [(OSError(), True), (BadStatusLine(""), True), (ProtocolError(), True), (TypeError(), False)],
)
def test_only_errors_of_the_connection_are_of_the_wire(error: Exception, expected: bool) -> None:
    assert is_of_the_wire(error) is expected
