"""Single values of a compose file: the text, number or duration that docker reads them as, or an error at their place.

Each reader gets a value that the schema let pass and its place. Where it is wrong the place is told, and the reader
returns a value that lets the reading go on (the file is refused at the end).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, Final

from swarm_provider.compose.common.substitution import to_bool, to_float, to_int
from swarm_provider.compose.yaml.tree import (
    Interpolated,
    InterpolatedInt,
    Map,
    SourceLocation,
    Template,
    Timestamp,
    WrittenFloat,
    WrittenInt,
    go_text,
    part,
)
from swarm_provider.core import Json, units
from swarm_provider.core.labels import NAMESPACE
from swarm_provider.model.types import short_forms
from swarm_provider.model.types.kinds import Integer

_LONGEST_MEASURE: Final = 50


def text(value: Any, at: SourceLocation) -> Any:
    """Read a string, which may be a Template."""
    if isinstance(value, Timestamp):
        at.error(f"{value.raw} is read as a date; put it in quotes")
    if isinstance(value, (str, Template)):
        return value
    return go_text(value)


def text_list(value: Any, at: SourceLocation) -> list[Any]:
    """Read a list of texts; a single text is a list of one."""
    if isinstance(value, (str, Template)):
        return [text(value, at)]
    return [text(entry, at.item(value, index)) for index, entry in enumerate(value)]


def whole(value: Any, at: SourceLocation, *, minimum: int | None = 0, maximum: int | None = None) -> int:
    """Read an integer; docker cuts off fractions where it takes them at all.

    Args:
        value: the value as the file has it.
        at: the place in the file, which collects problems.
        minimum: the smallest that is allowed; None: any.
        maximum: the largest that is allowed; None: what Docker can store.
    """
    try:
        number = to_int(value) if isinstance(value, str) else int(value)
    except (ValueError, OverflowError):
        at.error(f"must be an integer, not {_cut(value)}")
        return 0
    refusal = Integer(minimum, maximum, wide=True).refusal(number, repr(value))
    if refusal:
        at.error(refusal)
        return minimum or 0
    return number


def boolean(value: Any, at: SourceLocation) -> bool:
    """Read a boolean; as a string in YAML 1.1's spellings."""
    if isinstance(value, str):
        try:
            return to_bool(value)
        except ValueError:
            at.error(f"must be a boolean, not {value!r}")
    return bool(value)


def ratio(value: Any, at: SourceLocation) -> float:
    """Read a number as docker keeps it: with the precision of 32 bits."""
    try:
        number = to_float(value) if isinstance(value, str) else float(value)
        packed = struct.pack("f", number)
    except (ValueError, OverflowError):
        at.error(f"must be a number, not {value!r}")
        return 0.0
    # the shortest decimal that is the same in 32 bits, which is what Go writes into JSON
    stored = struct.unpack("f", packed)[0]
    return next(
        (short for digits in range(1, 10) if struct.pack("f", short := float(f"{stored:.{digits}g}")) == packed), number
    )


def mode(value: Any, at: SourceLocation) -> int:
    """Read a file mode: a number as YAML reads it; a string is octal, as the compose-spec says."""
    if isinstance(value, str):
        if re.fullmatch(r"(0[oO]?)?[0-7]{1,6}", value):
            return int(value.lower().replace("o", ""), 8)
        at.error(f"must be a file mode such as 0440, not {value!r}")
        return 0
    number = whole(value, at)
    if short_forms.meant_as_octal(number):
        if isinstance(value, InterpolatedInt):
            at.warn(f"docker reads the value of {value!r} as a decimal number; use 292 for the mode 0444, for example")
        else:
            at.warn(f"docker reads {value!r} as a decimal number, which is the mode 0{number:o}; write 0{number}")
    if number > 0xFFFFFFFF:
        at.error(f"must be a file mode such as 0440, not {value!r}")
    return number


def checked(value: Any, parse: Callable[[Any], Any], at: SourceLocation) -> str:
    """Return the text of a value that `parse` understands; the text stays the user's.

    Args:
        value: the value as the file has it.
        parse: raises a ValueError for what is no such value.
        at: the place in the file, which collects problems.
    """
    written = str(go_text(text(value, at)))
    # longer ones, and huge exponents, would only cost time
    if len(written) > _LONGEST_MEASURE or re.search(r"[eE][-+]?\d{3}", written):
        at.error(f"{_cut(written)} is not a valid size or CPU count")
        return "0"
    try:
        parse(written)
    except ValueError as error:
        at.error(str(error))
    return written


def _cut(value: Any) -> str:
    """Return a value as messages show it, the beginning of a long one."""
    return repr(value if isinstance(value, Interpolated) else str(value)[:_LONGEST_MEASURE])


def duration(value: Any, at: SourceLocation) -> str:
    """Read a Go duration such as 1m30s."""
    return checked(value, units.duration_ns, at)


def is_zero(value: str, parse: Callable[[Any], int]) -> bool:
    """Tell whether a measure means nothing to docker, which then treats it as absent."""
    try:
        return parse(value) == 0
    except ValueError:
        return False


def labels(value: Any, at: SourceLocation, *, dockers: tuple[str, ...] = (NAMESPACE,)) -> Json:
    """Read a mapping or a list of `K=V` into texts; what has no value is empty.

    Args:
        value: the value as the file has it.
        at: the place in the file, which collects problems.
        dockers: labels that docker itself sets here, over what the file says.
    """
    read = pairs(value, at)
    for key in dockers:
        if key in read:
            at.warn(f"docker sets the label {key} itself; the given value is ignored")
    return {key: "" if entry is None else entry for key, entry in read.items() if key not in dockers}


def pairs(value: Any, at: SourceLocation) -> dict[str, Any]:
    """Read a mapping or a list of `K=V`; what has no value is None. Warns where the text is not the one in the file."""
    if value is None:
        return {}
    if isinstance(value, Map):
        return {key: None if entry is None else _printed(entry, at.key(value, key)) for key, entry in value.items()}
    result: dict[str, Any] = {}
    for index, entry in enumerate(value):
        text(entry, at.item(value, index))
        if isinstance(entry, Template):
            name, _, rest = str(entry.parts[0]).partition("=")
            result[name] = Template((rest, *entry.parts[1:]) if rest else entry.parts[1:])
        else:
            found = short_forms.key_values([str(entry)])
            result.update({part(entry, key): part(entry, given) for key, given in found.items()})
    return result


def options(value: Any, at: SourceLocation) -> Json:
    """Read a mapping of driver options into texts."""
    return {key: "" if entry is None else _printed(entry, at.key(value, key)) for key, entry in (value or {}).items()}


def _printed(value: Any, at: SourceLocation) -> Any:
    if isinstance(value, Timestamp):
        at.warn(
            f"docker 28 and docker compose read {value.raw} as {go_text(value)!r}, and docker 29 refuses the file;"
            " put it in quotes"
        )
    elif isinstance(value, (WrittenFloat, WrittenInt)):
        at.warn(f"docker reads {value.raw} as {go_text(value)!r}; put it in quotes to keep it as it is written")
    return str(value) if isinstance(value, Timestamp) else go_text(value)
