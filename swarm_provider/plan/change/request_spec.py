"""What is sent for a service: the inputs' spec, with what they leave to the cluster taken from what is live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from swarm_provider.convert.minimal_update import live_form
from swarm_provider.convert.service.deploy import is_job_mode, mode_to_spec
from swarm_provider.convert.service.effective import effective_of
from swarm_provider.convert.service.spec import spec_of
from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, at, has_unknown, reveal
from swarm_provider.model.rules.refusals import published
from swarm_provider.plan.facts.tasks import Service
from swarm_provider.plan.rollout.health import health


def is_job(spec: Json) -> bool:
    """Tell whether a ServiceSpec is a job's. Every update of a job runs it again, even one of a label."""
    return is_job_mode(spec.get("Mode"))


def wanted_spec(olds: Json, news: Json) -> Json:
    """Return the new inputs' spec, with what they leave to the cluster taken from the old (refreshed) ones.

    It is shared: nobody changes it.
    """
    spec, deploy = spec_of(news), reveal(news.get("deploy")) or {}
    if not isinstance(deploy, dict):
        return spec
    replicas = at(reveal(olds.get("deploy")), "replicas")
    if "replicas" not in deploy and replicas is not None and deploy.get("mode", "replicated") == "replicated":
        spec = {**spec, "Mode": mode_to_spec({**deploy, "replicas": replicas})}
    if "forceUpdate" not in news and olds.get("forceUpdate") is not None:
        spec = {**spec, "TaskTemplate": {**spec["TaskTemplate"], "ForceUpdate": reveal(olds["forceUpdate"])}}
    return spec


def on_top_of(
    wanted: Json,
    live: Json,
    news: Json,
    network_names: Mapping[str, str] | None = None,
    *,
    asked: Json | None = None,
) -> Json:
    """Return the wanted spec as it is sent to the live service.

    Args:
        wanted: what `to_spec` made of the inputs, with ids and labels.
        live: Spec of the live service.
        news: the inputs; they tell what is managed.
        network_names: names of networks by id.
        asked: the spec of the inputs before, where there are some: a live one that means the same says no more.
    """
    return _on_top_of(wanted, live, news, network_names, asked)[0]


def _on_top_of(
    wanted: Json, live: Json, news: Json, network_names: Mapping[str, str] | None, asked: Json | None
) -> tuple[Json, Json]:
    """Return the spec that is sent, and its `effective` form, which is shared."""
    # what is set below is set in copies; all else is shared with the inputs' spec and the live one
    wanted = _left_to_cluster({**wanted, "TaskTemplate": {**wanted["TaskTemplate"]}}, live, news)
    spec, meaning = live_form(wanted, live, network_names, asked=asked)
    return _left_to_cluster(spec, live, news), meaning


def _left_to_cluster(spec: Json, live: Json, news: Json) -> Json:
    """Set, in place, what the inputs leave to the cluster as it is live."""
    if "forceUpdate" not in news:
        spec["TaskTemplate"]["ForceUpdate"] = (live.get("TaskTemplate") or {}).get("ForceUpdate", 0)
    replicas = ((live.get("Mode") or {}).get("Replicated") or {}).get("Replicas")
    if at(reveal(news.get("deploy")), "replicas") is None and "Replicated" in spec["Mode"] and replicas is not None:
        spec["Mode"] = {"Replicated": {**spec["Mode"]["Replicated"], "Replicas": replicas}}
    return spec


def to_send(
    wanted: Json,
    live: Json,
    news: Json,
    network_names: Mapping[str, str] | None = None,
    *,
    force: int | None = None,
    asked: Json | None = None,
) -> Json | None:
    """Return the spec that an update sends to a live service, None where nothing is to be sent.

    Args:
        wanted, news, network_names, asked: as for `on_top_of`.
        live: GET /services/ID.
        news: the inputs; they tell what is managed.
        network_names: names of networks by id.
        force: what `force_again` says.
    """
    spec, after = _on_top_of(wanted, live["Spec"], news, network_names, asked)
    before = effective_of(live["Spec"], network_names)
    same_tasks = all(before.get(key) == after.get(key) for key in ("TaskTemplate", "EndpointSpec"))
    if force is not None and same_tasks and "forceUpdate" not in news and spec["TaskTemplate"]["ForceUpdate"] < force:
        spec["TaskTemplate"]["ForceUpdate"] = force
        return spec
    state = Service(live).update_state
    # an update that Swarm gave up is sent again: that alone makes it go on
    stopped = state == "paused" or state.startswith("rollback")
    # a job would run again only to be stamped
    stamped = is_job(spec) or labels.ours(spec["Labels"]) == labels.ours(live["Spec"].get("Labels"))
    return None if before == after and stamped and not stopped else spec


def is_only_marked(spec: Json, live: Json) -> bool:
    """Say whether nothing but the labels that tell whose a service is differ between two ServiceSpecs."""
    return {**spec, "Labels": labels.users(spec["Labels"])} == {**live, "Labels": labels.users(live.get("Labels"))}


def changed_in(run: str | None, spec: Json) -> Json:
    """Return a spec whose labels tell which run changed the service last."""
    return {**spec, "Labels": {**(spec.get("Labels") or {}), labels.RUN: run}} if run else spec


def force_again(live: Json, tasks: Sequence[Json], nodes: Sequence[Json]) -> int | None:
    """Return the ForceUpdate with which tasks start again that Swarm has given up; None where there are none.

    Nothing else starts them. It restarts the service's other tasks, too, and runs a job again.

    Args:
        live: GET /services/ID.
        tasks: GET /tasks.
        nodes: GET /nodes.
    """
    if not health(live, tasks, nodes, 0).given_up:
        return None
    return int((live["Spec"].get("TaskTemplate") or {}).get("ForceUpdate") or 0) + 1


def as_awaited(sent: Json, news: Json) -> Json:
    """Return the spec that was sent without what the inputs leave to the cluster: anybody may change that meanwhile."""
    if at(reveal(news.get("deploy")), "replicas") is not None or "Replicated" not in sent["Mode"]:
        return sent
    return {**sent, "Mode": {"Replicated": {}}}


def networks_that_go(olds: Json, news: Json) -> list[str]:
    """Return `networks` when one is about to be replaced: it arrives without a name, and the service goes before it."""

    def unknown(inputs: Json) -> bool:
        networks = reveal(inputs.get("networks")) or []
        return networks is UNKNOWN or any(
            entry is UNKNOWN or has_unknown(reveal(entry).get("name")) for entry in networks
        )

    return ["networks"] if unknown(news) and not unknown(olds) else []


def share_ports(olds: Json, news: Json) -> bool:
    """Tell whether both publish one port: then the old service has to go first."""

    return bool(ports_of(olds) & ports_of(news))


def ports_that_move(olds: Mapping[str, Json], news: Mapping[str, Json]) -> dict[str, dict[tuple[int, str], str]]:
    """Return the published ports that a service gives up, and the key of the one that takes each, by its own key.

    Args:
        olds: the inputs of the services as they are, by key.
        news: as they are to be.
    """
    takers = {port: key for key, inputs in news.items() for port in ports_of(inputs) - ports_of(olds.get(key, {}))}
    moving = {
        key: {port: takers[port] for port in (ports_of(inputs) - ports_of(news.get(key, {}))) & takers.keys()}
        for key, inputs in olds.items()
    }
    return {key: ports for key, ports in moving.items() if ports}


def ports_of(inputs: Json) -> set[tuple[int, str]]:
    """Return what a service publishes on the nodes: ports with their protocols."""
    return {port for port, _ in published(reveal(inputs))}
