"""Every error that this package raises on purpose.

    SwarmProviderError            one line that a person can act on
    +- InputError                 what the user wrote is wrong: one or more Problems
    |  +- ClaimedTwice            two resources of one program stand for the same object
    +- ConnectionFailed           no manager answers, or it is not one we can use
    +- DockerError                the daemon refused a call (status, message)
    |  +- NotFound                404
    |  +- Conflict                409, or a name that is taken
    |  +- OutOfSequence           the object changed since it was read
    +- OwnershipError             the object belongs to somebody else
    +- RolloutFailed              it was submitted, and does not run: one or more reasons
    +- SwarmLost                  the swarm that a state lives on is no more: there is a new one in its place
    +- GivenUp                    that swarm cannot be reached, and the user gives up what is there
    +- Cancelled                  the user asked to stop

Errors carry data; their text is built in __str__. Library exceptions never leave the room that calls the
library: callers see only this tree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with what the user wrote.

    Attributes:
        message: what is wrong, why, and what to do, as one line.
        path: the property path in the words that the user typed (`deploy.replicas`), or "".
        file: the file that it is in, or "".
        line: its line there, counted from 1; 0 when unknown.
    """

    message: str
    path: str = ""
    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        return ": ".join(part for part in (place, self.path, self.message) if part)


class SwarmProviderError(Exception):
    """The root: str() is one line, without a traceback, that says what to do.

    It may quote daemons, registries and files as they came: whoever prints it shows each of its `parts` with
    `core.foreign.shown`.
    """

    @property
    def parts(self) -> tuple[str, ...]:
        """What it says, one text for each thing that is wrong; `str()` has them in one line."""
        return (str(self),)


class InputError(SwarmProviderError):
    """What the user wrote cannot be used."""

    def __init__(self, *problems: Problem | str) -> None:
        self.problems = tuple(Problem(p) if isinstance(p, str) else p for p in problems)
        super().__init__(*self.problems)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(map(str, self.problems))

    def __str__(self) -> str:
        return "; ".join(self.parts)


class ClaimedTwice(InputError):
    """Two resources of one program stand for the same object."""


class ConnectionFailed(SwarmProviderError):
    """No usable manager: unreachable, not a manager, or too old."""


class DockerError(SwarmProviderError):
    """The daemon answered a call with an error."""

    def __init__(self, message: str, *, status: int = 0, call: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.call = call

    def __str__(self) -> str:
        return f"{self.call} failed: {self.message}" if self.call else self.message


class NotFound(DockerError):
    """The object does not exist (any more)."""


class Conflict(DockerError):
    """The name is taken, or the object is in use."""


class OutOfSequence(DockerError):
    """The object changed since it was read; read it again and retry.

    The daemon says so with HTTP 500 and "update out of sequence".
    """


class OwnershipError(SwarmProviderError):
    """The object exists and belongs to someone else."""


class RolloutFailed(SwarmProviderError):
    """The change was submitted and does not run."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(*reasons)
        self.reasons = tuple(reasons)

    @property
    def parts(self) -> tuple[str, ...]:
        return self.reasons

    def __str__(self) -> str:
        return "; ".join(self.reasons)


class SwarmLost(SwarmProviderError):
    """The swarm is no more: its only manager has made a new one."""


class GivenUp(SwarmProviderError):
    """Nobody looks any more after what is on a swarm, as the user wants it."""


class Cancelled(SwarmProviderError):
    """The user asked to stop (Ctrl-C); the cluster continues what was submitted."""
