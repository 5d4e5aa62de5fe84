"""Config and Secret: families of immutable versions.

The user's resource is the family; each content is a Docker object of its own, with a name that Check computes, so that
a preview shows the new name on the config and on every service that follows. What sets the two kinds apart is in
config.py and secret.py.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from swarm_provider.convert import objects
from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, has_unknown, reveal, secret_places, secret_texts
from swarm_provider.errors import Conflict, InputError, NotFound, Problem
from swarm_provider.model.content import CONTENT, content_of
from swarm_provider.model.rules import refusals
from swarm_provider.plan.change.property_diff import Change
from swarm_provider.plan.change.sentences import Adoption, Survival, describe
from swarm_provider.plan.families import naming
from swarm_provider.plan.families.pruning import is_due
from swarm_provider.plan.ownership.claims import Claim, of_another
from swarm_provider.plugin.handlers.base import new_incarnation
from swarm_provider.plugin.handlers.family.content import IMMUTABLE, content_changed, is_trusted, with_file
from swarm_provider.plugin.handlers.family.identity import claimed_family
from swarm_provider.plugin.handlers.family.reading import FamilyReader
from swarm_provider.plugin.protocol.operations import Difference, Request
from swarm_provider.plugin.run.swarm import Swarm
from swarm_provider.rollout.remove import remove_object
from swarm_provider.rollout.retry import update_with_retry

_NOT_SHOWN = ("familyId", "key", "adopt", "trustExisting", "advice")


class FamilyHandler(FamilyReader):
    """What Config and Secret have in common; the subclasses say how they differ."""

    compares_inputs_only = True
    _readable: tuple[str, ...] = ()
    """Inputs beside labels and driver options that Docker gives back, so that Read has to know which are secret."""

    # ---------------------------------------------------------------- check

    async def check(self, request: Request, olds: Json, news: Json) -> Json:
        inputs = with_file(self.normal(news), self._wrap)
        self.name_unnamed(request, inputs, "baseName")
        keep = self.session.settings.keep_previous.get(self.kind, naming.KEEP_DEFAULT)
        inputs.setdefault("keepPrevious", keep)
        problems = self._problems(inputs)
        if problems:
            raise InputError(*problems)
        inputs["owner"] = request.owner.text
        inputs["familyId"] = await claimed_family(self.run, self.kind, request, olds, inputs["baseName"])
        olds = olds or self.run.handed_over(request.urn, inputs)
        self._draw_key(olds, inputs)
        name = await self._name(request, olds, inputs)
        if name is not None:
            inputs["name"] = name
        if isinstance(inputs["baseName"], str):
            self.run.claim(request.urn, self.kind, inputs["baseName"], UNKNOWN if name is None else name)
        self._advise(request, inputs)
        return inputs

    def _advise(self, request: Request, inputs: Json) -> None:
        """Say what is allowed and yet a bad idea."""

    def _wrap(self, text: str) -> Any:
        return text

    def _problems(self, inputs: Json) -> list[Problem]:
        problems = refusals.name(self.kind, inputs["baseName"])
        given = [key for key in CONTENT if key in inputs]
        if len(given) > 1:
            return [*problems, Problem("set only one of data and data_base64", "data")]
        if not given:
            return [*problems, *self._problems_without_content(inputs)]
        if inputs.get(given[0]) is not UNKNOWN and not has_unknown(inputs[given[0]]):
            content = content_of(inputs)
            if content is None:
                problems.append(Problem("not valid base64", "data_base64"))
            else:
                problems += refusals.content(self.kind, len(content))
        return problems

    def _problems_without_content(self, inputs: Json) -> list[Problem]:
        return [Problem("the content is missing; set data, data_base64 or file", "data")]

    def _draw_key(self, olds: Json, inputs: Json) -> None:
        """Draw no key: their content is no secret."""

    async def _name(self, request: Request, olds: Json, inputs: Json) -> Any:
        if has_unknown([inputs.get(key) for key in (*CONTENT, *IMMUTABLE, "baseName")]):
            return UNKNOWN
        same = not content_changed(olds, inputs) or is_trusted(olds, inputs)
        if olds and same and olds.get("baseName") == inputs["baseName"]:
            # the first version of a secret has got its name after Check
            return olds.get("name") or self._version_name(inputs)
        kept = None if olds else await self._current(inputs)
        return kept or await self._adopted(inputs) or self._version_name(inputs)

    async def _current(self, inputs: Json) -> str | None:
        """Return the name of the family's current version if it serves: the state was lost, or by --replace."""
        live = await self._newest(inputs["familyId"], allow_stale=True)
        # a rotate trigger is nowhere in the swarm but in the digest
        if live is None or "rotateTrigger" in inputs or not self._serves(inputs, live):
            return None
        return naming.object_name(live) if labels.base(naming.object_labels(live)) == inputs["baseName"] else None

    async def _adopted(self, inputs: Json) -> str | None:
        """Return the name of an object that docker created and that serves as the first version, or None."""
        if not reveal(inputs.get("adopt")):
            return None
        live = await (await self.session.swarm()).find(self.kind, inputs["baseName"], allow_stale=True)
        if live is None or labels.owner(naming.object_labels(live)) or not self._serves(inputs, live):
            return None
        return naming.object_name(live)

    def _serves(self, inputs: Json, live: Json) -> bool:
        """Tell whether a live object has what the inputs ask for, in all that Docker cannot change."""
        found = self.from_spec(live["Spec"])
        asked = reveal(inputs)
        return content_of(found) == content_of(inputs) and found.get("templateDriver") == asked.get("templateDriver")

    def _version_name(self, inputs: Json) -> str:
        immutables = {key: inputs[key] for key in IMMUTABLE if key in inputs}
        key = reveal(inputs.get("key"))
        return naming.version_name(
            inputs["baseName"], content_of(inputs) or b"", reveal(immutables), inputs["familyId"], key
        )

    # ----------------------------------------------------------------- diff

    async def diff(self, request: Request, olds: Json, news: Json, state: Json, ignored: Sequence[str]) -> Difference:
        hidden = (*_NOT_SHOWN, *CONTENT) if is_trusted(olds, news) else _NOT_SHOWN
        found = self._shown(request, olds, news, self.changed(olds, news, ignored, hidden=hidden))
        if content_of(olds) is not None and content_of(olds) == content_of(news):
            # text that was written as base64, or the other way round
            found = [change for change in found if change.path not in CONTENT]
        if "name" not in news or (olds.get("name") is None and not content_changed(olds, news)):
            # the first Check of a secret cannot know its name; that it is known later is no change
            found = [change for change in found if change.path != "name"]
        if self.run.is_checked(request.urn) and any(change.path == "owner" for change in found):
            await self._check_owner(request, olds, state)
        self._warn_of_rollback(request, olds, news, found)
        replaces = ["baseName"] if any(change.path == "baseName" for change in found) else []
        # until the next Check the name of a secret's first version is an output only
        of_outputs = ("name",) if "name" not in olds and "name" in state else ()
        found = [replace(c, kind="update", old=state[c.path]) if c.path in of_outputs else c for c in found]
        return Difference(found, replaces, stables=() if found else ("name",), of_outputs=of_outputs)

    def _warn_of_rollback(self, request: Request, olds: Json, news: Json, found: Sequence[Change]) -> None:
        """Say, once, what a rotation that keeps no version means for whoever is on call afterwards."""
        rotates = "name" in olds and any(change.path == "name" for change in found)
        if rotates and news.get("keepPrevious") == 0 and self.run.is_first("no version to return to"):
            self.session.log.info(
                request.urn,
                f"keep_previous is 0, so this update deletes the previous version of {self.kind} {news['baseName']!r}: "
                f"`docker service rollback` would then take down the services that use it until the next `pulumi up`",
            )

    async def _check_owner(self, request: Request, olds: Json, state: Json) -> None:
        newest = await self._newest(olds.get("familyId", ""), allow_stale=True)
        self.check_owner(request, self.kind, str(state.get("name")), newest, olds, state)

    def _shown(self, request: Request, olds: Json, news: Json, found: list[Change]) -> list[Change]:
        """Return the changes as the preview is to show them."""
        return found

    # --------------------------------------------------------------- create

    async def create(self, request: Request, news: Json, *, preview: bool) -> tuple[str, Json]:
        base = news["baseName"]
        if preview:
            await self._announce(request, news)
            outputs = {"name": news.get("name", UNKNOWN), self.id_output: UNKNOWN, "incarnation": UNKNOWN}
            return (base if isinstance(base, str) else ""), outputs
        return base, await self._ensure(request, news)

    async def _announce(self, request: Request, news: Json) -> None:
        """Say at preview what Create will say or do about an object that is there already."""
        swarm, name = await self.session.swarm(), news.get("name")
        again = self.replaced(request, news, "baseName") is not None
        if isinstance(name, str):
            live = await swarm.find(self.kind, name)
            if live is not None:
                self._claim(request, news, name, live)
                text = describe(Adoption(self.kind, name))
                if again:
                    text = describe(Survival(f"{self.kind} {name!r}"))
                    text += " where no service uses it; rotate_trigger makes a new version"
                self.session.log.info(request.urn, text)
        elif name is None:
            own = await self._listed(news["familyId"])
            if own and again:
                text = (
                    f"{self.kind} {naming.object_name(own[0])!r} is replaced by a new version under another name; the "
                    f"tasks that use it restart once"
                )
                self.session.log.info(request.urn, text)
            elif own:
                text = (
                    f"{describe(Adoption(self.kind, naming.object_name(own[0])))}; the naming key "
                    f"was lost with the previous state or logical name (an alias keeps it), so a new version is "
                    f"created, and the tasks that use it restart once"
                )
                self.session.log.info(request.urn, text)

    def _claim(
        self, request: Request, news: Json, name: str, live: Json | None, mine: str | None = None, held: str = ""
    ) -> Claim:
        adopt = name == mine or bool(reveal(news.get("adopt")))
        return self.decide(request, self.kind, name, live, adopt=adopt, incarnation=held)

    async def _ensure(self, request: Request, news: Json, mine: str | None = None, held: str = "") -> Json:
        """Make the version that the inputs name the current one of its family, whether it exists or not; then prune.

        Args:
            mine: name of the object that the state stands for; no labels are needed to adopt it.
            held: incarnation in the state.
        """
        swarm = await self.session.swarm()
        self.session.log.hide(secret_texts(news))
        name = news.get("name") or self._version_name(news)
        family = news["familyId"]
        before = self.run.add_version(request.urn, family)
        known = before or mine is not None or await self._listed(family, allow_stale=True)
        # of a family that the run's first list does not have nothing can be there: only its owner makes versions of it
        own = await self._versions(swarm, family) if known else []
        by_name = {naming.object_name(item): item for item in own}
        live = by_name.get(name)
        if own:
            # the newest stands for the family: versions before a move name the earlier owner
            self._claim(request, news, naming.object_name(own[0]), own[0], naming.object_name(own[0]), held)
        old = [item for item in own if labels.owner(naming.object_labels(item)) not in (None, request.owner.text)]
        # after a move, a copy of the old state proves nothing any more
        incarnation = new_incarnation() if old or not held else held
        if live is None:
            if mine is not None and mine not in by_name:
                await self._stamp_imported(swarm, request, news, mine, incarnation)
            spec = self._spec(request, news, name, incarnation, naming.next_sequence(own, news["familyId"]))
            try:
                made = await swarm.create(self.kind, spec)
            except Conflict:
                # not one of the family: docker's own, to be adopted, or somebody else's; look at its owner
                live = await swarm.inspect(self.kind, name)
                if live is None:
                    raise
                self._claim(request, news, name, live, mine, held)
                own = await self._versions(swarm, news["familyId"])
                made = await self._restamp(swarm, request, news, live, incarnation, own)
        else:
            made = await self._restamp(swarm, request, news, live, incarnation, own)
        for item in old:
            await self._follow(swarm, request, item, incarnation)
        self.run.made(request.urn, self.kind, news["baseName"], name, made)
        # also when the resource is new: a run whose end was not saved may have left versions
        others = [item for item in own if naming.object_name(item) != name]
        keep, reusable = reveal(news["keepPrevious"]), self._reusable(mine)
        if mine not in (None, name, *by_name) or is_due(others, keep, reusable=reusable):
            pruner, warn = await self.session.pruner(), functools.partial(self.session.log.warn, request.urn)
            await pruner.prune(self.kind, family, reusable=reusable, warn=warn)
        return {"name": name, self.id_output: made, "incarnation": incarnation}

    async def _versions(self, swarm: Swarm, family: str) -> list[Json]:
        """Return the versions of a family as they are now, the current one first."""
        return naming.versions(await swarm.labelled(self.kind, labels.FAMILY, family), family)

    def _reusable(self, mine: str | None) -> bool:
        """Tell whether an old version of the family may become the current one again; `mine` as in _ensure."""
        return True

    def _spec(self, request: Request, news: Json, name: str, incarnation: str, sequence: int) -> Json:
        own = self._own_labels(request, news, incarnation, sequence)
        return objects.with_labels(self.to_spec(reveal({**news, "name": name})), own)

    def _own_labels(self, request: Request, news: Json, incarnation: str, sequence: int) -> dict[str, str]:
        readable = {key: value for key, value in news.items() if key in ("labels", "driverOpts", *self._readable)}
        return {
            **request.owner.labels(incarnation),
            labels.FAMILY: news["familyId"],
            labels.BASE: news["baseName"],
            labels.SEQUENCE: str(sequence),
            labels.KEEP: str(reveal(news["keepPrevious"])),
            **labels.telling_secrets(secret_places(readable)),
        }

    async def _stamp_imported(self, swarm: Swarm, request: Request, news: Json, mine: str, incarnation: str) -> None:
        """Make an imported object the oldest version of the family, so that it is pruned and deleted as one."""
        live = await swarm.inspect(self.kind, mine)
        if live is None or labels.family(naming.object_labels(live)) or labels.owner(naming.object_labels(live)):
            return
        own = self._own_labels(request, news, incarnation, 0)
        await update_with_retry(swarm, self.kind, live["ID"], lambda item: objects.with_labels(item["Spec"], own))

    async def _follow(self, swarm: Swarm, request: Request, version: Json, incarnation: str) -> None:
        """Let the labels of a version name the Pulumi stack that the family has moved to."""

        def change(item: Json) -> Json | None:
            spec, own = item["Spec"], request.owner.labels(incarnation)
            return None if own.items() <= naming.object_labels(item).items() else objects.with_labels(spec, own)

        with contextlib.suppress(NotFound):
            await update_with_retry(swarm, self.kind, version["ID"], change)

    async def _restamp(
        self, swarm: Swarm, request: Request, news: Json, live: Json, incarnation: str, own: Sequence[Json]
    ) -> str:
        """Set the labels of a version that exists, and make it the current one of the family's `own` versions."""
        others = [item for item in own if item["ID"] != live["ID"]]
        current = naming.sequence(live) >= naming.next_sequence(others, news["familyId"])
        number = naming.sequence(live) if current else naming.next_sequence(own, news["familyId"])

        def change(item: Json) -> Json | None:
            wanted = self._spec(request, news, naming.object_name(item), incarnation, number)["Labels"]
            spec: Json = item["Spec"]
            return None if spec.get("Labels") == wanted else {**spec, "Labels": wanted}

        await update_with_retry(swarm, self.kind, live["ID"], change)
        return str(live["ID"])

    # --------------------------------------------------------------- update

    async def update(self, request: Request, id: str, olds: Json, news: Json, state: Json, *, preview: bool) -> Json:
        incarnation = state.get("incarnation")
        if preview:
            name = news.get("name", UNKNOWN)
            same = name == state.get("name")
            return {
                "name": name,
                self.id_output: state.get(self.id_output, UNKNOWN) if same else UNKNOWN,
                "incarnation": incarnation or UNKNOWN,
            }
        return await self._ensure(request, news, state.get("name"), incarnation or "")

    # --------------------------------------------------------------- delete

    async def delete(self, request: Request, id: str, olds: Json, state: Json) -> None:
        swarm = await self.session.swarm()
        own = await self._versions(swarm, olds.get("familyId", ""))
        if not own and state.get("name"):
            # an imported object carries no labels of ours
            live = await swarm.inspect(self.kind, state["name"])
            own = [live] if live is not None else []
        if not own:
            return
        incarnation = state.get("incarnation") or ""
        if self.run.is_another_ones(request.urn, self.kind, id) or (
            labels.incarnation(naming.object_labels(own[0])) != incarnation
        ):
            self.session.log.info(request.urn, self._why_left(request, id, own[0], state))
            return
        for item in reversed(own):
            await remove_object(
                swarm,
                self.kind,
                item["ID"],
                name=naming.object_name(item),
                timeout=request.timeout or None,
                progress=lambda text: self.session.log.status(request.urn, text),
                cancelled=self.session.cancelled,
            )

    def _why_left(self, request: Request, id: str, newest: Json, state: Json) -> str:
        own, name = naming.object_labels(newest), naming.object_name(newest)
        other = of_another(own, request.owner, state.get("incarnation"))
        if other:
            return f"{self.kind} {name!r} is not deleted: it belongs to Pulumi stack {other!r}"
        if labels.urn(own) != request.urn:
            return f"{self.kind} {name!r} is not deleted: it was not created by this resource"
        if labels.base(own) == id:
            return f"{self.kind} {name!r} is not deleted: the new resource has adopted it"
        return f"{self.kind} {state.get('name')!r} is kept as the version before {name!r}, for a rollback"
