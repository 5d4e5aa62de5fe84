"""How a mistake in the program ends it: one clear line per problem, and no traceback."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, ParamSpec, TypeVar

import pulumi

from swarm_provider.core import Json
from swarm_provider.core.foreign import shown
from swarm_provider.core.masking import SecretFilter
from swarm_provider.errors import InputError, Problem, SwarmProviderError
from swarm_provider.model.types.kinds import nearest
from swarm_provider.resources.program import sdk

P = ParamSpec("P")
R = TypeVar("R")

_OPTIONS: Final = (pulumi.ResourceOptions, pulumi.InvokeOptions, pulumi.InvokeOutputOptions)
_SHOWN: Final = 4
"""Problems that are printed before the rest is only counted, so that a page of them does not hide the first."""


def said(text: str) -> str:
    """Return a string as it may be printed.

    What is secret in the stack configuration is masked, also where the program reads it as any text (`require`).
    """
    return shown(text, _filter(sdk.secret_configuration_values()))


@functools.lru_cache(maxsize=1)
def _filter(secrets: frozenset[str]) -> SecretFilter:
    return SecretFilter(secrets)


def run_error(error: SwarmProviderError, where: str = "") -> pulumi.RunError:
    """Return the error that ends a Pulumi program with these words only."""
    problems: tuple[Any, ...] = error.problems if isinstance(error, InputError) else (error,)
    lines = [_line(problem, where) for problem in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"... and {len(problems) - _SHOWN} more problems")
    return pulumi.RunError("\n".join(map(said, lines)))


def _line(problem: Any, where: str) -> str:
    placed = isinstance(problem, Problem) and problem.file
    return str(problem) if placed or not where else f"{where}: {problem}"


def explained(call: Callable[P, R]) -> Callable[P, R]:
    """Wrap a constructor or a function that users call: wrong arguments and InputErrors become a RunError.

    Python's own TypeError for a misspelt keyword would be shown with a traceback through our frames.
    """
    signature = inspect.signature(call)
    names = {name: None for name in signature.parameters if name != "self"}
    fitting = _fitting(signature)

    @functools.wraps(call)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        where = _where(call, args, kwargs)
        _translate_other_words(args, kwargs)
        for keyword in kwargs:
            if keyword not in names:
                hint = nearest(keyword, tuple(name for name in names if name != "resource_name"))
                raise pulumi.RunError(said(f"{where}: unknown argument {keyword!r}{hint}"))
        try:
            given = fitting(args, kwargs) or signature.bind(*args, **kwargs).arguments
        except TypeError as error:
            # a wrong first argument is told before a missing one
            with contextlib.suppress(TypeError):
                _check_first(where, signature.bind_partial(*args, **kwargs).arguments)
            reason = str(error).replace("'resource_name'", "'resource_name' (the logical name)")
            raise pulumi.RunError(said(f"{where}: {reason}")) from None
        _check_first(where, given)
        try:
            return call(*args, **kwargs)
        except SwarmProviderError as error:
            raise run_error(error, where) from None

    if inspect.isfunction(call) and call.__name__ == "__init__":
        sdk.count_as_constructor(wrapper, call)
    return wrapper


def _fitting(signature: inspect.Signature) -> Callable[[Sequence[Any], Json], Json | None]:
    """Return what gives arguments by name where it is plain that they fit, and None elsewhere.

    Python's own way, `bind`, takes long for the hundreds of resources of a program.
    """
    places = [name for name, one in signature.parameters.items() if one.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    required = {name for name, one in signature.parameters.items() if one.default is inspect.Parameter.empty}

    def fitting(args: Sequence[Any], kwargs: Json) -> Json | None:
        given = dict(zip(places, args, strict=False))
        fits = len(given) == len(args) and given.keys().isdisjoint(kwargs)
        given.update(kwargs)
        return given if fits and required <= given.keys() else None

    return fitting


def _check_first(where: str, arguments: Mapping[str, Any]) -> None:
    """Say what the two arguments are that may stand without a keyword, where they are something else."""
    named, opts = arguments.get("resource_name", "x"), arguments.get("opts")
    if not isinstance(named, str) or not named:
        raise pulumi.RunError(said(f"{where}: the first argument is the logical name, a string"))
    if opts is not None and not isinstance(opts, _OPTIONS):
        raise pulumi.RunError(
            said(
                f"{where}: the second argument is pulumi.ResourceOptions, not {type(opts).__name__}; "
                f"pass all others by keyword"
            )
        )


def _where(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    if call.__name__ != "__init__":
        owner = f"{args[0].__name__}." if args and isinstance(args[0], type) else ""
        return f"swarm.{owner}{call.__name__}"
    named = kwargs.get("resource_name", args[1] if len(args) > 1 else None)
    kind = call.__qualname__.split(".")[0]
    return f"swarm.{kind} {named!r}" if isinstance(named, str) else f"swarm.{kind}"


def _translate_other_words(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Take `base_name=`, which code that `pulumi import` writes has, for the keyword `name=`."""
    words = getattr(type(args[0]), "_other_words", {}) if args else {}
    for other, word in words.items():
        if other in kwargs and word not in kwargs:
            kwargs[word] = kwargs.pop(other)
