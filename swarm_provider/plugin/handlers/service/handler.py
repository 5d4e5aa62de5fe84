"""Service: create, update and delete with the wait for what Swarm then does."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Final

from swarm_provider.convert import objects
from swarm_provider.convert.service.effective import effective_of
from swarm_provider.convert.service.spec import concise, from_spec, read_inputs, spec_of
from swarm_provider.convert.service.versions import copied, known_to
from swarm_provider.convert.unmodelled import unmodelled
from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, at, has_unknown, reveal, secret_places, secret_texts
from swarm_provider.errors import Conflict, InputError, NotFound, RolloutFailed, SwarmProviderError
from swarm_provider.model.resources import SERVICE
from swarm_provider.model.rules import refusals, unusable
from swarm_provider.plan.change.property_diff import replaces
from swarm_provider.plan.change.request_spec import (
    as_awaited,
    changed_in,
    force_again,
    is_job,
    is_only_marked,
    networks_that_go,
    share_ports,
    to_send,
    wanted_spec,
)
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.families.naming import object_labels
from swarm_provider.plan.ownership.claims import Claim, of_another, owner_told
from swarm_provider.plan.ownership.replacement import LIVES_ON
from swarm_provider.plan.rollout.health import degraded, left_behind, recovered, under_way
from swarm_provider.plugin.handlers.base import Handler, new_incarnation
from swarm_provider.plugin.handlers.service import published_ports
from swarm_provider.plugin.handlers.service.forecast import Forecast
from swarm_provider.plugin.handlers.service.images import platforms, resolve_image
from swarm_provider.plugin.handlers.service.outputs import outputs_of, patience_ns, planned_image
from swarm_provider.plugin.handlers.service.references import fill_ids, resolve
from swarm_provider.plugin.handlers.service.removal import has_other_mode, remove
from swarm_provider.plugin.protocol.operations import Difference, Live, PartialFailure, Request
from swarm_provider.plugin.run.networks import network_names
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.retry import update_with_retry

CONTROL: Final = ("wait", "failAfter", "resolveImage", "adopt", "strict", "advice")
_STABLES: Final = ("name", "serviceId", "incarnation")


class ServiceHandler(Handler):
    """`swarm:index:Service`."""

    resource = SERVICE
    names = ("name", "namespace", "image")
    compares_inputs_only = True

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.forecast = Forecast(run)

    # ---------------------------------------------------------------- check

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = self.normal(news)
        self.name_unnamed(request, inputs)
        name = inputs["name"]
        problems = refusals.service(inputs)
        if problems:
            raise InputError(*problems)
        inputs, warnings = unusable.without_effect(inputs)
        for text in warnings:
            self.session.warn(request.urn, text, strict=reveal(inputs.get("strict")))
        inputs["owner"] = request.owner.text
        inputs = await resolve(self.run, request.owner, inputs)
        resolved = await resolve_image(self.run, request.urn, olds, inputs)
        if resolved is not None:
            inputs["resolvedImage"] = resolved
        if isinstance(name, str):
            self.run.claim(request.urn, "service", name, name)
        self.run.publish(request.urn, inputs)
        await self.forecast.checked(request.urn, olds, inputs)
        return inputs

    # ----------------------------------------------------------------- diff

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        hidden = list(CONTROL)
        if at(reveal(news.get("deploy")), "replicas") is None:
            hidden.append("deploy.replicas")
        if "forceUpdate" not in news:
            hidden.append("forceUpdate")
        found = self.changed(olds, news, ignored, hidden=hidden)
        if found and not has_unknown(news) and not any(change.path == "owner" for change in found):
            before, after = effective_of(spec_of(olds)), effective_of(wanted_spec(olds, news))
            if before == after:
                found = []
        replacing = [*replaces(found), *networks_that_go(olds, news)]
        # the refresh before a run asks for differences, too, before the program has said what it wants
        if found and self.run.is_checked(request.urn):
            await self.forecast.update(request.urn, olds, news, replacing, again=state.get("converged") is False)
        elif replacing:
            # what Pulumi replaces before this service asks first, and then recreates it without another Diff
            self.run.take_along(request.urn, olds, replacing)
        if self.run.is_checked(request.urn) and (replacing or any(change.path == "owner" for change in found)):
            await self._check_owner(request, olds, state)
        goes_first = bool(replacing) and (olds.get("name") == news.get("name") or share_ports(olds, news))
        if goes_first:
            self.run.replace(request.urn, delete_first=True)
        return Difference(
            found,
            replacing,
            delete_before_replace=goes_first,
            stables=() if replacing else _STABLES,
        )

    async def _check_owner(self, request: Request, olds: Json, state: Json) -> None:
        name = str(olds.get("name"))
        live = await (await self.session.swarm()).find("service", name, allow_stale=True)
        self.check_owner(request, "service", name, live, olds, state)

    # --------------------------------------------------------------- create

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        name = news["name"]
        if preview:
            taken_along = self.run.taken_along(request.urn)
            if taken_along is not None:
                self.forecast.replaced(request.urn, *taken_along)
            if isinstance(name, str) and not self.run.goes_first(request.urn):
                live = await (await self.session.swarm()).find("service", name)
                if self._claim(request, news, live) is Claim.ADOPT and live is not None:
                    again = self.replaced(request, news, "name") is not None
                    await self.forecast.adopt(request.urn, news, live, again=again)
            unknown = dict.fromkeys(("serviceId", "endpoint", "incarnation"), UNKNOWN)
            outputs = {"name": name, "image": planned_image(news), **unknown}
            return (name if isinstance(name, str) else ""), outputs
        swarm = await self.session.swarm()
        incarnation = new_incarnation()
        # where the run found none, Docker says so if one has appeared since
        live = await swarm.find("service", name, allow_stale=True) and await swarm.inspect("service", name)
        made, claim = None, self._claim(request, news, live)
        if claim is Claim.ADOPT and live is not None and has_other_mode(live, news):
            await remove(self.run, request, live)
            claim = Claim.CREATE
        if claim is Claim.CREATE:
            try:
                made = await self._make(request, swarm, news, incarnation)
            except Conflict:
                live = await swarm.inspect("service", name)
                if live is None or self._claim(request, news, live) is Claim.CREATE:
                    raise
        if made is not None:
            service_id, sent = made
        else:
            assert live is not None
            service_id = live["ID"]
            if is_job(live["Spec"]):
                incarnation = labels.incarnation(live["Spec"].get("Labels"))
            sent = await self._submit(request, swarm, news, live, incarnation)
        self.run.made(request.urn, "service", name, name, service_id)
        return name, await self._settle(request, swarm, news, service_id, sent, incarnation, live)

    async def _make(self, request: Request, swarm: Swarm, news: Json, incarnation: str) -> tuple[str, tuple[Json, int]]:
        """Make the service; return its id, and what was sent as for _submit. Raises Conflict: the name is taken."""
        spec = changed_in(self.session.run_id, await self._spec(request, swarm, news, incarnation))
        registry_auth = await swarm.encoded_auth(reveal(news["image"]))
        service_id = await published_ports.when_free(
            self.run,
            request,
            lambda: swarm.create("service", spec, registry_auth=registry_auth),
            patience_ns(news),
        )
        return service_id, (spec, 0)

    def _claim(self, request: Request, news: Json, live: Json | None, incarnation: object = "") -> Claim:
        adopt = bool(reveal(news.get("adopt")))
        return self.decide(request, "service", str(news["name"]), live, adopt=adopt, incarnation=incarnation)

    async def _spec(self, request: Request, swarm: Swarm, news: Json, incarnation: str) -> Json:
        self.session.log.hide(secret_texts(news))
        own = {**request.owner.labels(incarnation), **labels.telling_secrets(secret_places(news))}
        # what the engine would drop is not sent: it would look like a change at every later update
        spec: Json = objects.with_labels(copied(known_to(spec_of(news), swarm.api_version)), own)
        await fill_ids(self.run, request.urn, swarm, spec)
        listed = platforms(self.run, reveal(news["image"]))
        if listed and not news.get("platform"):
            spec["TaskTemplate"]["Placement"]["Platforms"] = listed
        return spec

    async def _submit(
        self,
        request: Request,
        swarm: Swarm,
        news: Json,
        live: Json,
        incarnation: str,
        *,
        olds: Json | None = None,
        again: bool = False,
    ) -> tuple[Json, int]:
        """Send the new spec if it differs from the live one; return what is live, and the version it was sent with.

        Args:
            olds: the inputs before, where there are some.
            again: the last update did not converge; tasks that Swarm will not start again by itself are forced.
        """
        force = None
        if again:
            tasks = await swarm.tasks(service_ids=[live["ID"]])
            force = force_again(live, tasks, await swarm.list("node", allow_stale=True))
        latest = live
        wanted = await self._spec(request, swarm, news, incarnation)
        names = await network_names(self.run, swarm, live["Spec"])
        asked = known_to(spec_of(olds), swarm.api_version) if olds else None

        known: Json | None = live

        def change(live: Json) -> Json | None:
            nonlocal latest, known
            latest, known = live, None
            # which run changed it last is no change by itself
            same = changed_in(labels.run(live["Spec"].get("Labels")), wanted)
            spec = to_send(same, live, news, names, force=force, asked=asked)
            return spec if spec is None or is_only_marked(spec, live["Spec"]) else changed_in(self.session.run_id, spec)

        logins: Json = {"registry_auth": await swarm.encoded_auth(reveal(news["image"])), "registry_auth_from": "spec"}
        sent = await published_ports.when_free(
            self.run,
            request,
            lambda: update_with_retry(swarm, "service", live["ID"], change, known=known, **logins),
            patience_ns(news),
        )
        if sent is None:
            return latest["Spec"], 0
        for warning in sent.warnings:
            self.session.log.warn(request.urn, warning)
        return sent.spec, sent.version_index

    async def _settle(
        self,
        request: Request,
        swarm: Swarm,
        news: Json,
        service_id: str,
        sent: tuple[Json, int],
        incarnation: str,
        before: Json | None,
    ) -> Json:
        """Wait until the tasks run, prune what they no longer use, and return the outputs.

        From here on the service exists: whatever goes wrong, the state keeps it, and the next `up` retries.
        """
        outputs = {"name": news["name"], "serviceId": service_id, "image": planned_image(news)}
        outputs |= {"incarnation": incarnation} if incarnation else {}
        try:
            if reveal(news.get("wait")) is False:
                return outputs_of(await self._live(swarm, service_id, news), incarnation)
            live = await self._converge(request, news, service_id, sent)
        except SwarmProviderError as error:
            # what a rollout left behind has lines; what else went wrong has none
            reasons = error.reasons if isinstance(error, RolloutFailed) else [self.session.log.clean(str(error))]
            with contextlib.suppress(SwarmProviderError):
                outputs = outputs_of(await self._live(swarm, service_id, news), incarnation)
            raise PartialFailure(news["name"], {**outputs, "converged": False}, reasons) from None
        previous = before.get("PreviousSpec") if before else None
        specs = (before["Spec"] if before else None, previous, live["Spec"])
        await self._prune(request, specs)
        return outputs_of(live, incarnation)

    async def _prune(self, request: Request, specs: Iterable[Json | None]) -> None:
        pruner = await self.session.pruner()
        await pruner.prune_families_of(specs, warn=lambda text: self.session.log.warn(request.urn, text))

    async def _live(self, swarm: Swarm, service_id: str, news: Json) -> Json:
        live = await swarm.get("service", service_id)
        if live is None:
            raise NotFound(f"service {reveal(news['name'])!r} was removed by someone else during the deployment")
        return live

    async def _converge(self, request: Request, news: Json, service_id: str, sent: tuple[Json, int]) -> Json:
        """Wait until the service runs as sent; return it as it is then."""
        watcher = await self.session.watcher()
        spec, version_index = sent
        outcome = await watcher.converge(
            service_id,
            as_awaited(spec, news),
            version_index,
            fail_after_ns=patience_ns(news),
            timeout=request.timeout or None,
            progress=lambda text: self.session.log.status(request.urn, text),
            warn=lambda text: self.session.log.warn(request.urn, text),
            cancelled=self.session.cancelled,
        )
        seen = outcome.snapshot
        left = left_behind(outcome.service, seen.tasks, seen.nodes) if seen is not None else None
        if left:
            self.session.log.warn(request.urn, left)
        return outcome.service

    # ----------------------------------------------------------------- read

    async def read(self, request: Request, id: str, olds: Json, state: Json) -> Live | None:
        swarm = await self.session.swarm()
        live = await swarm.find("service", id)
        if live is None:
            return None
        names = await network_names(self.run, swarm, live["Spec"])
        own = object_labels(live)
        if not is_job(live["Spec"]):
            # a job is not stamped, so that it proves nothing after a move
            self.note_owner(request, own, state)
        if olds:
            inputs = read_inputs(olds, live["Spec"], names, api_version=swarm.api_version)
            owner = self._owner_told(request, live["Spec"], olds, state)
            inputs = {key: value for key, value in inputs.items() if key != "owner"} | (
                {"owner": owner} if owner else {}
            )
        else:
            self.session.tell_settings(request.urn, unmodelled(live["Spec"], names))
            inputs = {**concise(from_spec(effective_of(live["Spec"], names), names)), "owner": request.owner.text}
        inputs = self.secretly(inputs, olds, own)
        outputs = outputs_of(live, state.get("incarnation"))
        tasks, nodes = await swarm.view("task", by_service), await swarm.list("node")
        own_tasks = tasks.get(live["ID"], [])
        text = degraded(live, own_tasks, nodes, swarm.now)
        for said in filter(None, (text, left_behind(live, own_tasks, nodes))):
            self.session.log.info(request.urn, said)
        reasons: Sequence[str] = ()
        if state.get("converged") is False and not recovered(live, text):
            reasons = [f"the last update of service {id!r} did not converge; `up` continues it"]
            outputs["converged"] = False
        elif olds and reveal(olds.get("wait")) is not False and under_way(live):
            # a run that was killed saved nothing of it; nobody would wait for its end, nor clean up after it
            reasons = [f"an update of service {id!r} is in progress; `up` waits for it"]
        return Live(live["Spec"]["Name"], inputs, outputs, reasons)

    def _owner_told(self, request: Request, spec: Json, olds: Json, state: Json) -> str | None:
        own, held = spec.get("Labels"), state.get("incarnation")
        if is_job(spec) and not of_another(own, request.owner, held):
            # a job that was adopted or has moved is not stamped: that alone would run it again (docs/decisions/005)
            return olds.get("owner") or labels.owner(own)
        return owner_told(own, request.owner, held)

    # --------------------------------------------------------------- update

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        if preview:
            if not self.run.forecasts_of(request.urn):
                # Diff has found nothing; what did not converge is updated all the same
                await self.forecast.unchanged(request.urn, olds, news, again=state.get("converged") is False)
            return {**state, "image": planned_image(news)}
        swarm = await self.session.swarm()
        live = await swarm.inspect("service", id)
        if live is None:
            raise NotFound(f"service {id!r} was removed on the cluster; run `pulumi up` again to recreate it")
        held = state.get("incarnation")
        self._claim(request, {**news, "adopt": True}, live, held)
        moved = labels.owner(live["Spec"].get("Labels")) not in (None, request.owner.text)
        # after a move, a copy of the old state proves nothing any more
        incarnation = new_incarnation() if moved or not held else held
        again = state.get("converged") is False
        sent = await self._submit(request, swarm, news, live, incarnation, olds=olds, again=again)
        if is_job(sent[0]):
            incarnation = labels.incarnation(sent[0].get("Labels"))
        return await self._settle(request, swarm, news, live["ID"], sent, incarnation, live)

    # --------------------------------------------------------------- delete

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        swarm = await self.session.swarm()
        live = await swarm.inspect("service", id)
        if live is None:
            return
        own, held = live["Spec"].get("Labels"), state.get("incarnation") or ""
        if labels.incarnation(own) != held or self.run.is_in_use_by_run(request.urn, "service", id):
            other = of_another(own, request.owner, held)
            why = f"it belongs to Pulumi stack {other!r}" if other else "it was not created by this resource"
            if self.run.is_adopted(request.urn, "service", id):
                why = LIVES_ON
            self.run.leave(request.urn, id)
            self.session.log.info(request.urn, f"service {id!r} is not deleted: {why}")
            return
        if is_job(live["Spec"]) and self.left_elsewhere(request, f"job {id!r}"):
            self.run.leave(request.urn, id)
            return
        await remove(self.run, request, live)
        await self._prune(request, (live["Spec"], live.get("PreviousSpec")))
