"""Release: what Check, Diff, Create, Read, Update and Delete mean for a whole stack."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from swarm_provider.compose.children import Child as Planned
from swarm_provider.core import Json, path
from swarm_provider.core.values import FORECAST, UNKNOWN, reveal, sharing
from swarm_provider.errors import ClaimedTwice, InputError, Problem
from swarm_provider.garbage import give_back
from swarm_provider.model.resources import RELEASE
from swarm_provider.plan.change.property_diff import Change, Kind
from swarm_provider.plan.change.request_spec import ports_that_move
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.handlers.release import reading
from swarm_provider.plugin.handlers.release.children import (
    COMPUTED,
    UNSETTLED,
    Child,
    Name,
    children,
    inputs_of,
    names,
    outputs,
    request_of,
)
from swarm_provider.plugin.handlers.release.deployment import Deployment, remove
from swarm_provider.plugin.handlers.release.importing import inputs_of_stack
from swarm_provider.plugin.handlers.release.progress import summed_up
from swarm_provider.plugin.handlers.release.strays import strays
from swarm_provider.plugin.protocol.operations import Difference, Live, PartialFailure, Request
from swarm_provider.plugin.run.phases import Phase
from swarm_provider.plugin.run.run import Run

_OWN: Final = ("stackName", *COMPUTED, "dependencies")


class ReleaseHandler(Handler):
    """`swarm:index:Release`."""

    resource = RELEASE
    names = ("name", "stackName")

    def __init__(self, run: Run, handlers: Mapping[str, Handler]) -> None:
        """
        Args:
            handlers: that of each kind of child (`network`, `config`, `secret`, `service`).
        """
        super().__init__(run)
        self._handlers = handlers

    # ---------------------------------------------------------------- check

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(reading.given(news))
        read = await asyncio.to_thread(reading.read, inputs, request.name, os.environ)
        for warning in read.warnings:
            # strict has made errors of them
            self.session.log.warn(request.urn, str(warning))
        if read.variables:
            names = ", ".join(read.variables)
            self.session.log.info(request.urn, f"variables taken from the process environment: {names}")
        self.run.ignore_by_files(request.urn, _ignored_by_files(read.plan.children))
        references = dict(read.plan.references)
        checked: dict[Name, Json] = {}
        problems: list[Problem] = []
        for kinds in (("network", "config", "secret"), ("service",)):
            batch = [child for child in read.plan.children if child.kind in kinds]
            if kinds == ("service",) and not self.session.offline:
                await self._count_out_what_moves(olds, {child.key: child.inputs for child in batch})
            found = await asyncio.gather(
                *(self._check(request, child, olds, references) for child in batch), return_exceptions=True
            )
            for child, answer in zip(batch, found, strict=True):
                name = Name(child.kind, child.key)
                if isinstance(answer, ClaimedTwice):
                    # who has one object of the stack has all of them, and it is the name of the stack that is wrong
                    raise answer
                if isinstance(answer, InputError):
                    problems += [_placed(problem, name, child) for problem in answer.problems]
                elif isinstance(answer, BaseException):
                    raise answer
                else:
                    checked[name] = answer
                    if child.kind != "service":
                        # the name of a new secret is known only once it is made
                        references[child.kind, child.key] = answer.get("name") or answer["baseName"]
            if problems:
                raise InputError(*problems)
        result = reading.portable({key: value for key, value in inputs.items() if key not in _OWN})
        result |= {place: {} for place in COMPUTED} | {"stackName": read.stack}
        for name, answer in checked.items():
            result[name.place[0]][name.key] = answer
        order = {child.key: list(child.depends_on) for child in read.plan.children if child.depends_on}
        return result | ({"dependencies": order} if order else {})

    async def _count_out_what_moves(self, olds: Json, news: Mapping[str, Json]) -> None:
        """Let no forecast count on a published port that another service of the Release gives up first.

        Args:
            olds: the inputs of the Release in the state.
            news: the new inputs of its services, by key.
        """
        before = {child.key: inputs_of(olds, child) for child in names(olds) if child.kind == "service"}
        moving = ports_that_move(before, news)
        if not moving:
            return
        cluster = await self.run.planned.cluster(await self.session.swarm())
        for key, ports in moving.items():
            name = str(before[key]["name"])
            if key in news:
                cluster.free(name, [(protocol, number) for number, protocol in ports])
            else:
                cluster.remove(name)

    async def _check(self, request: Request, planned: Planned, olds: Json, references: Mapping[Any, Any]) -> Json:
        name, handler = Name(planned.kind, planned.key), self._handlers[planned.kind]
        inputs = reading.filled(planned.inputs, references)
        before = inputs_of(olds, name)
        if planned.kind in ("config", "secret"):
            inputs["baseName"] = inputs.pop("name")
            if before.get("baseName") != inputs["baseName"]:
                # another family under this key, checked as Pulumi checks a replacement
                before = {}
        own = request_of(request, name, handler.resource)
        self.session.log.speak_for(own.urn, request.urn, str(name))
        with self.run.during(own.urn, Phase.CHECK):
            self.run.register(own.urn)
            return await handler.check(own, before, inputs)

    def _children(self, request: Request, olds: Json, news: Json, state: Json) -> list[Child]:
        found = children(request, self.run, self._handlers, olds, news, state)
        for child in found:
            self.session.log.speak_for(child.request.urn, request.urn, str(child.name))
        return found

    # ----------------------------------------------------------------- diff

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        self.run.ignore(request.urn, map(path.parse, ignored))
        found: list[Change] = []
        if olds.get("stackName") != news.get("stackName"):
            found.append(Change(("stackName",), "update", olds.get("stackName"), news.get("stackName")))
            return Difference(found, ["stackName"], delete_before_replace=True)
        going: set[str] = set()
        with self.session.log.in_one_message(request.urn):
            for child in self._children(request, olds, news, state):
                found += await self._differ(request, child, going)
        if self.run.is_checked(request.urn):
            found += [
                Change(stray.name.place, "delete", stray.olds, None)
                for stray in await self._strays(request, olds, news)
            ]
        return Difference(found, stables=("stackName",))

    async def _strays(self, request: Request, olds: Json, news: Json) -> list[Child]:
        known = set(names(olds, news))
        return await strays(request, self.run, self._handlers, news, known)

    async def _differ(self, request: Request, child: Child, going: set[str]) -> list[Change]:
        ignored = self.run.ignored(request.urn)
        news = _without_networks(_kept(child, ignored), going)
        if child.olds == news:
            # no handler of a child finds anything then
            return []
        if not (child.olds and child.news):
            kind: Kind = "add" if child.news else "delete"
            return [Change(child.name.place, kind, child.olds or None, child.news or None)]
        below = [path.render(each[2:]) for each in ignored if each[:2] == child.name.place]
        with child.during(Phase.DIFF):
            found = await child.handler.diff(child.request, child.olds, news, child.state, below)
        if found.changes or found.replaces:
            self.run.differ(request.urn, child.name.place, replaced=bool(found.replaces))
        if found.replaces and child.name.kind == "network" and child.is_in_its_own_way:
            going.add(str(child.olds["name"]))
        if child.renamed_from is not None:
            before = Name(child.name.kind, child.renamed_from)
            return [
                Change(before.place, "delete", child.olds, None),
                Change(child.name.place, "add", None, child.news),
            ]
        return [replace(each, place=(*child.name.place, *each.place)) for each in found.changes]

    # ----------------------------------------------------- create and update

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        return str(news["stackName"]), await self._apply(request, {}, news, {}, preview=preview)

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        known, outputs = self.run.before(request.urn)
        # a large stack comes with each call again, and most of it is what Read has found
        olds, state = sharing(olds, known), sharing(state, outputs)
        news = sharing(news, olds)
        give_back()
        return await self._apply(request, olds, news, state, preview=preview)

    async def _apply(self, request: Request, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        stack, ignored = str(news["stackName"]), self.run.ignored(request.urn)
        found = [
            replace(child, news=_kept(child, ignored)) if child.news else child
            for child in self._children(request, olds, news, state)
        ]
        differing = self.run.differing(request.urn)
        if preview:
            return await self._previewed(request, differing, found, news)
        everything = [*found, *await self._strays(request, olds, news)]
        deployment = Deployment(self.session, request.urn, everything, news.get("dependencies") or {}, differing)
        reasons = await deployment.run(rollback=_returns(news))
        if not reasons:
            return outputs(stack, deployment.states, news)
        kept = _kept_inputs(news, found, deployment.inputs)
        states = {name: state for name, state in deployment.states.items() if inputs_of(kept, name)}
        raise PartialFailure(stack, outputs(stack, states, kept), reasons, kept)

    async def _previewed(
        self, request: Request, differing: Mapping[path.Path, bool], found: Sequence[Child], news: Json
    ) -> Json:
        states: dict[Name, Json] = {}
        foretold: list[Json] = []
        for child in found:
            if not child.news:
                continue
            if child.is_settled and child.name.place not in differing:
                states[child.name] = child.state
                continue
            with child.during(Phase.PLAN):
                states[child.name] = await _planned(child, differing.get(child.name.place, False))
                foretold += self.run.forecasts_of(child.request.urn).get(FORECAST, ())
        with contextlib.ExitStack() as all_of_them:
            for child in found:
                all_of_them.enter_context(child.during(Phase.PLAN))
            text = summed_up(found, differing, rollback=_returns(news))
        if text:
            self.session.log.info(request.urn, text)
        return {**outputs(str(news["stackName"]), states, news), **({FORECAST: foretold} if foretold else {})}

    # ----------------------------------------------------------------- read

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        if "stackName" not in olds:
            return await self._imported(request, id)
        found = self._children(request, olds, {}, state)
        lives = await asyncio.gather(*map(_read, found))
        inputs: Json = {**olds, **{place: {} for place in COMPUTED}}
        states: dict[Name, Json] = {}
        reasons: list[str] = []
        for child, live in zip(found, lives, strict=True):
            if live is None:
                continue
            inputs[child.name.place[0]][child.name.key] = live.inputs
            kept = {key: value for key, value in child.state.items() if key not in (UNSETTLED, "converged")}
            states[child.name] = {**kept, **live.outputs}
            if live.reasons:
                states[child.name][UNSETTLED] = True
                reasons += [f"{child.name}: {reason}" for reason in live.reasons]
        if found and not states:
            return None
        return Live(id, inputs, outputs(str(olds["stackName"]), states, inputs), reasons)

    async def _imported(self, request: Request, stack: str) -> Live | None:
        """Return what runs of a stack as what a Release asks for."""
        found = await inputs_of_stack(await self.session.swarm(), stack)
        if found is None:
            return None
        asked, read = found
        inputs: Json = {**asked, **{place: {} for place in COMPUTED}, "stackName": stack}
        states: dict[Name, Json] = {}
        for planned in read.plan.children:
            name, handler = Name(planned.kind, planned.key), self._handlers[planned.kind]
            own = request_of(request, name, handler.resource)
            with self.run.during(own.urn, Phase.READ):
                live = await handler.read(own, str(planned.inputs["name"]), {}, {})
            if live is not None:
                inputs[name.place[0]][name.key], states[name] = live.inputs, live.outputs
        return Live(stack, inputs, outputs(stack, states, inputs))

    # --------------------------------------------------------------- delete

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        await remove(self._children(request, olds, {}, state), olds.get("dependencies") or {})


def _returns(inputs: Json) -> bool:
    """Say whether everything returns to what ran before when a service fails."""
    return bool(reveal(inputs.get("onFailure")) != "keep")


def _kept_inputs(news: Json, found: Sequence[Child], inputs: Mapping[Name, Json]) -> Json:
    """Return the inputs of a Release that got only so far: those that each child has by now, not what it is to have.

    Args:
        news: the new inputs.
        found: the children that the state or the files have; strays are found again by the next run.
        inputs: those of each child that exists.
    """
    result = {**news, **{place: {} for place in COMPUTED}}
    for name in dict.fromkeys(name for child in found for name in (child.was, child.name)):
        if name in inputs:
            result[name.place[0]][name.key] = inputs[name]
    return result


def _without_networks(inputs: Json, going: Collection[str]) -> Json:
    """Return the inputs of a service with networks that are about to be replaced unknown, as Pulumi has them then."""
    entries = inputs.get("networks")
    if not going or not isinstance(entries, list):
        return inputs
    return {**inputs, "networks": [{**one, "name": UNKNOWN} if one.get("name") in going else one for one in entries]}


def _placed(problem: Problem, name: Name, planned: Planned) -> Problem:
    place = path.render(name.place)
    entry = planned.entry
    file, line = (problem.file, problem.line) if problem.file or entry is None else (entry.file, entry.line)
    return Problem(problem.message, f"{place}.{problem.path}" if problem.path else place, file, line)


def _ignored_by_files(planned: Iterable[Planned]) -> Iterable[path.Path]:
    """Yield what `x-pulumi` of the services ignores, as paths below the Release."""
    for child in planned:
        yield from ((*Name(child.kind, child.key).place, *path.parse(text)) for text in child.ignored)


def _kept(child: Child, ignored: Iterable[path.Path]) -> Json:
    """Return the new inputs of a child, with the live value wherever the user ignores what the program says."""
    news = child.news
    for each in ignored:
        if each[:2] == child.name.place and child.olds:
            news = _copied(child.olds, news, each[2:])
    return news


def _copied(olds: Any, news: Any, steps: path.Path) -> Any:
    """Return `news` with the value of `olds` at a path."""
    if not isinstance(olds, dict) or not isinstance(news, dict) or not steps:
        return olds if not steps else news
    key = steps[0]
    if key in olds:
        return {**news, key: _copied(olds[key], news.get(key, {} if len(steps) > 1 else None), steps[1:])}
    return {name: value for name, value in news.items() if name != key} if len(steps) == 1 else news


async def _read(child: Child) -> Live | None:
    with child.during(Phase.READ):
        live = await child.handler.read(child.request, child.id, child.olds, child.state)
        if live is not None:
            child.run.find(child.request.urn, live.inputs, live.outputs)
        return live


async def _planned(child: Child, replaced: bool) -> Json:
    if child.olds and not replaced:
        return await child.handler.update(child.request, child.id, child.olds, child.news, child.state, preview=True)
    _, made = await child.handler.create(child.request, child.news, preview=True)
    return made
