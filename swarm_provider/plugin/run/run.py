"""All that one run knows of its resources, and in which of Pulumi's calls each piece of it may be used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from swarm_provider.core import Items, Json
from swarm_provider.core.values import FORECAST, reveal
from swarm_provider.errors import InputError
from swarm_provider.model.rules.refusals import PublishedPorts
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plan.change.sentences import Forecast, describe
from swarm_provider.plan.ownership import advice, odd_labels
from swarm_provider.plugin.protocol.engine_log import LONGEST_MESSAGE
from swarm_provider.plugin.run.claims import Claimed, Claims, Found
from swarm_provider.plugin.run.images import RegistryAnswer
from swarm_provider.plugin.run.memo import Once
from swarm_provider.plugin.run.parts import Parts
from swarm_provider.plugin.run.phases import Phase, only_in
from swarm_provider.plugin.run.planned_changes import Planned
from swarm_provider.plugin.run.session import Session

_PREPARING = (Phase.CHECK, Phase.DIFF, Phase.PLAN)


class Run(Parts):
    """What the resources of one run share on one swarm: from Configure of the plugin process to its end.

    A preview is a run, and the update after it is another one, in a process of its own. Of one resource, Pulumi calls

        READ    in a refresh, before there is a program: its Diff follows without a Check; and in an import or a `get`
        CHECK   as the program registers it, in the program's order, one resource at a time. A second time, with no old
                inputs, where Diff asked for a replacement
        DIFF    after Check, where the state has it. Without a Check: in a refresh, and where another resource that is
                deleted first takes this one with it; that one is then checked and made without another Diff
        PLAN    Create or Update, of a preview
        APPLY   Create or Update, of an update. Side by side with all of the above of other resources; those that the
                program or a reference makes it depend on are done
        DELETE  last: what the program has no longer, what a replacement has left, what a killed run has left. In a
                replacement that deletes first: before APPLY

    and so these pieces may be written and asked for. Each method names its phases (`only_in`), and is a `WrongPhase` in
    another one: a piece that is asked for before it can be there would be wrong on some days only.

        claims            written in CHECK, DIFF and APPLY; a claim is found by everybody at any time, by name
        made objects      APPLY; Delete of an older self leaves them
        replacements      DIFF; asked for in PLAN and DELETE
        parts             CHECK and DIFF; what makes them asks in PLAN and APPLY (`Parts`)
        planned changes   CHECK, DIFF and PLAN; the forecasts of resources after it in the program know them
        forecasts         CHECK, DIFF and PLAN; the outputs of PLAN carry them
        published ports   CHECK
        advice            CHECK; told when the run ends: only then is it known which resources share a line
        families          APPLY
        services left     DELETE
        what was found    READ, until DELETE: what is made and was found is a replacement; a family's heir asks in CHECK
        whose labels are  READ; what is no longer this state's shows at DIFF and DELETE
    """

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        session.listened = self._look_at_labels
        self.planned = Planned()
        """What forecasts ask; it is written by `plan_...`."""
        self.images: Once[RegistryAnswer] = Once()
        """What registries said."""
        self.unlisted_networks: Once[str] = Once()
        """Names of networks that no list has, by id: the swarm's own `host` and `bridge`."""
        self.port_waits: dict[str, str] = {}
        """Services that wait for a published port, and those that have it; both are URNs."""
        self._checked: set[str] = set()
        self._claims = Claims()
        self._ports = PublishedPorts()
        self._replaced: dict[str, bool] = {}
        self._taken_along: dict[str, tuple[Json, Sequence[str]]] = {}
        self._forecasts: dict[str, list[Json]] = {}
        self._families: set[str] = set()
        self._found = Found()
        self._left: set[str] = set()
        self._foreign = ""
        self._proven = False
        self._topics: set[str] = set()
        self._odd: set[tuple[str, str]] = set()
        self._looked_at: set[tuple[str, str, object]] = set()
        self._advice: list[advice.Advice] = []

    # ------------------------------------------------------------- at any time

    def is_checked(self, urn: str) -> bool:
        """Tell whether the program has registered this resource in this run; in a refresh it has none yet."""
        return urn in self._checked

    def claimed(self, kind: str, name: str) -> Claimed | None:
        """Return the claim on an object by its base name, or by its actual name."""
        return self._claims.find(kind, name)

    def is_first(self, topic: str) -> bool:
        """Tell whether nobody has told this in this run yet; the caller is about to, once for all resources."""
        first = topic not in self._topics
        self._topics.add(topic)
        return first

    def _look_at_labels(self, kind: str, items: Items) -> None:
        """Warn, once for each object, of labels that look like this provider's and are not.

        Never an error, whatever `strict` says: anybody can put such a label on an object.
        """
        # a swarm is listed again and again, and most of it is as it was
        versions = {(kind, *odd_labels.version_of(item)): item for item in items}
        changed = [item for version, item in versions.items() if version not in self._looked_at]
        self._looked_at.update(versions)
        for id, text in odd_labels.describe_odd_labels(kind, changed, self.session.log.secrets).items():
            if (kind, id) not in self._odd:
                self._odd.add((kind, id))
                self.session.log.warn("", text)

    def tell_advice(self) -> bool:
        """Show the advice that was gathered, a line for each kind, with all that it is about; say whether there is any.

        For the end of the run: only then is it known who shares a line.
        """
        gathered, self._advice = self._advice, []
        for text in advice.describe(gathered):
            self.session.log.warn("", f"advice: {text}")
        return bool(gathered)

    # ------------------------------------------------------------------- read

    @only_in(Phase.READ)
    def note_labels(self, urn: str, *, proven: bool, foreign: str | None) -> None:
        """Note what the labels of an object say about this state.

        Args:
            urn: the resource.
            proven: whether the state has stamped them.
            foreign: the Pulumi stack whose they are now, if it is another one.
        """
        self._proven = self._proven or proven
        self._foreign = foreign or self._foreign

    @only_in(Phase.READ)
    def find(self, urn: str, inputs: Json, outputs: Json) -> None:
        """Note what the swarm has of a resource of the state.

        Args:
            urn: the resource.
            inputs: as Read found them.
            outputs: as Read found them.
        """
        self._found.add(urn, inputs, outputs)

    @property
    def copy_of(self) -> str:
        """The Pulumi stack that has what this state stands for, where the state is a copy from before a move; else "".

        It is one where no object that Read found is this state's any more. All Reads of a run come first.
        """
        return "" if self._proven else self._foreign

    # ------------------------------------------------------------------ check

    @only_in(Phase.CHECK)
    def register(self, urn: str) -> None:
        """Note that the program has this resource."""
        self._checked.add(urn)

    @only_in(Phase.CHECK, Phase.DIFF, Phase.APPLY)
    def claim(self, urn: str, kind: str, base: str, name: Any) -> None:
        """Note that the resource stands for this object.

        Args:
            urn: the resource.
            kind: the kind of object, as in messages.
            base: name of the family, or the object's name.
            name: the object's name.

        Raises:
            InputError: another resource of this run claimed it before.
        """
        self._claims.add(urn, kind, base, name)

    @only_in(Phase.CHECK)
    def handed_over(self, urn: str, heir: Json) -> Json:
        """Return the inputs of the resource that stood for a family until now, {} where none is found.

        It is one of the state that the program has no longer: a Stack became a Release, or a logical name another one.
        """
        return self._found.of_family(heir, self._checked)

    @only_in(Phase.CHECK)
    def advise(self, urn: str, given: Iterable[advice.Advice], inputs: Json) -> None:
        """Gather the advice that the resource's `advice`, or else the provider's, names; without one, all.

        `tell_advice` shows it. With `strict` it is an error, here and now.

        Args:
            urn: the resource.
            given: the advice that there is.
            inputs: the normal inputs.
        """
        chosen, strict = reveal(inputs.get("advice")), reveal(inputs.get("strict"))
        shown = self.session.settings.advice if chosen is None else chosen
        found = [one for one in given if shown is None or one.name in shown]
        if found and self.session.is_strict(strict):
            self.session.warn(urn, f"advice: {'; '.join(advice.describe(found))}", strict=strict)
        self._advice += found

    @only_in(Phase.CHECK)
    def publish(self, urn: str, inputs: Json) -> None:
        """Note which ports a service publishes.

        Raises:
            InputError: another service of this run publishes one of them.
        """
        problems = self._ports.claim(urn, inputs.get("name"), inputs)
        if problems:
            raise InputError(*problems)

    @only_in(*_PREPARING)
    def plan_label(self, urn: str, node_id: str, key: str, value: Any) -> None:
        """Note that a resource sets a label on a node; None: takes it away.

        Args:
            urn: the resource.
            node_id: Docker's id of the node.
            key: the label's key.
            value: the value that the run gives it.
        """
        self.planned.label(node_id, key, value)

    @only_in(Phase.CHECK)
    def plan_availability(self, urn: str, node_id: str, value: Any) -> None:
        """Note that a resource makes a node active, paused or drained.

        Args:
            urn: the resource.
            node_id: Docker's id of the node.
            value: the value that the run gives it.
        """
        self.planned.availability(node_id, value)

    @only_in(Phase.CHECK)
    def plan_service(self, urn: str, name: str, spec: Json) -> None:
        """Note the ServiceSpec that a service will have.

        Args:
            urn: the resource.
            name: the object's name.
            spec: the spec that will be sent.
        """
        self.planned.service(name, spec)

    # ------------------------------------------------------------------- diff

    @only_in(Phase.DIFF)
    def keep(self, urn: str, kind: str, base: str) -> None:
        """Let Delete of an older self of the resource, which a killed run has left, leave an object that it claims.

        Args:
            urn, kind, base: as for `claim`.
        """
        claimed = self._claims.of(kind, base)
        if claimed is not None and claimed.urn == urn:
            claimed.kept = True

    @only_in(Phase.DIFF)
    def replace(self, urn: str, *, delete_first: bool) -> None:
        """Note that the resource is replaced: Delete gets an object that the program has not given up."""
        self._replaced[urn] = delete_first or self._replaced.get(urn, False)

    @only_in(Phase.DIFF)
    def take_along(self, urn: str, olds: Json, replacing: Sequence[str]) -> None:
        """Note what is to be said when the resource is recreated without another Diff.

        Args:
            urn: the resource.
            olds: its inputs until now.
            replacing: the properties that ask for it.
        """
        self._taken_along[urn] = olds, replacing

    @only_in(*_PREPARING)
    def keep_forecast(self, urn: str, service: str, found: Restart) -> str:
        """Keep for the preview what the run will do to a service's tasks; return it in words.

        Args:
            urn: the resource whose change does it: the service itself, or what moves its tasks.
            service: the service's name in the swarm.
            found: what happens to the tasks.
        """
        clean = self.session.log.clean
        text = clean(describe(Forecast(service, found)), limit=LONGEST_MESSAGE)
        reasons = [clean(reason) for reason in found.reasons]
        told = {"service": service, "text": text, **asdict(found), "reasons": reasons, "harmless": list(found.harmless)}
        self._forecasts.setdefault(urn, []).append(told)
        return text

    # ---------------------------------------------------------------- preview

    @only_in(Phase.PLAN)
    def forecasts_of(self, urn: str) -> Json:
        """Return the forecasts of one resource as outputs of a preview; nothing of them is kept in the state."""
        found = self._forecasts.get(urn)
        return {FORECAST: found} if found else {}

    @only_in(Phase.PLAN)
    def taken_along(self, urn: str) -> tuple[Json, Sequence[str]] | None:
        """Return, once, what `take_along` noted; None: nothing, or it was said."""
        return self._taken_along.pop(urn, None)

    @only_in(Phase.PLAN, Phase.APPLY, Phase.DELETE)
    def before(self, urn: str) -> tuple[Json, Json]:
        """Return inputs and outputs of what was found of a resource, if it is there still; else nothing of either.

        Pulumi checks and makes a replacement as if there had been nothing before.
        """
        return self._found.of(urn)

    # ------------------------------------------------------------------ apply

    @only_in(Phase.APPLY)
    def made(self, urn: str, kind: str, base: str, name: Any, id: str = "") -> None:
        """Note that an object exists now, created or adopted by this resource.

        Args:
            urn, kind, base, name: as for `claim`.
            id: Pulumi's id of the resource, or Docker's of the object.

        Raises:
            InputError: another resource of this run claimed it before.
        """
        self._claims.add(urn, kind, base, name).made(id)

    @only_in(Phase.APPLY)
    def add_version(self, urn: str, family: str) -> bool:
        """Note that the resource is about to make a version of a family; say whether this run has made one before."""
        before = family in self._families
        self._families.add(family)
        return before

    # ----------------------------------------------------------------- delete

    @only_in(Phase.PLAN, Phase.DELETE)
    def goes_first(self, urn: str) -> bool:
        """Tell whether the old object goes before the new one is made: at preview it is still there."""
        return self._replaced.get(urn, False)

    @only_in(Phase.DELETE)
    def is_replaced(self, urn: str) -> bool:
        """Tell whether the program has the resource still, so that Delete gets what a replacement has left."""
        return urn in self._checked or urn in self._replaced

    @only_in(Phase.DELETE)
    def is_another_ones(self, urn: str, kind: str, base: str) -> bool:
        """Tell whether another resource stands for the object now.

        Args:
            urn, kind, base: as for `claim`.
        """
        claim = self._claims.of(kind, base)
        return claim is not None and claim.urn != urn

    @only_in(Phase.DELETE)
    def is_in_use_by_run(self, urn: str, kind: str, base: str) -> bool:
        """Tell whether Delete has to leave the object: this run made it or took it over, or is about to.

        Objects that cannot be relabelled need this: `up --replace` creates before it deletes, under one name.

        Args:
            urn, kind, base: as for `claim`.
        """
        claim = self._claims.of(kind, base)
        return claim is not None and (claim.kept or claim.urn != urn)

    @only_in(Phase.DELETE)
    def is_adopted(self, urn: str, kind: str, base: str) -> bool:
        """Tell whether the replacement of the resource stands for the very object that Delete is to remove.

        Args:
            urn, kind, base: as for `claim`.
        """
        claim = self._claims.of(kind, base)
        return claim is not None and claim.kept and claim.urn == urn

    @only_in(Phase.DELETE)
    def forget(self, urn: str) -> None:
        """Note that what was found of a resource is gone."""
        self._found.forget(urn)

    @only_in(Phase.DELETE)
    def leave(self, urn: str, service: str) -> None:
        """Note that Delete leaves a service, since it is not this state's any more."""
        self._left.add(service)

    @only_in(Phase.DELETE)
    def all_left(self, urn: str, services: Collection[str]) -> bool:
        """Tell whether Delete has left each of these services, and there is one."""
        return bool(services) and self._left.issuperset(services)
