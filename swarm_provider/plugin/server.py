"""The ResourceProvider service over gRPC: decode, route by type, encode, and turn errors into one line each.

Property names never go into CheckFailure.property: Pulumi prints the value beside it, also when it is a secret.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core import Json
from swarm_provider.core.values import Secret, has_unknown, reveal, secret_texts
from swarm_provider.errors import GivenUp, InputError, Problem, SwarmLost, SwarmProviderError
from swarm_provider.model.content import CONTENT
from swarm_provider.model.provider import configuration
from swarm_provider.model.resources import RESOURCES
from swarm_provider.plan.change.ignored_changes import misplaced
from swarm_provider.plan.ownership.claims import require_no_copy
from swarm_provider.plan.ownership.swarm_identity import KEY, record_of
from swarm_provider.plugin.introduction import Introduction
from swarm_provider.plugin.protocol.autonaming import KEPT, default_name, keep
from swarm_provider.plugin.protocol.differences import difference
from swarm_provider.plugin.protocol.logfile import open_log
from swarm_provider.plugin.protocol.operations import Difference, PartialFailure, Request
from swarm_provider.plugin.protocol.rpc import rpc
from swarm_provider.plugin.protocol.values import decode, encode, flattened, with_inputs
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.swarms.marks import mark_of, marked
from swarm_provider.version import __version__

if TYPE_CHECKING:
    # a second process of this plugin checks the configuration alone
    from swarm_provider.plugin.handlers.base import Handler
    from swarm_provider.plugin.run.run import Run
    from swarm_provider.plugin.run.session import Session
    from swarm_provider.plugin.swarms.configuration import Settled
    from swarm_provider.plugin.swarms.homes import Home, Homes


_LAST_WORDS_SECONDS: Final = 1.0
"""The plugin has to end within 2 s of the signal, also where nobody listens any more."""


class Provider(Introduction):
    """The plugin's face: one instance per process."""

    def __init__(self, engine_address: str | None) -> None:
        super().__init__(engine_address)
        self._reference: str | None = None
        """Of the provider that this plugin was configured as: its URN and id."""
        # the log of messages may be another one by then
        open_log(os.environ, lambda text: self.log.clean(text, lines=True), sys.argv[1:])
        self._configured: Homes | None = None
        self._settled: Settled | None = None
        """What CheckConfig found out."""
        self._refused = False
        """Whether Check has refused a resource."""

    # ------------------------------------------------------------ the plugin

    @rpc
    async def CheckConfig(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        inputs, problems = configuration(self._opened(request.news), os.environ)
        answer = flattened(inputs)
        if not problems and not has_unknown(inputs):
            from swarm_provider.plugin.swarms.configuration import Settled

            self._settled = Settled()
            answer[KEY] = await self._settled.check(inputs, self._opened(request.olds))
        return self._checked(answer, problems)

    @rpc
    async def DiffConfig(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        olds, news = decode(request.old_inputs), decode(request.news)
        if self._configured is not None and await self._configured.differ(olds):
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME, replaces=["provider"])
        # the provider itself is never replaced: it is what reads and removes on the swarm before (docs/decisions/014)
        equal = olds == news if self._settled is None else self._settled.is_same(olds, news)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_NONE if equal else provider_pb2.DiffResponse.DIFF_SOME
        )

    @rpc
    async def Configure(self, request: provider_pb2.ConfigureRequest, context: Any) -> provider_pb2.ConfigureResponse:
        from swarm_provider.plugin.run.settings import settings_from
        from swarm_provider.plugin.swarms.homes import Homes

        args = self._opened(request.args)
        inputs, problems = configuration(args, os.environ)
        if problems:
            raise InputError(*problems)
        settings = settings_from(inputs)
        connected = None if self._settled is None else self._settled.connected(settings.connection)
        self._configured = Homes(settings, record_of(args), self.log, connected)
        self._reference = f"{request.urn}::{request.id}" if request.urn and request.id else None
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True,
            acceptResources=True,
            acceptOutputs=True,
            supportsPreview=True,
            supports_autonaming_configuration=True,
        )

    @rpc
    async def Cancel(self, request: empty_pb2.Empty, context: Any) -> empty_pb2.Empty:
        # comes at the end of every run, too, where the CLI is newer than 3.231; then nothing waits any more
        if self._configured is not None:
            self._tell_advice()
            self._configured.cancel()
        return empty_pb2.Empty()

    @rpc
    async def Invoke(self, request: provider_pb2.InvokeRequest, context: Any) -> provider_pb2.InvokeResponse:
        from swarm_provider.plugin.lookups import invoke

        homes = self._homes
        self._require_swarm()
        homes.current.tell_where()
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(encode(await invoke(self._session, request.tok, self._opened(request.args))))
        return answer

    @rpc
    async def List(  # type: ignore[override, unused-ignore] # gRPC takes what writes its answers, too
        self, request: provider_pb2.ListRequest, context: Any
    ) -> empty_pb2.Empty:
        from swarm_provider.plugin.listing import listed

        self._require_swarm()
        query = self._opened(request.query)
        if has_unknown(query):
            await context.write(provider_pb2.ListResponse(computed=provider_pb2.ListResponse.Computed()))
            return empty_pb2.Empty()
        found = await listed(self._session, request.token, query)
        # all in one page: a list of Docker's comes in one answer, too
        for id in found[: request.limit] if request.limit > 0 else found:
            await context.write(provider_pb2.ListResponse(result=provider_pb2.ListResponse.Result(id=id, name=id)))
        return empty_pb2.Empty()

    @rpc
    async def Construct(self, request: provider_pb2.ConstructRequest, context: Any) -> provider_pb2.ConstructResponse:
        from swarm_provider.plugin.components.construct import construct

        self.log.hide({request.config[key] for key in request.configSecretKeys if key in request.config})
        self._opened(request.inputs)
        return await construct(request, self.engine, self._reference)

    # ------------------------------------------------------------- resources

    @rpc
    async def Check(self, request: provider_pb2.CheckRequest, context: Any) -> provider_pb2.CheckResponse:
        news = self._opened(request.news)
        with self._handling(request, Phase.CHECK) as handler:
            olds = self._homes.registered(request.urn, self._opened(request.olds))
            # what comes after Check runs side by side: a swarm that cannot be reached would be an error of each
            self._require_swarm()
            await self._session.swarm()
            called = _request(request)
            named = replace(called, name=default_name(request, called.name))
            try:
                inputs = await handler.check(named, olds, news)
            except InputError as error:
                self._refused = True
                return self._checked({}, error.problems)
        if self._session.offline and not olds:
            self._session.warn_offline()
        answer = self._checked(inputs)
        keep(answer.inputs, request, named.name, called.name)
        return answer

    @rpc
    async def Diff(self, request: provider_pb2.DiffRequest, context: Any) -> provider_pb2.DiffResponse:
        mark = mark_of(request.olds)
        if self._homes.moves(request.urn, mark):
            await self._homes.move(mark, request.urn, self._opened(request.old_inputs))
            return difference(Difference(replaces=("provider",)))
        with self._handling(request, Phase.DIFF, self._homes.of(mark)) as handler:
            equal = request.old_inputs == request.news
            if equal and handler.compares_inputs_only:
                # nothing of a large stack that did not change is worth decoding
                return difference(Difference())
            olds = self._opened(request.old_inputs)
            news, state = (olds, {}) if equal else (self._opened(request.news), self._state(request, request.olds))
            ignored = list(request.ignoreChanges)
            # the refresh before a run asks for differences, too, before Pulumi has put anything back
            if ignored and self._run.is_checked(request.urn):
                for text in misplaced(handler.resource.shape, olds, news, ignored):
                    self._session.warn(request.urn, text, strict=reveal(news.get("strict")))
            found = await handler.diff(_request(request), olds, news, state, ignored)
        if self._homes.is_registered(request.urn) and (found.changes or found.replaces):
            require_no_copy(_request(request).owner, handler.run.copy_of)
        return difference(found)

    @rpc
    async def Create(self, request: provider_pb2.CreateRequest, context: Any) -> provider_pb2.CreateResponse:
        with self._handling(request, _applied(request)) as handler:
            id, outputs = await handler.create(
                _request(request), self._opened(request.properties), preview=request.preview
            )
            properties = with_inputs(
                encode(self._complete(request, outputs)), request.properties, handler.resource.repeated
            )
        return provider_pb2.CreateResponse(id=id, properties=properties, refresh_before_update=True)

    @rpc
    async def Read(self, request: provider_pb2.ReadRequest, context: Any) -> provider_pb2.ReadResponse:
        olds, state = self._opened(request.inputs), self._state(request, request.properties)
        known = bool(olds or state)
        home = self._homes.of(mark_of(request.properties)) if known else self._homes.current
        session = home.session
        try:
            self._require_swarm()
            await home.ready()
            if await session.is_offline():
                session.warn_offline()
                return _as_it_was(request)
        except (SwarmLost, GivenUp) as error:
            if not known:
                raise
            self.log.warn("", str(error))
            return provider_pb2.ReadResponse() if isinstance(error, SwarmLost) else _as_it_was(request)
        except SwarmProviderError:
            # one resource says it, and the run fails; the others need not say it again
            if olds and not home.run.is_first("unreachable"):
                return _as_it_was(request)
            raise
        if not known:
            home.tell_where()
        with self._handling(request, Phase.READ, home) as handler:
            live = await handler.read(_request(request), request.id, olds, state)
            if live is not None and known:
                home.run.find(request.urn, live.inputs, live.outputs)
        if live is None:
            return provider_pb2.ReadResponse()
        # an import has no older inputs that would have told them
        self.log.hide(secret_texts(live.inputs))
        if live.reasons:
            raise _StillFailing(live.id, live.inputs, marked(live.outputs, session), live.reasons)
        same = live.inputs == olds
        inputs = request.inputs if same else with_inputs(encode(live.inputs), request.inputs, (KEPT,))
        # nobody but the swarm has the content of what is only looked at
        repeated = handler.resource.repeated if known else handler.resource.repeated | set(CONTENT)
        properties = with_inputs(encode(marked(live.outputs, session)), inputs, repeated)
        return provider_pb2.ReadResponse(id=live.id, inputs=inputs, properties=properties, refresh_before_update=True)

    @rpc
    async def Update(self, request: provider_pb2.UpdateRequest, context: Any) -> provider_pb2.UpdateResponse:
        with self._handling(request, _applied(request)) as handler:
            outputs = await handler.update(
                _request(request),
                request.id,
                self._opened(request.old_inputs),
                self._opened(request.news),
                self._state(request, request.olds),
                preview=request.preview,
            )
            properties = with_inputs(encode(self._complete(request, outputs)), request.news, handler.resource.repeated)
        return provider_pb2.UpdateResponse(properties=properties, refresh_before_update=True)

    @rpc
    async def Delete(self, request: provider_pb2.DeleteRequest, context: Any) -> empty_pb2.Empty:
        self._require_swarm()
        home = self._homes.of(mark_of(request.properties))
        try:
            await home.ready()
        except (SwarmLost, GivenUp) as error:
            self.log.warn("", str(error))
            return empty_pb2.Empty()
        # of a swarm that cannot be reached nothing is known, and so nothing is gone
        home.session.require_online()
        home.tell_where()
        olds, state = self._opened(request.old_inputs), self._state(request, request.properties)
        with self._handling(request, Phase.DELETE, home) as handler:
            await handler.delete(_request(request), request.id, olds, state)
            home.run.forget(request.urn)
        return empty_pb2.Empty()

    async def end(self) -> None:
        """Say what is said at the end of a run, before the process ends: older CLIs send a signal and no Cancel."""
        if self._configured is not None and self._tell_advice():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.log.flush(), _LAST_WORDS_SECONDS)

    # --------------------------------------------------------------- helpers

    def _tell_advice(self) -> bool:
        """Show the advice of the run, unless it has refused a resource: then that alone is to be read."""
        return not self._refused and self._run.tell_advice()

    @property
    def _homes(self) -> Homes:
        if self._configured is None:
            raise SwarmProviderError("the provider is not configured yet")
        return self._configured

    @property
    def _run(self) -> Run:
        """That on the swarm that the settings lead to."""
        return self._homes.current.run

    @property
    def _session(self) -> Session:
        return self._run.session

    def _complete(self, request: Any, outputs: Json) -> Json:
        """Return the outputs of a create or update with what is known here: the forecast, or where it lives."""
        if request.preview:
            return {**outputs, **self._run.forecasts_of(request.urn)}
        return marked(outputs, self._session)

    def _require_swarm(self) -> None:
        """Raise why the settings lead to no swarm that can be worked with."""
        if self._settled is not None:
            self._settled.require()

    def _state(self, request: Any, struct: Any) -> Json:
        """Decode the outputs in the state; what has another type than it should counts as missing."""
        resource = self._handler(request, self._homes.current).resource
        return resource.sound(self._opened(struct, without=resource.repeated))

    def _opened(self, struct: Any, *, without: Container[str] = (KEPT,)) -> Json:
        """Decode properties; what is secret in them is in no message from now on."""
        secrets: list[Secret] = []
        data = decode(struct, without=without, secrets=secrets)
        if secrets:
            self.log.hide(secret_texts(secrets))
        return data

    def failure(self, request: Any, error: PartialFailure) -> provider_pb2.ErrorResourceInitFailed:
        """Return the detail that keeps a half-made object in the state."""
        if isinstance(error, _StillFailing):
            # Read knows where it was, which may be another swarm than the one of the settings
            outputs, asked = error.outputs, request.inputs
        else:
            outputs = marked(error.outputs, self._session)
            asked = request.news if isinstance(request, provider_pb2.UpdateRequest) else request.properties
        inputs = asked if error.inputs is None else with_inputs(encode(error.inputs), asked, (KEPT,))
        return provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=with_inputs(encode(outputs), inputs, RESOURCES[_kind(request)].repeated),
            inputs=inputs,
            reasons=[self.log.clean(reason, lines=True) for reason in error.reasons],
            refresh_before_update=True,
        )

    def _checked(self, inputs: Json, problems: Iterable[Problem] = ()) -> provider_pb2.CheckResponse:
        failures = [provider_pb2.CheckFailure(property="", reason=self.log.clean(str(problem))) for problem in problems]
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=failures)

    @contextlib.contextmanager
    def _handling(self, request: Any, phase: Phase, home: Home | None = None) -> Iterator[Handler]:
        """Give the handler of a resource for one call, at home where it lives or, without one, by the settings."""
        home = home or self._homes.current
        with home.run.during(request.urn, phase):
            yield self._handler(request, home)

    def _handler(self, request: Any, home: Home) -> Handler:
        kind = _kind(request)
        try:
            return home.handlers[kind]
        except KeyError:
            raise SwarmProviderError(f"this version of the provider ({__version__}) has no resource {kind!r}") from None


class _StillFailing(PartialFailure):
    """The case that Read found what a failed update left; its inputs are the live ones."""

    def __init__(self, id: str, inputs: Json, outputs: Json, reasons: Any) -> None:
        super().__init__(id, outputs, reasons, inputs)


def _as_it_was(request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:
    """Return the answer of a Read that says what the state says."""
    return provider_pb2.ReadResponse(
        id=request.id, inputs=request.inputs, properties=request.properties, refresh_before_update=True
    )


def _applied(request: Any) -> Phase:
    return Phase.PLAN if request.preview else Phase.APPLY


def _kind(request: Any) -> str:
    """Return the type's token of a resource."""
    return str(request.type or request.urn.split("::")[2].split("$")[-1])


def _request(request: Any) -> Request:
    name = request.name or request.urn.rsplit("::", 1)[-1]
    return Request(request.urn, name, getattr(request, "timeout", 0.0))
