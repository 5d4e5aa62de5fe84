"""Mocks for unit tests of a program: they answer as the provider does, without a swarm and without Pulumi's CLI.

    from swarm_provider import testing

    mocked = testing.set_mocks()

What a program gives a resource goes through the plugin's Check and its preview of a Create, in this process, as for a
swarm that cannot be reached. What only a swarm knows, an id for example, is made up: the same in each run.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
import warnings
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Final

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime import mocks
from pulumi.runtime.proto import engine_pb2, provider_pb2, resource_pb2

from swarm_provider.convert.service.spec import spec_of
from swarm_provider.core import Json
from swarm_provider.core.names import camel, snake
from swarm_provider.core.values import UNKNOWN, Secret, reveal
from swarm_provider.model.provider import PROVIDER
from swarm_provider.model.resource import Resource
from swarm_provider.model.resources import RESOURCES
from swarm_provider.model.schema import PACKAGE
from swarm_provider.model.types.kinds import Field, ListOf, MapOf
from swarm_provider.plugin.handlers.service.outputs import outputs_of
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.values import decode, encode
from swarm_provider.plugin.server import Provider
from swarm_provider.resources.arguments.shown import shown
from swarm_provider.resources.arguments.wire import to_wire
from swarm_provider.resources.program.error_reporting import said

_NOWHERE: Final = "unix:///no-swarm-in-a-unit-test"
_CONNECTION: Final = ("host", "hosts", "context", "tls", "nodeHosts", "registryAuth")
_ROOT: Final = "pulumi:pulumi:Stack"
_PROVIDERS: Final = f"pulumi:providers:{PACKAGE}"
_WITH_KEYS: Final = ("swarm:index:Secret", "swarm:index:Release")
_KEY: Final = Secret("0" * 64)
"""In the place of the random one, with which names of secrets would be others in each run."""
# older SDKs, such as 3.225, take the one of providers
_INVOKED: Final = getattr(resource_pb2, "ResourceInvokeResponse", provider_pb2.InvokeResponse)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Registered:
    """A resource of this package that the program has registered.

    Attributes:
        kind: such as `Service`.
        name: the logical name.
        urn: Pulumi's name of it.
        inputs: as the provider takes them, with names and defaults, in the spelling of Python:
            `inputs.deploy.replicas`. Values of secrets are there as they are.
    """

    kind: str
    name: str
    urn: str
    inputs: Any


class Mocked:
    """What a program has done since `set_mocks`.

    Attributes:
        resources: the resources of this package, as they came: those that need no other one come side by side.
    """

    def __init__(self, plugins: Mapping[str, _Plugin]) -> None:
        self.resources: list[Registered] = []
        self._plugins = plugins

    def __getitem__(self, name: str) -> Registered:
        """Return the resource of this logical name, the first where several kinds have it. Raises KeyError."""
        return {one.name: one for one in reversed(self.resources)}[name]

    def run(self, program: Callable[[], Any]) -> Any:
        """Run a program, or a part of one, until all its resources are registered; return what it returns.

        Outputs are resolved; of one that a preview does not know, None comes back.
        """
        found: list[Any] = []
        test: Callable[[Callable[[], Any]], Callable[[], None]] = pulumi.runtime.test
        test(lambda: pulumi.Output.from_input(program()).apply(found.append))()
        return found[0] if found else None

    @property
    def warnings(self) -> list[str]:
        """What the provider has warned of, its advice too. With `strict`, the program has failed instead."""
        return [text for plugin in self._plugins.values() for text in plugin.warnings()]


@dataclass(frozen=True)
class _Said:
    """What a test says; the attributes are the arguments of `set_mocks`."""

    project: str
    stack: str
    preview: bool
    lookups: Mapping[str, Any]
    existing: Mapping[str, Mapping[str, Mapping[str, Any]]]


def set_mocks(
    *,
    project: str = "project",
    stack: str = "stack",
    preview: bool = False,
    settings: Mapping[str, Any] | None = None,
    lookups: Mapping[str, Any] | None = None,
    existing: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None,
    others: pulumi.runtime.Mocks | None = None,
) -> Mocked:
    """Let programs in this process talk to mocks that answer as the provider does, until this is called again.

    Call it before the program is imported. What the provider refuses is a `pulumi.RunError` of the program.

    Args:
        project: the Pulumi project; names of configs depend on it.
        stack: the Pulumi stack, likewise.
        preview: whether what a preview does not know is unknown, as in `pulumi preview`.
        settings: those of the default provider, such as `strict` or `advice`.
        lookups: what lookups answer: `{"get_nodes": [swarm.NodeInfo(...)]}`, or a function of their arguments.
        existing: what `get` finds, by kind and id: `{"Network": {"shared": {"attachable": True}}}`.
        others: the mocks of other packages' resources and functions. Without them, their outputs are their inputs.
    """
    plugins = {"": _Plugin(to_wire(PROVIDER.shape, dict(settings or {})))}
    done, answering = Mocked(plugins), others or _Others()
    monitor = _Monitor(answering, done, plugins, _Said(project, stack, preview, lookups or {}, existing or {}))
    _have_a_loop()
    pulumi.runtime.set_mocks(answering, project=project, stack=stack, preview=preview, monitor=monitor)
    return done


def _have_a_loop() -> None:
    """Give the thread an event loop, which the SDK needs and a test that called `asyncio.run` has taken away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            asyncio.get_event_loop()
        except RuntimeError:
            asyncio.set_event_loop(asyncio.new_event_loop())


class _Others(pulumi.runtime.Mocks):
    """Other packages, of which nothing is known."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        return args.resource_id or f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        raise pulumi.RunError(said(f"{args.token}: this test says nothing of it; set_mocks(others=...) does"))


class _Monitor(mocks.MockMonitor):
    """Pulumi's end for a program: what is this package's goes to the plugin.

    Args:
        others: answers for all other packages.
        done: gets what the program registers.
        plugins: by the reference of their provider resource, "" for the default one.
        said: what the test says.
    """

    def __init__(self, others: pulumi.runtime.Mocks, done: Mocked, plugins: dict[str, _Plugin], said: _Said) -> None:
        super().__init__(others)
        self._done, self._plugins, self._said = done, plugins, said

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return the URN that Pulumi's engine gives, from which names of versions are made."""
        above = parent.split("::")[2] if parent else _ROOT
        qualified = type_ if above == _ROOT else f"{above}${type_}"
        # the SDK asks in a thread of its own, where older ones know neither project nor stack
        return f"urn:pulumi:{self._said.stack}::{self._said.project}::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        if request.type == _PROVIDERS:
            return self._provider(request)
        if not request.type.startswith(f"{PACKAGE}:"):
            return super().RegisterResource(request)  # type: ignore[no-untyped-call] # the SDK's
        urn = self.make_urn(request.parent, request.type, request.name)
        id, properties = "", request.object
        if request.custom:
            plugin, resource = self._plugins.get(request.provider) or self._plugins[""], RESOURCES[request.type]
            inputs = plugin.checked(urn, request, preview=self._said.preview)
            id, outputs = plugin.created(urn, request, inputs, preview=self._said.preview)
            plain = shown(resource.shape, reveal(inputs))
            self._done.resources.append(Registered(resource.name, request.name, urn, plain))
            properties = encode(outputs)
        return self._answered(urn, id, properties)

    def _provider(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        id = _id(urn)
        self._plugins[f"{urn}::{id}"] = _Plugin(decode(request.object))
        return self._answered(urn, id, request.object)

    def _answered(self, urn: str, id: str, properties: struct_pb2.Struct) -> Any:
        self.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, id, reveal(decode(properties)))
        return resource_pb2.RegisterResourceResponse(urn=urn, id=id, object=properties)

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        if request.type not in RESOURCES:
            return super().ReadResource(request)  # type: ignore[no-untyped-call] # the SDK's
        urn, resource = self.make_urn(request.parent, request.type, request.name), RESOURCES[request.type]
        given = self._said.existing.get(resource.name, {}).get(request.id, {})
        outputs = {entry.wire: _made_up(urn, resource, entry) for entry in resource.outputs if entry.required}
        names = {"name": request.id} if "name" in (*resource.shape.by_wire, *outputs) else {}
        wire = {camel(key): value for key, value in to_wire(resource.shape, dict(given)).items()}
        properties = encode({**outputs, **names, **wire})
        self._answered(urn, request.id, properties)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=properties)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the SDK's name
        package, _, function = request.tok.rpartition(":")
        if package != f"{PACKAGE}:index":
            return super().Invoke(request)  # type: ignore[no-untyped-call] # the SDK's
        name = snake(function)
        if name not in self._said.lookups:
            text = f"{name}: this test says nothing of it; set_mocks(lookups={{{name!r}: ...}}) does"
            raise pulumi.RunError(said(text))
        found = self._said.lookups[name]
        if callable(found):
            found = found(**{snake(key): value for key, value in reveal(decode(request.args)).items()})
        answer = _INVOKED()
        getattr(answer, "return").CopyFrom(encode(_looked_up(found)))
        return answer


def _looked_up(found: Any) -> Json:
    """Return what a lookup found as the plugin answers it."""
    if isinstance(found, (list, tuple)):
        return {"nodes": [_looked_up(one) for one in found]}
    if is_dataclass(found):
        return {camel(entry.name): getattr(found, entry.name) for entry in fields(found)}
    return {camel(key): value for key, value in found.items()}


class _Listener:
    """Whoever is told what the plugin says."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    async def Log(self, request: engine_pb2.LogRequest, timeout: float) -> None:  # noqa: N802 - the protocol's name
        if request.severity == engine_pb2.WARNING and _NOWHERE not in request.message:
            self.warnings.append(request.message)


class _Context:
    """What a call is answered by: a refusal is an error of the program."""

    async def abort(self, code: object, message: str, trailing: object = ()) -> None:
        raise pulumi.RunError(said(message))


class _Plugin:
    """The provider in this process, which reaches no swarm.

    Args:
        settings: its configuration; where Docker is does not matter.
    """

    def __init__(self, settings: Json) -> None:
        self._listener = _Listener()
        self._provider = Provider(None)
        self._provider.log = EngineLog(None, self._listener)
        # the SDK asks from threads of its own, several at a time
        self._turn = threading.Lock()
        self._loop = asyncio.new_event_loop()
        weakref.finalize(self, self._loop.close)
        kept = {key: value for key, value in settings.items() if key not in _CONNECTION}
        args = encode({**kept, "host": _NOWHERE, "offlinePreview": True})
        self._call("Configure", provider_pb2.ConfigureRequest(args=args, acceptSecrets=True))

    def _call(self, method: str, request: Any) -> Any:
        with self._turn:
            return self._loop.run_until_complete(getattr(self._provider, method)(request, _Context()))

    def warnings(self) -> list[str]:
        """Return what it has warned of so far."""
        with self._turn:
            self._loop.run_until_complete(self._provider.end())
        return list(self._listener.warnings)

    def checked(self, urn: str, request: Any, *, preview: bool) -> Json:
        """Return a resource's inputs as Check leaves them.

        Args:
            urn: the resource.
            request: its registration.
            preview: whether what a preview does not know stays unknown.
        """
        inputs = self._check(urn, request, {})
        if preview:
            return inputs
        if request.type in _WITH_KEYS:
            # a name that is made with a key is known once there is a state with the key
            inputs = self._check(urn, request, _with_keys(inputs))
        known: Json = _known(inputs)
        return known

    def _check(self, urn: str, request: Any, olds: Json) -> Json:
        answer = self._call(
            "Check",
            provider_pb2.CheckRequest(
                urn=urn, name=request.name, type=request.type, news=request.object, olds=encode(olds)
            ),
        )
        if answer.failures:
            reasons = "; ".join(failure.reason for failure in answer.failures)
            raise pulumi.RunError(said(f"{request.type} resource {request.name!r} has a problem: {reasons}"))
        return decode(answer.inputs)

    def created(self, urn: str, request: Any, inputs: Json, *, preview: bool) -> tuple[str, Json]:
        """Return the id and the outputs of a new resource.

        Args:
            urn: the resource.
            request: its registration.
            inputs: as Check leaves them.
            preview: whether what a preview does not know stays unknown.
        """
        answer = self._call(
            "Create",
            provider_pb2.CreateRequest(
                urn=urn, name=request.name, type=request.type, properties=encode(inputs), preview=True
            ),
        )
        outputs = {key: value for key, value in decode(answer.properties).items() if not key.startswith("__")}
        return answer.id, outputs if preview else _filled(urn, RESOURCES[request.type], inputs, outputs)


def _with_keys(inputs: Json) -> Json:
    """Return the inputs of a Secret, or of a Release with those of its secrets, with the key that tests have."""
    if "familyId" in inputs:
        return {**inputs, "key": _KEY}
    return {**inputs, "secrets": {name: _with_keys(one) for name, one in inputs["secrets"].items()}}


def _known(inputs: Any) -> Any:
    """Return inputs without what only a swarm or a registry knows: an image is as it is written then."""
    if isinstance(inputs, list):
        return [_known(one) for one in inputs]
    if not isinstance(inputs, dict):
        return inputs
    return {key: _known(one) for key, one in inputs.items() if one is not UNKNOWN}


def _filled(urn: str, resource: Resource, inputs: Json, outputs: Json) -> Json:
    """Return outputs with something in the place of what only a swarm knows."""
    known = dict(outputs)
    if resource.name == "Release":
        known["services"] = {
            key: _filled(resource.urn_below(urn, key), RESOURCES["swarm:index:Service"], inputs["services"][key], one)
            for key, one in outputs["services"].items()
        }
    for entry in resource.outputs:
        if outputs.get(entry.wire) is not UNKNOWN:
            continue
        known[entry.wire] = _endpoint(inputs) if entry.wire == "endpoint" else _made_up(urn, resource, entry)
    return known


def _endpoint(inputs: Json) -> Json:
    """Return the endpoint of a service that nobody has given addresses."""
    spec = spec_of(inputs)
    wanted = spec.get("EndpointSpec") or {}
    live = {"ID": "", "Spec": spec, "Endpoint": {"Spec": {"Mode": "vip", **wanted}, "Ports": wanted.get("Ports")}}
    endpoint: Json = outputs_of(live, None)["endpoint"]
    return endpoint


def _made_up(urn: str, resource: Resource, entry: Field) -> Any:
    if isinstance(entry.type, (MapOf, ListOf)):
        return {} if isinstance(entry.type, MapOf) else []
    if entry.wire.endswith("Id") or entry.wire == "incarnation":
        return _id(f"{urn} {entry.wire}")
    return "active" if resource.name == "Node" else ""


def _id(of: str) -> str:
    """Return an id as Docker's look, the same for the same text."""
    number, digits = int.from_bytes(hashlib.sha256(of.encode()).digest()), ""
    while len(digits) < 25:
        number, rest = divmod(number, len(_DIGITS))
        digits += _DIGITS[rest]
    return digits
