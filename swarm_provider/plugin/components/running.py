"""The class of a component, run as a program of its own: options, resources, outputs, and how it ends.

Imported with the first component only: Pulumi's SDK and what a program has of this package take a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pulumi
from pulumi.provider import ConstructResult, Provider
from pulumi.provider.server import ProviderServicer
from pulumi.resource import DependencyProviderResource
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core import Json
from swarm_provider.core.names import snake
from swarm_provider.errors import SwarmProviderError
from swarm_provider.model.components import CONFIG_DIRECTORY, STACK
from swarm_provider.model.resources import DEPLOYED_SERVICE
from swarm_provider.model.schema import PACKAGE
from swarm_provider.plugin.components.arguments import Arguments
from swarm_provider.resources.directory import ConfigDirectory
from swarm_provider.resources.program import registry, sdk
from swarm_provider.resources.stack import Stack
from swarm_provider.version import __version__

sdk.leave_out_positions()


class Component(Provider):
    """One component that is made.

    Args:
        request: which, with its options.
        given: its inputs.
        engine: address of Pulumi's engine.
        provider: reference of the provider for its resources; None: Pulumi chooses it.
    """

    def __init__(
        self, request: provider_pb2.ConstructRequest, given: Arguments, engine: str, provider: str | None
    ) -> None:
        super().__init__(__version__)
        self._request = provider_pb2.ConstructRequest()
        self._request.CopyFrom(request)
        self._request.inputs.CopyFrom(given.eventual)
        # each value of those has its own
        self._request.inputDependencies.clear()
        self._plain = given.plain
        self._engine = engine
        self._provider = provider

    async def run(self, threads: int) -> provider_pb2.ConstructResponse:
        """Make the component, with so many threads in which the SDK waits for resources.

        Raises:
            SwarmProviderError: what was given is wrong, or Pulumi refused a resource.
        """
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
        servicer: Any = ProviderServicer(self, [], self._engine)
        try:
            # without a context: only errors of a kind that is never raised here need one
            answer: provider_pb2.ConstructResponse = await servicer.Construct(self._request, None)
        except Exception as error:
            raise _cause(error) from None
        return answer

    def construct(
        self, name: str, resource_type: str, inputs: Mapping[str, Any], options: pulumi.ResourceOptions | None = None
    ) -> ConstructResult:
        """Make the resources; the SDK calls this, with itself set up for them.

        Args:
            name: logical name of the component.
            resource_type: its token.
            inputs: those of which values may be Outputs.
            options: as the program gave them.
        """
        registry.current().is_remote = True
        options = options or pulumi.ResourceOptions()
        providers: Any = options.providers
        if self._provider is not None and PACKAGE not in providers:
            # another one of the same plugin would know nothing of what this one does
            options.providers = {**providers, PACKAGE: DependencyProviderResource(self._provider)}
        made = {snake(key): value for key, value in inputs.items()}
        return _MAKERS[resource_type](name, options, {**self._plain, **made})


def _stack(name: str, options: pulumi.ResourceOptions, args: Json) -> ConstructResult:
    stack = Stack(name, options, **args)
    services = {
        key: {entry.wire: getattr(service, entry.name) for entry in DEPLOYED_SERVICE.fields}
        for key, service in stack.services.items()
    }
    families: Json = {"networks": stack.networks, "configs": stack.configs, "secrets": stack.secrets}
    names = {kind: {key: child.name for key, child in children.items()} for kind, children in families.items()}
    return ConstructResult(stack.urn, {"stackName": stack.stack_name, "services": services, **names})


def _config_directory(name: str, options: pulumi.ResourceOptions, args: Json) -> ConstructResult:
    target = args.pop("target", "/")
    directory = ConfigDirectory(name, options, **args)
    names = {path: config.name for path, config in directory.configs.items()}
    folder = target.rstrip("/")
    mounts = [{"source": found, "target": f"{folder}/{path}"} for path, found in names.items()]
    return ConstructResult(directory.urn, {"configs": names, "mounts": mounts})


_MAKERS: Final[Mapping[str, Callable[[str, pulumi.ResourceOptions, Json], ConstructResult]]] = {
    STACK.token: _stack,
    CONFIG_DIRECTORY.token: _config_directory,
}


def _cause(error: Exception) -> Exception:
    """Return what has to be said of an error: the SDK puts a traceback around some, and one line hides others."""
    inner = error.__context__
    if type(error) is Exception and inner is not None and str(error).startswith(f"{inner}:\n"):
        return _cause(inner) if isinstance(inner, Exception) else error
    if isinstance(error, pulumi.RunError) and isinstance(inner, SwarmProviderError):
        return inner
    # what Pulumi says of a registration comes as a bare Exception
    return SwarmProviderError(str(error)) if type(error) in (Exception, pulumi.RunError) else error
