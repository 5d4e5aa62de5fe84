"""Pulumi's protocol messages without the rest of its package, which costs the plugin half of its start.

`pulumi.runtime.proto` holds generated messages only; but importing it runs `pulumi/__init__.py` and
`pulumi/runtime/__init__.py` first, and with them all that a *program* needs. A plugin process needs none of it.
"""

from __future__ import annotations

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
