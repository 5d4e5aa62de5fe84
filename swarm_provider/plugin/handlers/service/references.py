"""What a service's references stand for: a string names an object exactly, or a family's current version.

Objects that a resource of this run stands for count too, although they may not exist yet.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, reveal
from swarm_provider.errors import InputError, Problem, SwarmProviderError
from swarm_provider.model.types.kinds import nearest
from swarm_provider.plan.families import naming
from swarm_provider.plan.ownership.claims import Owner
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.swarm import Swarm

PREDEFINED_NETWORKS: Final = ("host", "bridge", "none", "nat")
PLANNED_SECONDS: Final = 60.0
"""How long an update waits for an object that another resource of the same run is about to make."""


async def resolve(run: Run, owner: Owner, inputs: Json) -> Json:
    """Return the service's inputs with the actual name of each config and secret, where it is not the given one.

    Args:
        run: what the resources of this run share.
        owner: the resource that asks.
        inputs: the normal inputs.

    Raises:
        InputError: an object is missing, or its name stands for several families.
    """
    problems: list[Problem] = []
    result = dict(inputs)
    credential = reveal(inputs.get("credentialSpec"))
    await run.session.swarm()
    for kind in ("config", "secret"):
        entries = inputs.get(f"{kind}s")
        if isinstance(entries, list):
            result[f"{kind}s"] = [
                await _resolve_one(run, owner, kind, entry, f"{kind}s[{index}]", problems)
                for index, entry in enumerate(entries)
            ]
    if isinstance(credential, dict) and isinstance(credential.get("config"), str):
        found = await _resolve_one(
            run, owner, "config", {"source": credential["config"]}, "credential_spec.config", problems
        )
        result["credentialSpec"] = {**credential, "config": found.get("name", credential["config"])}
    networks = reveal(inputs.get("networks"))
    for index, entry in enumerate(networks if isinstance(networks, list) else []):
        await _check_network(run, entry, f"networks[{index}]", problems)
    if problems:
        raise InputError(*problems)
    return result


async def _resolve_one(run: Run, owner: Owner, kind: str, entry: Any, path: str, problems: list[Problem]) -> Any:
    source = reveal(entry.get("source")) if isinstance(entry, dict) else UNKNOWN
    if not isinstance(source, str):
        return entry
    entry = {key: value for key, value in entry.items() if key != "name"}
    swarm = await run.session.swarm()
    planned = run.claimed(kind, source)
    live = await swarm.find(kind, source, allow_stale=True)
    # the file keeps its name when the version changes
    base = planned.base if planned else labels.base(naming.object_labels(live or {}))
    if base and base != source and entry.get("target") is None:
        entry["target"] = base
    # a family of this program goes before what docker has made under the name of the family
    if (live is not None and (planned is None or planned.base != source)) or (
        planned is not None and planned.name == source
    ):
        return entry
    if planned is not None:
        # the name of a new secret is known only once it is made
        return {**entry, "name": planned.name} if isinstance(planned.name, str) else entry
    if run.session.offline:
        # only the swarm knows what this program does not make
        return entry
    named = (await swarm.view(kind, naming.by_base, allow_stale=True)).get(source, [])
    try:
        family = naming.family_by_name(named, source, owner.text) or naming.family_by_name(named, source, None)
    except LookupError as owners:
        text = f"the name {source!r} is ambiguous: several owners have such a family ({owners})"
        problems.append(Problem(f"{text}; use the exact name of a version", path))
        return entry
    current = naming.current(named, family) if family else None
    if current is not None:
        return {**entry, "name": naming.object_name(current)}
    if await swarm.inspect(kind, source) is not None:
        # another provider of the program made it in this very run
        return entry
    items = await swarm.list(kind, allow_stale=True)
    known = {*map(naming.object_name, items), *naming.by_base(items)}
    problems.append(
        Problem(
            f"{kind} {source!r} does not exist in the swarm{nearest(source, tuple(sorted(known)))}; create it first, "
            f"or, if this program creates it, pass the resource (or its `name` output) instead of its name",
            path,
        )
    )
    return entry


async def _check_network(run: Run, entry: Any, path: str, problems: list[Problem]) -> None:
    name = reveal(entry.get("name")) if isinstance(entry, dict) else UNKNOWN
    if not isinstance(name, str) or name in PREDEFINED_NETWORKS or run.claimed("network", name) or run.session.offline:
        return
    swarm = await run.session.swarm()
    live = await swarm.find("network", name, allow_stale=True) or await swarm.inspect("network", name)
    if live is None:
        networks = await swarm.list("network", allow_stale=True)
        known = tuple(sorted(item["Name"] for item in networks if item.get("Scope") == "swarm"))
        text = (
            f"network {name!r} does not exist in the swarm{nearest(name, known)}; create it first, or, if this program "
        )
        problems.append(Problem(text + "makes it, pass the resource", path))
    elif live.get("Scope") != "swarm":
        problems.append(
            Problem(f"network {name!r} has scope {live.get('Scope')!r}; services need one of scope 'swarm'", path)
        )


async def fill_ids(run: Run, urn: str, swarm: Swarm, spec: Json) -> None:
    """Put the ids of configs and secrets into a service spec; Docker asks for both name and id.

    Args:
        run: what the resources of this run share.
        urn: the service's resource, which may have to wait for another one.
        swarm: the connection.
        spec: the spec that will be sent.

    Raises:
        SwarmProviderError: one does not exist.
    """
    container = spec["TaskTemplate"]["ContainerSpec"]
    for kind, field in (("config", "Config"), ("secret", "Secret")):
        for entry in container.get(f"{field}s") or []:
            id, name = await _existing(run, urn, swarm, kind, entry[f"{field}Name"])
            entry |= {f"{field}ID": id, f"{field}Name": name}
    credential = ((container.get("Privileges") or {}).get("CredentialSpec") or {}).get("Config")
    if credential:
        id, _ = await _existing(run, urn, swarm, "config", credential)
        container["Privileges"]["CredentialSpec"]["Config"] = id


async def _existing(run: Run, urn: str, swarm: Swarm, kind: str, name: str) -> tuple[str, str]:
    """Return id and name of the live object of this name, or of the one that a resource of this run makes of it."""
    planned = run.claimed(kind, name)
    live = None
    if planned is None or (not planned.is_made and planned.name == name):
        # what this run has not made was there before
        live = await swarm.find(kind, name, allow_stale=True)
    if live is None and planned is not None:
        maker = planned.urn.rpartition("::")[2]
        with (
            run.session.log.telling(urn, f"waiting for {kind} {name!r}, which {maker!r} of this program creates"),
            contextlib.suppress(TimeoutError),
        ):
            await asyncio.wait_for(planned.wait(), PLANNED_SECONDS)
        # the name of a new secret is known only once it is made
        name = planned.name if isinstance(planned.name, str) else name
        if planned.id:
            return planned.id, name
    live = live or await swarm.inspect(kind, name)
    if live is None:
        raise SwarmProviderError(f"{kind} {name!r} does not exist in the swarm (any more)")
    return live["ID"], naming.object_name(live)
