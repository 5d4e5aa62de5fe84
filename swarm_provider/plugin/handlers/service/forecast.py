"""What the preview says a service's change will do: to its tasks, to their data, and whether they find a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swarm_provider.convert.service.spec import spec_of
from swarm_provider.convert.service.versions import known_to, unknown_to
from swarm_provider.convert.unmodelled import unmodelled, with_unmodelled
from swarm_provider.core import Json, labels
from swarm_provider.core.names import snake_path
from swarm_provider.core.values import has_unknown, reveal
from swarm_provider.errors import InputError, Problem
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change import kept_settings, volume_data
from swarm_provider.plan.change.property_diff import changes, replaces
from swarm_provider.plan.change.request_spec import force_again, on_top_of, to_send, wanted_spec
from swarm_provider.plan.change.restart import replacement, replaces_tasks, restart
from swarm_provider.plan.change.sentences import Adoption, Survival, describe
from swarm_provider.plan.facts.tasks import by_service
from swarm_provider.plan.ownership.advice import on_service, on_swarm
from swarm_provider.plan.rollout.causes import rollback_note
from swarm_provider.plan.rollout.history import Snapshot
from swarm_provider.plan.scheduling.forecast import Holder, describe_unplaced, holders, simulate_scheduling, taken_ports
from swarm_provider.plugin.handlers.service.removal import has_other_mode
from swarm_provider.plugin.run.networks import network_names
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.swarm import Swarm


class Forecast:
    """The forecasts for services, of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.session = run.session

    async def checked(self, urn: str, olds: Json, inputs: Json) -> None:
        """Warn, at Check, of what will keep the service from running as written.

        Args:
            urn: the resource.
            olds: the inputs in the state.
            inputs: the normal inputs.

        Raises:
            InputError: a warning, with `strict`.
        """
        swarm = await self.session.swarm()
        if self.session.offline:
            await self._advise(urn, olds, inputs, swarm)
            return
        after = wanted_spec(olds, inputs)
        self._old_engine(urn, swarm, inputs, after)
        if isinstance(inputs["name"], str):
            after = known_to(after, swarm.api_version)
            await self._placement(urn, swarm, olds, inputs, after)
            live = await swarm.find("service", inputs["name"], allow_stale=True)
            if live is not None and olds.get("name") == inputs["name"]:
                names = await network_names(self.run, swarm, live["Spec"])
                asked = after if olds == inputs else self._asked(swarm, olds)
                self.carried(urn, olds, inputs, live["Spec"], names, asked)
        await self._advise(urn, olds, inputs, swarm)

    async def _advise(self, urn: str, olds: Json, inputs: Json, swarm: Swarm) -> None:
        if {**olds, "owner": inputs["owner"]} == inputs:
            # who left it so has read it; a stack that was renamed is none that changed
            return
        nodes = await self.run.planned.nodes(swarm)
        self.run.advise(urn, on_service(inputs, nodes), inputs)
        if not olds and self.run.is_first("advice on the swarm"):
            self.run.advise(urn, on_swarm(nodes), inputs)

    def _warn(self, urn: str, inputs: Json, text: str) -> None:
        self.session.warn(urn, text, strict=reveal(inputs.get("strict")))

    def _old_engine(self, urn: str, swarm: Swarm, inputs: Json, after: Json) -> None:
        """Say what this engine would drop of the spec without a word."""
        for name, since in unknown_to(after, swarm.api_version):
            text = f"the engine (API {swarm.api_version}) does not know {snake_path(name)} and ignores it"
            self._warn(urn, inputs, f"{text}; API {since} does")

    async def _placement(self, urn: str, swarm: Swarm, olds: Json, inputs: Json, after: Json) -> None:
        """Warn of tasks that no node will take, and of published ports that another service has."""
        name, planned = inputs["name"], self.run.planned
        if olds == inputs and await planned.is_settled(swarm, name):
            return
        if has_unknown([after.get("Mode"), after["TaskTemplate"].get("Placement")]):
            return
        live = await swarm.find("service", name, allow_stale=True)
        restarts = False
        if live is not None:
            names = await network_names(self.run, swarm, live["Spec"])
            if not has_unknown(inputs):
                after = on_top_of(after, live["Spec"], inputs, names, asked=self._asked(swarm, olds))
            restarts = after["Mode"].keys() != live["Spec"]["Mode"].keys() or replaces_tasks(live["Spec"], after, names)
        cluster = await planned.cluster(swarm)
        if olds.get("name") not in (None, name):
            # it goes before the new one where the two would be in each other's way
            cluster.remove(str(olds["name"]))
        outcome = simulate_scheduling(after, cluster, restarts=restarts)
        self.run.plan_service(urn, name, after)
        text = describe_unplaced(after, outcome, cluster.nodes)
        # a service of this program gives its port up in time, or is refused as a second one that wants it
        held = await swarm.view("service", holders, allow_stale=True)

        def stays(holder: Holder) -> bool:
            return holder.owner != inputs["owner"] and self.run.claimed("service", holder.service) is None

        for warning in [*([text] if text else []), *taken_ports(after, held, stays)]:
            self._warn(urn, inputs, warning)

    async def update(self, urn: str, olds: Json, news: Json, replacing: Sequence[str], *, again: bool = False) -> None:
        """Tell, at Diff, what the update will do to the tasks and their data.

        Args:
            urn: the resource.
            olds: the inputs in the state.
            news: the new inputs.
            replacing: properties for which it is replaced.
            again: the last update did not converge.
        """
        await self._guard_data(urn, olds, news)
        swarm = await self.session.swarm()
        live = await swarm.find("service", str(olds.get("name")), allow_stale=True)
        before = live["Spec"] if live is not None else spec_of(olds)
        # what is made from inputs has the names themselves
        names = await network_names(self.run, swarm, before) if live is not None else {}
        if replacing:
            self.replaced(urn, olds, replacing)
            self._dropped(urn, news, unmodelled(before, names, asked=self._asked(swarm, olds)))
            return
        note = rollback_note(live) if live is not None else ""
        if note:
            self.session.log.info(urn, f"{news['name']} was {note}")
        after, snapshot = self._kept(swarm, wanted_spec(olds, news)), None
        if live is not None:
            snapshot = await self._snapshot(swarm, live)
            if not has_unknown(news):
                asked = self._asked(swarm, olds)
                sent = self._sent(snapshot, live, after, news, names, again, asked)
                after = on_top_of(after, live["Spec"], news, names, asked=asked) if sent is None else sent
        found = restart(before, after, network_names=names, snapshot=snapshot)
        self.session.log.info(urn, self.run.keep_forecast(urn, str(news["name"]), found))

    async def unchanged(self, urn: str, olds: Json, news: Json, *, again: bool) -> None:
        """Tell what an update does that changes nothing of the inputs: the last one is waited for, or retried.

        Args:
            urn: the resource.
            olds: the inputs in the state.
            news: the new inputs.
            again: the last update did not converge.
        """
        swarm = await self.session.swarm()
        live = await swarm.find("service", str(news.get("name")), allow_stale=True)
        if live is None or has_unknown(news):
            return
        names = await network_names(self.run, swarm, live["Spec"])
        snapshot = await self._snapshot(swarm, live)
        wanted = self._kept(swarm, wanted_spec(olds, news))
        sent = self._sent(snapshot, live, wanted, news, names, again, self._asked(swarm, olds))
        found = restart(live["Spec"], sent or live["Spec"], network_names=names, snapshot=snapshot)
        text = self.run.keep_forecast(urn, str(news["name"]), found)
        does = "Swarm continues the last update, and `up` waits" if sent is None else "`up` retries it"
        self.session.log.info(urn, f"{does}; {text}")

    def _kept(self, swarm: Swarm, spec: Json) -> Json:
        """Return the spec as the engine takes it: what it does not know changes nothing."""
        return spec if self.session.offline else known_to(spec, swarm.api_version)

    def _asked(self, swarm: Swarm, olds: Json) -> Json | None:
        """Return the spec of the inputs before, None where there are none."""
        return self._kept(swarm, spec_of(olds)) if olds else None

    def _sent(
        self,
        snapshot: Snapshot,
        live: Json,
        wanted: Json,
        news: Json,
        names: Mapping[str, str],
        again: bool,
        asked: Json | None,
    ) -> Json | None:
        """Return the spec that the update will send, None where it sends nothing."""
        # the labels that name its owner are no part of the inputs
        marked = {**wanted, "Labels": {**wanted["Labels"], **labels.ours(live["Spec"].get("Labels"))}}
        force = force_again(live, snapshot.tasks, snapshot.nodes) if again else None
        return to_send(marked, live, news, names, force=force, asked=asked)

    def replaced(self, urn: str, olds: Json, replacing: Sequence[str]) -> None:
        """Tell that the service is recreated, because these properties ask for it.

        Args:
            urn: the resource.
            olds: the inputs in the state.
            replacing: properties for which it is replaced.
        """
        found = replacement(spec_of(olds), replacing)
        self.session.log.warn(urn, self.run.keep_forecast(urn, str(olds.get("name")), found))

    async def adopt(self, urn: str, news: Json, live: Json, *, again: bool) -> None:
        """Tell, at preview, that a live service will be adopted, and what that does to its tasks.

        Args:
            urn: the resource.
            news: the new inputs.
            live: the live object; None where there is none.
            again: by the replacement of the resource that has it.
        """
        if has_other_mode(live, news):
            found = replacement(live["Spec"], ("deploy.mode",))
            self.session.log.warn(urn, self.run.keep_forecast(urn, str(news["name"]), found))
            return
        swarm = await self.session.swarm()
        names = await network_names(self.run, swarm, live["Spec"])
        after = self._kept(swarm, wanted_spec(self.run.before(urn)[0], news) if again else spec_of(news))
        if not has_unknown(news):
            after = on_top_of(after, live["Spec"], news, names)
            self.carried(urn, {}, news, live["Spec"], names, None)
        found = restart(live["Spec"], after, network_names=names, snapshot=await self._snapshot(swarm, live))
        text = describe(Adoption("service", news["name"]))
        if again:
            changes = (found.restarts, found.moves, found.anew, found.starts, found.stops, found.harmless)
            text = describe(Survival(f"service {news['name']!r}", updated=any(changes)))
            text += " (all its tasks stop, then new ones start)"
        self.session.log.info(urn, f"{text}; {self.run.keep_forecast(urn, news['name'], found)}")

    def carried(
        self, urn: str, olds: Json, inputs: Json, live: Json, names: Mapping[str, str], asked: Json | None
    ) -> None:
        """Tell what the live service has and no input can say: an update carries it over where its place remains.

        Args:
            urn: the resource.
            olds: the inputs in the state; {} where it has none.
            inputs: the normal inputs.
            live: Spec of the live service.
            names: names of networks by id.
            asked: the spec of the inputs before, None where there are none.
        """
        found = unmodelled(live, names, asked=asked)
        if not found or (olds and replaces(changes(SERVICE.shape, olds, inputs))):
            # Diff tells of a replacement
            return
        after = spec_of(inputs)
        left = found if has_unknown(after) else unmodelled(with_unmodelled(after, live, names), names)
        self.session.tell_settings(urn, {path: value for path, value in found.items() if path in left})
        self._dropped(urn, inputs, kept_settings.gone(found, left))

    def _dropped(self, urn: str, inputs: Json, found: Json) -> None:
        text = kept_settings.describe(found, self.session.log.secrets, kept_settings.Outlook.LOST)
        if text:
            self._warn(urn, inputs, text)

    async def _guard_data(self, urn: str, olds: Json, news: Json) -> None:
        """Warn of mounts without their data; refuse options that Docker would not give to a volume that exists."""
        for place in volume_data.starting_empty(olds, news):
            self._warn(urn, news, volume_data.describe(place))
        swarm = await self.session.swarm()
        for name, (driver, options) in volume_data.other_options(olds, news).items():
            live = await swarm.find("volume", name, allow_stale=True)
            text = volume_data.describe(volume_data.OldOptions(name, seen=live is not None))
            if live is None:
                self._warn(urn, news, text)
            elif (live.get("Driver"), live.get("Options") or {}) != (driver, options):
                raise InputError(Problem(text, "volumes"))

    async def _snapshot(self, swarm: Swarm, live: Json) -> Snapshot:
        """Return a service with its tasks, and the nodes as this run will have made them."""
        tasks = (await swarm.view("task", by_service, allow_stale=True)).get(live["ID"], [])
        return Snapshot(live, tasks, await self.run.planned.nodes(swarm))
