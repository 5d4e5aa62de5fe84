"""Pulumi's engine as far as a provider sees it: one preview, update or destroy.

As `pkg/resource/deploy` does it (3.274): resources that ask for it are read first; then the program's registrations
are checked and compared one at a time, and carried out side by side; what it has no longer is deleted last. The state
is saved when a step begins and when it ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from swarm_provider.core.values import UNKNOWN
from swarm_provider.plugin.protocol.values import decode, encode
from tests.simulation.clock import VirtualLoop
from tests.simulation.engine.plugin import Calling, Person, PluginProcess
from tests.simulation.engine.program import Declared, Program, resolved
from tests.simulation.engine.state import Json, Resource, State
from tests.support.in_process import Refused

PARALLEL = 16
NONE = provider_pb2.DiffResponse.DIFF_NONE


@dataclass
class Result:
    """What a run came to.

    Attributes:
        failures: one line each; none for a success.
        ops: what it did, as (operation, logical name).
        planned: outputs of a preview, by logical name.
        person: what was said.
        calls: calls to the plugin, by method.
        ended: whether it came to an end by itself.
    """

    preview: bool
    failures: list[str] = field(default_factory=list)
    ops: list[tuple[str, str]] = field(default_factory=list)
    planned: dict[str, Json] = field(default_factory=dict)
    person: Person = field(default_factory=Person)
    calls: dict[str, int] = field(default_factory=dict)
    ended: bool = False

    @property
    def ok(self) -> bool:
        return self.ended and not self.failures

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(op, name) for op, name in self.ops if op != "same"]


class Stack:
    """One Pulumi stack.

    Attributes:
        state: as it was last saved.
    """

    def __init__(self, loop: VirtualLoop, project: str = "shop", stack: str = "dev") -> None:
        self.loop = loop
        self.project = project
        self.stack = stack
        self.state = State()

    def urn(self, type_path: str, name: str) -> str:
        return f"urn:pulumi:{self.stack}::{self.project}::{type_path}::{name}"


class Run:
    """One command of the CLI on a stack."""

    def __init__(
        self,
        stack: Stack,
        program: Program,
        *,
        preview: bool = False,
        refresh_only: bool = False,
        parallel: int = PARALLEL,
    ) -> None:
        self.stack = stack
        self.program = program
        self.preview = preview
        self.refresh_only = refresh_only
        self.result = Result(preview)
        # a preview saves nothing
        self.state = stack.state.copy() if preview else stack.state
        self._loop = stack.loop
        self._plugins: list[Calling] = []
        self._reading: Calling | None = None
        self._stopped = False
        self._seen: set[str] = set()
        self._outputs: dict[str, Json] = {}
        self._gone_first: dict[str, Resource] = {}
        self._generating = asyncio.Lock()
        self._steps = asyncio.Semaphore(parallel)
        self._order: dict[str, asyncio.Event] = {}
        self.at_step: Callable[[str, str], None] = lambda op, name: None

    # ------------------------------------------------------------------- the command

    async def go(self) -> Result:
        try:
            if await self._refresh() and not self.refresh_only:
                await self._update()
        finally:
            for plugin in self._plugins:
                for method, count in plugin.calls.items():
                    self.result.calls[method] = self.result.calls.get(method, 0) + count
                plugin.kill()
        self.result.ended = True
        return self.result

    def kill_plugins(self) -> None:
        for plugin in self._plugins:
            plugin.kill()

    def interrupt(self) -> None:
        """Ctrl-C: nothing new begins, and what waits is asked to stop."""
        self._stopped = True
        self._fail("update canceled")
        for plugin in self._plugins:
            self._loop.create_task(_unless_dead(plugin.call("Cancel", empty_pb2.Empty())))

    def _fail(self, text: str) -> None:
        self.result.failures.append(text)
        self._stopped = True

    def _plugin(self) -> Calling:
        plugin = PluginProcess(self._loop, self.result.person)
        self._plugins.append(plugin)
        return plugin

    async def _end(self, plugin: Calling) -> None:
        try:
            await plugin.call("Cancel", empty_pb2.Empty())
        except Refused:
            return

    # ---------------------------------------------------------------------- refresh

    async def _refresh(self) -> bool:
        """Read what asks for it; False where that failed."""
        known = [one for one in self.state.resources if one.refreshed or self.refresh_only]
        if not known or self.state.provider is None:
            return True
        plugin = self._reading = self._plugin()
        try:
            await plugin.configured(self.state.provider)
        except Refused as error:
            self._fail(error.message)
            return False
        found = await self._together(self._read(plugin, one) for one in known)
        if not self._stopped:
            fresh = dict(zip(map(id, known), found, strict=True))
            self.state.resources = [new for one in self.state.resources if (new := fresh.get(id(one), one)) is not None]
            there = {one.urn for one in self.state.resources}
            self.state.resources = [
                replace(one, depends=tuple(urn for urn in one.depends if urn in there)) for one in self.state.resources
            ]
            if self.refresh_only and not self.preview:
                self.state.pending -= there
        if self._stopped or self.refresh_only:
            await self._end(plugin)
        return not self._stopped

    async def _read(self, plugin: Calling, one: Resource) -> Resource | None:
        errors: tuple[str, ...] = ()
        try:
            async with self._steps:
                answer = await plugin.call(
                    "Read",
                    provider_pb2.ReadRequest(
                        urn=one.urn,
                        name=one.name,
                        type=one.token,
                        id=one.id,
                        inputs=one.inputs,
                        properties=one.outputs,
                    ),
                )
            found, inputs, outputs = answer.id, answer.inputs, answer.properties
        except Refused as error:
            if error.kept is None:
                self._fail(f"{one.name}: {error.message}")
                return one
            found, inputs, outputs = error.kept[0], encode(error.kept[1]), encode(error.kept[2])
            errors = tuple(error.reasons)
        if not found:
            return None
        fresh = replace(one, id=found, inputs=inputs, outputs=outputs, errors=errors)
        try:
            # for the display of a refresh
            await self._diff(plugin, fresh, one.inputs, ())
        except Refused as error:
            self._fail(f"{one.name}: {error.message}")
        return fresh

    # ----------------------------------------------------------------------- update

    async def _update(self) -> None:
        # a process of its own checks the configuration; what has read goes on where that is the same
        plugin = self._plugin()
        try:
            provider, same = await plugin.configure(self.program.config, self.state.provider, self._reading)
        except Refused as error:
            self._fail(error.message)
            return
        self.state.provider = provider
        if self._reading is not None:
            await self._end(plugin if same else self._reading)
            plugin = self._reading if same else plugin
        self._order = {one.name: asyncio.Event() for one in self.program.resources}
        await self._together(self._register(plugin, one) for one in self.program.resources)
        if not self._stopped:
            await self._delete_rest(plugin)
        await self._end(plugin)

    async def _together(self, work: Iterable[Coroutine[Any, Any, Any]]) -> list[Any]:
        return list(await asyncio.gather(*work))

    async def _register(self, plugin: Calling, declared: Declared) -> None:
        by_input = declared.by_input
        names = tuple(dict.fromkeys([*declared.depends_on, *(name for found in by_input.values() for name in found)]))
        for name in names:
            await self._order[name].wait()
        try:
            if self._stopped or any(name not in self._outputs for name in names):
                return
            async with self._generating:
                if self._stopped:
                    return
                depends = tuple(map(self._urn, names))
                urns = tuple((key, tuple(map(self._urn, found))) for key, found in by_input.items())
                step = await self._planned(plugin, declared, depends, urns)
            if step is not None:
                await step
        except Refused as error:
            self._fail(f"{declared.name}: {error.message}")
        finally:
            self._order[declared.name].set()

    def _urn(self, name: str) -> str:
        return self.stack.urn(self.program.by_name[name].type_path, name)

    async def _planned(
        self, plugin: Calling, declared: Declared, depends: tuple[str, ...], urns: Any
    ) -> Coroutine[Any, Any, None] | None:
        """Check and compare a registration; what is to be done then."""
        urn = self.stack.urn(declared.type_path, declared.name)
        old = self.state.find(urn)
        if old is None and declared.alias:
            old = self.state.find(self.stack.urn(declared.type_path, declared.alias))
        self._seen |= {urn} | ({old.urn} if old is not None else set())
        news = resolved(declared.args, self._outputs)
        if old is not None and declared.ignore:
            before = decode(old.inputs)
            for path in declared.ignore:
                _carry(path, before, news)
        along = self._gone_first.pop(urn, None)
        base = None if along is not None else old
        checked = await self._check(plugin, urn, declared, encode(news), base)
        if checked is None:
            return None
        new = Resource(urn, declared.kind, declared.name, "", checked, encode({}), depends, urns)
        if base is None:
            return self._create(plugin, new, old if along is None else None)
        diff = await self._diff(plugin, replace(base, urn=urn, name=declared.name), checked, declared.ignore)
        if list(diff.replaces):
            checked = await self._check(plugin, urn, declared, encode(news), None)
            if checked is None:
                return None
            new = replace(new, inputs=checked)
            if diff.deleteBeforeReplace:
                await self._delete_first(plugin, base)
                self._note("replace", declared.name)
                return self._create(plugin, new, None)
            self._note("replace", declared.name)
            return self._create(plugin, new, base)
        new = replace(new, id=base.id, outputs=base.outputs)
        if diff.changes == NONE and not base.errors:
            self._note("same", declared.name)
            self.state.put(new, base)
            self._outputs[declared.name] = {**decode(new.inputs), **decode(new.outputs), "id": new.id}
            return None
        return self._change(plugin, new, base)

    def _note(self, op: str, name: str) -> None:
        self.result.ops.append((op, name))
        self.at_step(op, name)

    async def _check(
        self, plugin: Calling, urn: str, declared: Declared, news: Any, old: Resource | None
    ) -> Any | None:
        answer = await plugin.call(
            "Check",
            provider_pb2.CheckRequest(
                urn=urn,
                name=declared.name,
                type=declared.token,
                news=news,
                olds=encode({}) if old is None else old.inputs,
            ),
        )
        for failure in answer.failures:
            self._fail(f"{declared.name}: {failure.reason}")
        return None if answer.failures else answer.inputs

    async def _diff(self, plugin: Calling, old: Resource, news: Any, ignore: tuple[str, ...]) -> Any:
        return await plugin.call(
            "Diff",
            provider_pb2.DiffRequest(
                urn=old.urn,
                name=old.name,
                type=old.token,
                id=old.id,
                old_inputs=old.inputs,
                olds=old.outputs,
                news=news,
                ignoreChanges=ignore,
            ),
        )

    # ------------------------------------------------------------------------ steps

    async def _create(self, plugin: Calling, new: Resource, old: Resource | None) -> None:
        request = provider_pb2.CreateRequest(
            urn=new.urn,
            name=new.name,
            type=new.token,
            properties=new.inputs,
            preview=self.preview,
        )
        self._note("create", new.name)
        if not self.preview:
            self.state.pending.add(new.urn)
        try:
            async with self._steps:
                if self._stopped:
                    return
                answer = await plugin.call("Create", request)
            made = replace(new, id=answer.id, outputs=answer.properties)
        except Refused as error:
            self._fail(f"{new.name}: {error.message}")
            self.state.pending.discard(new.urn)
            if error.kept is None:
                return
            made = replace(new, id=error.kept[0], outputs=encode(error.kept[2]), errors=tuple(error.reasons) or ("?",))
            self.state.put(made)
            if old is not None:
                self.state.mark_going(old)
            return
        self.state.pending.discard(new.urn)
        if old is not None:
            self.state.mark_going(old)
        self.state.put(made)
        self._done(made)

    async def _change(self, plugin: Calling, new: Resource, old: Resource) -> None:
        request = provider_pb2.UpdateRequest(
            urn=new.urn,
            name=new.name,
            type=new.token,
            id=old.id,
            old_inputs=old.inputs,
            news=new.inputs,
            olds=old.outputs,
            preview=self.preview,
        )
        self._note("update", new.name)
        try:
            async with self._steps:
                if self._stopped:
                    return
                answer = await plugin.call("Update", request)
            made = replace(new, outputs=answer.properties)
        except Refused as error:
            self._fail(f"{new.name}: {error.message}")
            if error.kept is None:
                return
            # Pulumi keeps the old inputs and the new outputs
            outputs = encode(error.kept[2])
            self.state.put(replace(new, inputs=old.inputs, outputs=outputs, errors=tuple(error.reasons) or ("?",)), old)
            return
        self.state.put(made, old)
        self._done(made)

    def _done(self, made: Resource) -> None:
        outputs = decode(made.outputs)
        self._outputs[made.name] = {**decode(made.inputs), **outputs, "id": made.id or UNKNOWN}
        self.result.planned[made.name] = outputs

    async def _delete(self, plugin: Calling, one: Resource) -> bool:
        self._note("delete", one.name)
        if self.preview:
            self.state.drop(one)
            return True
        try:
            async with self._steps:
                await plugin.call(
                    "Delete",
                    provider_pb2.DeleteRequest(
                        urn=one.urn,
                        name=one.name,
                        type=one.token,
                        id=one.id,
                        old_inputs=one.inputs,
                        properties=one.outputs,
                    ),
                )
        except Refused as error:
            self._fail(f"{one.name}: {error.message}")
            return False
        self.state.drop(one)
        return True

    async def _delete_first(self, plugin: Calling, root: Resource) -> None:
        """Delete a resource before its replacement is made, and before that what would have to be replaced with it."""
        replaced = {root.urn}
        along: list[Resource] = []
        for one in self.state.resources:
            if one.going or one.urn in replaced:
                continue
            touched = {key for key, urns in one.property_depends if replaced & set(urns)}
            if not touched:
                continue
            news = {key: UNKNOWN if key in touched else value for key, value in decode(one.inputs).items()}
            diff = await self._diff(plugin, one, encode(news), ())
            if list(diff.replaces):
                replaced.add(one.urn)
                along.append(one)
        for one in [*reversed(along), root]:
            if not await self._delete(plugin, one):
                raise Refused(grpc.StatusCode.ABORTED, "a resource could not be deleted before its replacement")
            if one is not root:
                self._gone_first[one.urn] = one

    async def _delete_rest(self, plugin: Calling) -> None:
        going = [one for one in self.state.resources if one.going or one.urn not in self._seen]
        while going and not self._stopped:
            needed = {urn for one in going for urn in one.depends}
            free = [one for one in reversed(going) if one.urn not in needed or one.going]
            if not free:
                free = going[-1:]
            await self._together(self._delete(plugin, one) for one in free)
            going = [one for one in going if one not in free]


def _carry(path: str, before: Json, news: Json) -> None:
    """ignore_changes: what the state has stays."""
    *parents, last = path.split(".")
    for key in parents:
        inner_before, inner_news = before.get(key), news.get(key)
        if not isinstance(inner_before, dict) or not isinstance(inner_news, dict):
            return
        before, news = inner_before, inner_news
    if last in before:
        news[last] = before[last]
    else:
        news.pop(last, None)


async def _unless_dead(call: Coroutine[Any, Any, Any]) -> None:
    try:
        await call
    except Refused:
        return
