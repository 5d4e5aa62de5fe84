"""Merged services and declarations -> canonical inputs (the normal form of `model`). No reading of files.

What docker converts late, and fails on late, is decided here: which network, volume, config or secret a name stands
for, and whether the parts of a service fit together.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from swarm_provider.compose.common.typed_form import Declared, Service
from swarm_provider.compose.sections import swarm_rules
from swarm_provider.compose.yaml.tree import Map, Ref, SourceLocation, as_written, part, prefixed
from swarm_provider.core import Json, labels
from swarm_provider.core.names import camel
from swarm_provider.model.types.kinds import is_missing, nearest

Section = Mapping[str, Declared]
_DEFAULT: Final = "default"
_OF_ONE_TYPE: Final = ("volume", "image", "cluster")
_PLAIN: Final = (
    "image",
    "command",
    "entrypoint",
    "environment",
    "labels",
    "hostname",
    "user",
    "group_add",
    "working_dir",
    "stop_signal",
    "stop_grace_period",
    "tty",
    "stdin_open",
    "read_only",
    "init",
    "isolation",
    "extra_hosts",
    "dns",
    "dns_search",
    "dns_opt",
    "cap_add",
    "cap_drop",
    "sysctls",
    "ulimits",
    "healthcheck",
    "logging",
    "security_opt",
    "mem_swappiness",
    "memswap_limit",
    "oom_score_adj",
    "platform",
)


def service_inputs(service: Service, sections: Mapping[str, Section], stack: str) -> Json:
    """Return the canonical inputs of one service; what does not fit is noted at its place.

    Args:
        service: in typed form, merged.
        sections: the declarations by kind (`network`, `volume`, `config`, `secret`).
        stack: the prefix of all names.
    """
    values = service.values
    inputs: Json = {"name": prefixed(stack, service.key), "namespace": stack}
    _check_image(service)
    for key in _PLAIN:
        if key in values:
            inputs[camel(key)] = _camel_fields(values[key]) if key in ("healthcheck", "logging") else values[key]
    if not inputs.get("environment", True):
        del inputs["environment"]
    if "healthcheck" in values:
        inputs["healthcheck"] = _healthcheck(values["healthcheck"], service.place("healthcheck"))
    for kind in ("config", "secret"):
        if values.get(f"{kind}s"):
            inputs[f"{kind}s"] = _references(kind, values[f"{kind}s"], service, sections[kind], stack)
    if "credential_spec" in values:
        inputs["credentialSpec"] = _credential_spec(service, sections["config"])
    inputs["networks"] = _networks(service, sections["network"], stack)
    if values.get("ports"):
        inputs["ports"] = sorted((dict(port) for port in values["ports"]), key=lambda port: port.get("published", 0))
    if values.get("volumes"):
        inputs["volumes"] = [_mount(mount, service, sections["volume"], stack) for mount in values["volumes"]]
    deploy = _deploy(service)
    if deploy:
        inputs["deploy"] = deploy
    swarm_rules.check(service, inputs)
    return inputs


def used_networks(services: Mapping[str, Service]) -> list[str]:
    """Return the keys of the networks that services use, sorted; a service without one uses `default`."""
    return sorted(
        {name for service in services.values() for name in service.values.get("networks") or {_DEFAULT: None}}
    )


def _camel_fields(value: Json) -> Json:
    return {camel(key): entry for key, entry in value.items()}


def _check_image(service: Service) -> None:
    if service.values.get("image") is None:
        service.at.error(
            f"{is_missing('image')}; Swarm does not build images" if "build" in service.places else is_missing("image")
        )


def _healthcheck(value: Json, at: SourceLocation) -> Json:
    if value.get("disable"):
        if value.get("test"):
            return {"disable": True, "test": value["test"]}
        return {"disable": True}
    return _camel_fields(value)


def _references(kind: str, references: list[Map], service: Service, section: Section, stack: str) -> list[Json]:
    result: list[tuple[str, Json]] = []
    for reference in references:
        at = _place(service, f"{kind}s", reference)
        source = reference.get("source", "")
        declared = section.get(source)
        if declared is None:
            at.error(
                f"the {kind} {source!r} is not declared in the top-level '{kind}s'{nearest(source, tuple(section))}"
            )
            continue
        target = reference.get("target", source)
        if kind == "config" and "target" in reference and not target.startswith("/"):
            at.warn(f"the relative target {target!r} is mounted as /{as_written(target)}; write it with the slash")
        entry: Json = {"source": Ref(kind, source), "target": target}
        entry.update({key: reference[key] for key in ("uid", "gid", "mode") if key in reference})
        result.append((declared.physical(stack), entry))
    return [entry for _, entry in sorted(result, key=lambda pair: pair[0])]


def _credential_spec(service: Service, configs: Section) -> Json:
    value = dict(service.values["credential_spec"])
    if "config" in value:
        if value["config"] not in configs:
            known = nearest(value["config"], tuple(configs))
            service.place("credential_spec").error(f"the config {value['config']!r} is not declared{known}")
        value["config"] = Ref("config", value["config"])
    return value


def _networks(service: Service, section: Section, stack: str) -> list[Json]:
    result: list[tuple[str, Json]] = []
    for key, options in (service.values.get("networks") or {_DEFAULT: None}).items():
        declared = section.get(key)
        if declared is None and key != _DEFAULT:
            service.place("networks").error(
                f"the network {key!r} is not declared in the top-level 'networks'{nearest(key, tuple(section))}"
            )
            continue
        target = declared.physical(stack) if declared else prefixed(stack, key)
        aliases = list((options or {}).get("aliases", []))
        if _is_user_defined(target):
            aliases.append(service.key)
        entry: Json = {"name": Ref("network", key)}
        if aliases:
            entry["aliases"] = aliases
        if (options or {}).get("driver_opts"):
            entry["driverOpts"] = options["driver_opts"]
        result.append((target, entry))
    return [entry for _, entry in sorted(result, key=lambda pair: pair[0])]


def _is_user_defined(network: str) -> bool:
    return network not in ("default", "bridge", "host", "none") and network.partition(":")[0] != "container"


def _mount(mount: Map, service: Service, volumes: Section, stack: str) -> Json:
    at = _place(service, "volumes", mount)
    entry: Json = {"type": mount.get("type", "volume"), "target": mount.get("target", "")}
    for key in ("source", "read_only", "consistency", "bind", "tmpfs"):
        if key in mount:
            entry[camel(key)] = dict(mount[key]) if key in ("bind", "tmpfs") else mount[key]
    source = mount.get("source")
    # no mount of another type may have them: the rules say so
    entry.update({block: dict(mount[block]) for block in _OF_ONE_TYPE if block in mount and block != entry["type"]})
    if entry["type"] == "cluster":
        entry["cluster"] = {}
        if source and not source.startswith("group:") and _declared_volume(source, volumes, at):
            entry["source"] = Ref("volume", source)
    if entry["type"] == "volume" and source:
        declared = _declared_volume(source, volumes, at)
        if declared is None:
            return entry
        entry["source"] = Ref("volume", source)
        entry["volume"] = dict(mount.get("volume", {}))
        if not declared.external:
            entry["volume"].update(_volume_options(declared, stack))
    return entry


def _declared_volume(key: str, volumes: Section, at: SourceLocation) -> Declared | None:
    if key not in volumes:
        at.error(f"the volume {key!r} is not declared in the top-level 'volumes'{nearest(key, tuple(volumes))}")
    return volumes.get(key)


def _volume_options(declared: Declared, stack: str) -> Json:
    result: Json = {"labels": {**declared.values.get("labels", {}), labels.NAMESPACE: stack}}
    if "driver" in declared.values:
        result["driver"] = declared.values["driver"]
    if "driver_opts" in declared.values:
        result["driverOpts"] = declared.values["driver_opts"]
    return result


def _deploy(service: Service) -> Json:
    value = service.values.get("deploy", {})
    result: Json = {key: value[key] for key in ("mode", "replicas", "labels") if key in value}
    if "endpoint_mode" in value:
        result["endpointMode"] = part(value["endpoint_mode"], value["endpoint_mode"].lower())
    for key in ("update_config", "rollback_config"):
        if key in value:
            result[camel(key)] = _camel_fields(value[key])
    if "resources" in value:
        result["resources"] = {part: _resources(section) for part, section in value["resources"].items()}
    policy = value["restart_policy"] if "restart_policy" in value else _restart(service)
    if policy is not None:
        result["restartPolicy"] = _camel_fields(policy)
    if value.get("placement"):
        result["placement"] = _camel_fields(value["placement"])
    return result


def _resources(section: Json) -> Json:
    result = {key: entry for key, entry in section.items() if key != "generic_resources"}
    if "generic_resources" in section:
        result["genericResources"] = [_camel_fields(entry) for entry in section["generic_resources"]]
    return result


def _restart(service: Service) -> Json | None:
    """Return the policy that docker makes of `restart:`, which counts where deploy.restart_policy is absent."""
    text = service.values.get("restart", "")
    name, _, count = text.partition(":")
    at = service.place("restart")
    if count and not count.removeprefix("+").isdecimal():
        at.error(f"the number of attempts must be an integer, such as on-failure:3, in {text!r}")
    elif not name and text:
        at.error("the policy before the colon is missing; use a value such as on-failure:3")
    elif name in ("", "no"):
        return None
    elif name in ("always", "unless-stopped"):
        # docker 28 drops the number, 29 keeps it
        return {"condition": "any", **({"max_attempts": int(count)} if count.strip("+0") else {})}
    elif name == "on-failure":
        return {"condition": "on-failure", "max_attempts": int(count or 0)}
    else:
        at.error(f"must be 'no', always, unless-stopped or on-failure[:number], not {text!r}")
    return None


def _place(service: Service, key: str, entry: Map) -> SourceLocation:
    place = service.place(key)
    return SourceLocation(place.report, entry.file or place.file, place.path, entry.line or place.line)
