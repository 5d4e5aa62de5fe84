"""Docker Swarm as code: a Pulumi provider.

    import swarm_provider as swarm

    swarm.Stack("todo", compose_file="stacks/todo/v2.yml")

The names below are loaded when they are first used, so that the plugin and the command line, which live in this package
too, do not pay for them. Importing this in a Pulumi program also keeps the plugin's shim up to date.

The rooms (docs/architecture.md has the picture):

    resources/   What users write in a program: the resource classes, `Stack` and the lookups
    compose/     Compose files -> canonical inputs
    model/       Every resource with its inputs and outputs, and what Swarm refuses
    convert/     Canonical inputs <-> Docker's JSON
    plan/        Decisions: what differs, what restarts, whether a rollout is done
    rollout/     Doing and waiting
    dockerapi/   The calls to a swarm
    plugin/      The provider that Pulumi starts
    report/      A preview as a comment or a page
    cli/         The command `swarm-provider`
    core/        Words that every room shares

Beside them, what belongs to none:

    batch        Work that many ask for at a time, done for all of them at once
    errors       The errors of this package, one tree
    garbage      Free memory: how often Python looks for it, what the system gets back
    plugin_shim  How Pulumi finds the plugin, for the program and for the command
    testing      Mocks for unit tests of a program, which answer as the provider does
    version      The version, and where releases are
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from swarm_provider.version import __version__

if TYPE_CHECKING:
    from swarm_provider.resources.args import *  # noqa: F403
    from swarm_provider.resources.directory import ConfigDirectory as ConfigDirectory
    from swarm_provider.resources.generated import Config as Config
    from swarm_provider.resources.generated import Network as Network
    from swarm_provider.resources.generated import Node as Node
    from swarm_provider.resources.generated import NodeLabel as NodeLabel
    from swarm_provider.resources.generated import Provider as Provider
    from swarm_provider.resources.generated import Release as Release
    from swarm_provider.resources.generated import Secret as Secret
    from swarm_provider.resources.generated import Service as Service
    from swarm_provider.resources.generated import Volume as Volume
    from swarm_provider.resources.lookups import ConfigInfo as ConfigInfo
    from swarm_provider.resources.lookups import NetworkInfo as NetworkInfo
    from swarm_provider.resources.lookups import NodeInfo as NodeInfo
    from swarm_provider.resources.lookups import SecretInfo as SecretInfo
    from swarm_provider.resources.lookups import get_config as get_config
    from swarm_provider.resources.lookups import get_config_output as get_config_output
    from swarm_provider.resources.lookups import get_network as get_network
    from swarm_provider.resources.lookups import get_network_output as get_network_output
    from swarm_provider.resources.lookups import get_node as get_node
    from swarm_provider.resources.lookups import get_node_output as get_node_output
    from swarm_provider.resources.lookups import get_nodes as get_nodes
    from swarm_provider.resources.lookups import get_nodes_output as get_nodes_output
    from swarm_provider.resources.lookups import get_secret as get_secret
    from swarm_provider.resources.lookups import get_secret_output as get_secret_output
    from swarm_provider.resources.stack import Stack as Stack

__all__ = [  # noqa: RUF022 - in the order in which one meets them
    "Stack",
    "Release",
    "Service",
    "Config",
    "ConfigDirectory",
    "Secret",
    "Network",
    "Volume",
    "Node",
    "NodeLabel",
    "Provider",
    "get_config",
    "get_config_output",
    "get_secret",
    "get_secret_output",
    "get_network",
    "get_network_output",
    "get_node",
    "get_node_output",
    "get_nodes",
    "get_nodes_output",
    "ConfigInfo",
    "SecretInfo",
    "NetworkInfo",
    "NodeInfo",
    "__version__",
]

_CLASSES = ("Service", "Config", "Secret", "Network", "Volume", "Node", "NodeLabel", "Release", "Provider")
_COMPONENTS = {"Stack": "stack", "ConfigDirectory": "directory"}


def __getattr__(name: str) -> Any:
    if name in _CLASSES:
        room = "generated"
    elif name in _COMPONENTS:
        room = _COMPONENTS[name]
    elif name in __all__:
        room = "lookups"
    else:
        # shapes of arguments (`DeployArgs`) and the words that they take (`ServiceMode`)
        room = "args" if name[:1].isupper() else ""
    module = importlib.import_module(f"swarm_provider.resources.{room}") if room else None
    if not hasattr(module, name):
        raise AttributeError(f"module 'swarm_provider' has no attribute {name!r}")
    value = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if "pulumi.runtime.settings" in sys.modules:
    # Pulumi loads itself before it runs a program; the plugin and the command line come here without it
    from swarm_provider.garbage import YOUNG_IN_A_PROGRAM, collect_less, leave_garbage_at_exit
    from swarm_provider.resources.program import sdk_savings
    from swarm_provider.resources.program.interrupts import end_quietly
    from swarm_provider.resources.program.sdk import is_run_by_pulumi, send_debug_lines_together
    from swarm_provider.resources.program.shim import keep_shim

    keep_shim()
    end_quietly()
    if is_run_by_pulumi():
        collect_less(YOUNG_IN_A_PROGRAM)
        leave_garbage_at_exit()
        send_debug_lines_together()
        sdk_savings.save()
