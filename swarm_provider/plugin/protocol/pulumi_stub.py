"""Pulumi's protocol messages without the rest of its package, which costs the plugin half of its start; and the rest.

`pulumi.runtime.proto` holds generated messages only; but importing it runs `pulumi/__init__.py` and
`pulumi/runtime/__init__.py` first, and with them all that a *program* needs. A plugin process needs none of it until a
program of another language asks for a component.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

_PACKAGES = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def keep_pulumi_lean() -> None:
    """Let the packages above `pulumi.runtime.proto` be found without being run, in this process, from now on.

    Only for a process of the plugin's own, before anything imports pulumi; where it is imported already, it stays.

    Relies on: `pulumi.runtime.proto` imports nothing else of `pulumi`, in 3.225 as in 3.272. Where it does, the plugin
    does not start.
    """
    if "pulumi" in sys.modules:
        return
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.submodule_search_locations is None:
            raise ModuleNotFoundError(f"the package {name} is missing: pip install pulumi", name=name)
        package = ModuleType(name)
        package.__spec__ = spec
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[name] = package


def take_pulumi_whole() -> None:
    """Let the packages that were kept from running run after all, with the messages that are loaded already.

    Relies on: a package finds modules below it that are loaded before it, as Python has it. Where `pulumi` is whole
    already, it stays.
    """
    if getattr(sys.modules.get("pulumi"), "__file__", None) is not None:
        return
    for name in _PACKAGES:
        sys.modules.pop(name, None)
    importlib.import_module("pulumi")
    messages, prefix = sys.modules[_PACKAGES[-1]], f"{_PACKAGES[-1]}."
    for name, module in [*sys.modules.items()]:
        if name.startswith(prefix) and "." not in name.removeprefix(prefix):
            setattr(messages, name.removeprefix(prefix), module)
