"""The phases of a run, and whether what is used belongs into the present one."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Phase(Enum):
    """What Pulumi asks of a resource at the moment; see `Run` for the order."""

    READ = "Read"
    CHECK = "Check"
    DIFF = "Diff"
    PLAN = "Create or Update of a preview"
    APPLY = "Create or Update"
    DELETE = "Delete"


class WrongPhase(AssertionError):
    """A bug of ours: what was used does not belong into the call that used it."""


class Phases:
    """Which calls go on, for each resource of a run."""

    def __init__(self) -> None:
        self._present: dict[str, list[Phase]] = {}

    @contextlib.contextmanager
    def during(self, urn: str, phase: Phase) -> Iterator[None]:
        """Let what belongs into this phase be used for a resource while the call lasts."""
        present = self._present.setdefault(urn, [])
        present.append(phase)
        try:
            yield
        finally:
            present.remove(phase)
            if not present:
                self._present.pop(urn, None)

    def require(self, urn: str, phases: tuple[Phase, ...], what: str) -> None:
        """Raise WrongPhase unless one of these phases goes on for the resource.

        Args:
            urn: the resource.
            phases: in which it may be.
            what: what was asked, for the message.
        """
        present = self._present.get(urn, ())
        if not any(phase in phases for phase in present):
            now = ", ".join(phase.value for phase in present) or "no call"
            allowed = ", ".join(phase.value for phase in phases)
            raise WrongPhase(f"{what} belongs into {allowed} of {urn}, and not into {now}")


S = TypeVar("S", bound=Phases)


def only_in(*phases: Phase) -> Callable[[Callable[Concatenate[S, str, P], R]], Callable[Concatenate[S, str, P], R]]:
    """Let a method, whose first argument is a URN, be used in these phases of that resource only."""

    def bound(method: Callable[Concatenate[S, str, P], R]) -> Callable[Concatenate[S, str, P], R]:
        @functools.wraps(method)
        def checked(self: S, urn: str, /, *args: P.args, **kwargs: P.kwargs) -> R:
            self.require(urn, phases, method.__name__)
            return method(self, urn, *args, **kwargs)

        return checked

    return bound
