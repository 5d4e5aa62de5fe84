"""The container's part of a service <-> TaskTemplate.ContainerSpec."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from swarm_provider.convert.helpers import drop_empty, drop_none, get_known, map_items, map_known, sort_known
from swarm_provider.convert.service.mounts import mount_from_spec, mount_to_spec
from swarm_provider.convert.service.privileges import options_from_spec, options_to_spec
from swarm_provider.core import Json, labels, units
from swarm_provider.core.image import familiar, parse, without_digest
from swarm_provider.core.values import UNKNOWN, has_unknown
from swarm_provider.errors import InputError
from swarm_provider.model.types.kinds import whole

FILE_MODE: Final = 0o444
"""Mode of a config's or secret's file where none is given (docker CLI, cli/compose/convert)."""
_ALL: Final = "ALL"
_PLAIN: Final = {
    "hostname": "Hostname",
    "user": "User",
    "groupAdd": "Groups",
    "workingDir": "Dir",
    "stopSignal": "StopSignal",
    "tty": "TTY",
    "stdinOpen": "OpenStdin",
    "readOnly": "ReadOnly",
    "isolation": "Isolation",
    "sysctls": "Sysctls",
    "oomScoreAdj": "OomScoreAdj",
    "command": "Args",
    "entrypoint": "Command",
}
"""Properties that go over as they are, unless they say nothing."""


def container_to_spec(inputs: Json) -> Json:
    """Return the ContainerSpec as `docker stack deploy` would send it."""
    added, dropped = capabilities(inputs.get("capAdd"), inputs.get("capDrop"))
    return {
        "Image": inputs.get("resolvedImage") or map_known(inputs.get("image"), familiar),
        **drop_empty(Labels=_container_labels(inputs)),
        **drop_empty(**{field: inputs.get(key) for key, field in _PLAIN.items()}),
        **drop_empty(
            Env=environment(inputs.get("environment")),
            Hosts=map_items(inputs.get("extraHosts"), host_to_spec),
            Mounts=map_items(inputs.get("volumes"), mount_to_spec),
            Secrets=_references_to_spec("Secret", inputs.get("secrets")),
            Configs=_configs_to_spec(inputs),
            CapabilityAdd=added,
            CapabilityDrop=dropped,
            Ulimits=map_known(inputs.get("ulimits"), _ulimits_to_spec),
        ),
        **drop_none(
            Init=inputs.get("init"),
            StopGracePeriod=map_known(inputs.get("stopGracePeriod"), units.duration_ns),
            DNSConfig=_dns_to_spec(inputs),
            Healthcheck=map_known(inputs.get("healthcheck"), _healthcheck_to_spec),
        ),
        "Privileges": {
            **drop_none(CredentialSpec=map_known(inputs.get("credentialSpec"), _credential_to_spec)),
            **options_to_spec(inputs.get("securityOpt")),
        },
    }


def container_from_spec(container: Json, namespace: str | None) -> Json:
    """Return the properties that a ContainerSpec holds, but for the image (see `image_from_spec`)."""
    dns = container.get("DNSConfig")
    return {
        **drop_empty(**{key: container.get(field) for key, field in _PLAIN.items()}),
        **drop_empty(
            labels=map_known(container.get("Labels"), partial(_without_namespace, namespace)),
            environment=map_known(container.get("Env"), _environment_from_spec),
            extraHosts=map_items(container.get("Hosts"), host_from_spec),
            dns=get_known(dns, "Nameservers"),
            dnsSearch=get_known(dns, "Search"),
            dnsOpt=get_known(dns, "Options"),
            volumes=map_items(container.get("Mounts"), mount_from_spec),
            secrets=_references_from_spec("Secret", container.get("Secrets")),
            configs=_references_from_spec("Config", container.get("Configs")),
            capAdd=container.get("CapabilityAdd"),
            capDrop=container.get("CapabilityDrop"),
            ulimits=map_known(container.get("Ulimits"), _ulimits_from_spec),
            securityOpt=options_from_spec(container.get("Privileges")),
        ),
        **drop_none(
            init=container.get("Init"),
            stopGracePeriod=map_known(container.get("StopGracePeriod"), units.duration_text),
            healthcheck=map_known(container.get("Healthcheck"), _healthcheck_from_spec),
            credentialSpec=_credential_from_spec(container),
        ),
    }


# ---------------------------------------------------------------- image


def image_from_spec(container: Json, own: Json) -> Json:
    """Return `image` as the user wrote it, and `resolvedImage` where the service runs a digest that nobody wrote.

    The label tells the text, as long as it still names what runs: after a `docker service update --image` by hand it
    does not.
    """
    live = container.get("Image") or ""
    if live is UNKNOWN:
        return {"image": UNKNOWN}
    text = own.get(labels.STACK_IMAGE) or own.get(labels.IMAGE)
    if isinstance(text, str) and (familiar(text) == live or familiar(text) == without_digest(live)):
        return {"image": text, **({"resolvedImage": live} if familiar(text) != live else {})}
    plain = default_text(live)
    return {"image": plain, **({"resolvedImage": live} if plain != live else {})}


def default_text(live: str) -> str:
    """Return the text that stands for a live image when no label tells it: without digest, if it has a tag."""
    try:
        reference = parse(live)
    except InputError:
        return live
    return without_digest(live) if reference.tag and reference.digest else live


# ---------------------------------------------------------------- lists of texts


def environment(values: Any) -> Any:
    """Return `K=V` texts, sorted as whole texts; a variable without a value is the bare key."""

    def one(key: str, value: Any) -> Any:
        return map_known(value, lambda known: f"{key}={known}") if value is not None else key

    return sort_known(map_known(values, lambda known: [one(key, value) for key, value in known.items()]), str)


def _environment_from_spec(entries: list[Any]) -> Any:
    if UNKNOWN in entries:
        return UNKNOWN
    split = (entry.partition("=") for entry in entries)
    return {key: value if equals else None for key, equals, value in split}


def host_to_spec(entry: str) -> str:
    """Turn `host:ip` or `host=ip` into `ip host`; an IPv6 address may stand in brackets."""
    host, separator, address = entry.partition("=") if "=" in entry else entry.partition(":")
    if not separator:
        return entry
    if address.startswith("[") and address.endswith("]"):
        address = address[1:-1]
    return f"{address} {host}"


def host_from_spec(entry: str) -> str:
    """Turn `ip host` into `host:ip`."""
    address, blank, host = entry.partition(" ")
    return f"{host}:{address}" if blank else entry


def capabilities(add: Any, drop: Any) -> tuple[Any, Any]:
    """Return what is added and dropped in Docker's spelling, sorted: what is in both is added only."""
    if has_unknown(add) or has_unknown(drop):
        return map_items(add, _capability), map_items(drop, _capability)
    added, dropped = _capability_set(add or ()), _capability_set(drop or ())
    return sorted(added), sorted(dropped - added)


def _capability_set(names: Iterable[Any]) -> set[str]:
    found = {_capability(name) for name in names}
    return {_ALL} if _ALL in found else found


def _capability(name: str) -> str:
    upper = name.strip().upper()
    return upper if upper in (_ALL, "RESET") or upper.startswith("CAP_") else f"CAP_{upper}"


def _ulimits_to_spec(limits: Json) -> list[Any]:
    def one(name: str, limit: Json) -> Json:
        return {"Name": name, "Soft": whole(limit.get("soft")), "Hard": whole(limit.get("hard"))}

    return [map_known(limit, partial(one, name)) for name, limit in sorted(limits.items())]


def _ulimits_from_spec(limits: list[Any]) -> Any:
    if UNKNOWN in limits:
        return UNKNOWN
    return {limit["Name"]: {"soft": limit.get("Soft", 0), "hard": limit.get("Hard", 0)} for limit in limits}


def _without_namespace(namespace: str | None, own: Json) -> Json:
    return {key: value for key, value in own.items() if not (key == labels.NAMESPACE and value == namespace)}


def _container_labels(inputs: Json) -> Any:
    namespace = inputs.get("namespace")
    own = inputs.get("labels")
    if own is UNKNOWN or not namespace:
        return own
    return {**(own or {}), labels.NAMESPACE: namespace}


# ---------------------------------------------------------------- objects


def _dns_to_spec(inputs: Json) -> Json | None:
    parts = {"Nameservers": inputs.get("dns"), "Search": inputs.get("dnsSearch"), "Options": inputs.get("dnsOpt")}
    return None if all(part is None for part in parts.values()) else drop_empty(**parts)


def _healthcheck_to_spec(check: Json) -> Json:
    if check.get("disable"):
        return {"Test": ["NONE"]}
    return drop_empty(
        Test=check.get("test"),
        Interval=map_known(check.get("interval"), units.duration_ns),
        Timeout=map_known(check.get("timeout"), units.duration_ns),
        StartPeriod=map_known(check.get("startPeriod"), units.duration_ns),
        StartInterval=map_known(check.get("startInterval"), units.duration_ns),
        Retries=check.get("retries"),
    )


def _healthcheck_from_spec(check: Json) -> Json:
    test = check.get("Test")
    if isinstance(test, list) and test[:1] == ["NONE"]:
        return {"disable": True}
    return drop_empty(
        test=check.get("Test"),
        interval=map_known(check.get("Interval") or None, units.duration_text),
        timeout=map_known(check.get("Timeout") or None, units.duration_text),
        startPeriod=map_known(check.get("StartPeriod") or None, units.duration_text),
        startInterval=map_known(check.get("StartInterval") or None, units.duration_text),
        retries=check.get("Retries"),
    )


def _configs_to_spec(inputs: Json) -> Any:
    entries = _references_to_spec("Config", inputs.get("configs"))
    credential = get_known(inputs.get("credentialSpec"), "config")
    if not credential or entries is UNKNOWN:
        return entries
    # swarm gives a task only the configs that stand in this list
    runtime = {"Runtime": {}, "ConfigName": credential}
    return sort_known([*(entries or []), runtime], lambda entry: entry["ConfigName"])


def _references_to_spec(kind: str, entries: Any) -> Any:
    def one(entry: Json) -> Json:
        source = entry.get("source")
        return {
            "File": {
                "Name": entry.get("target") or source,
                "UID": entry.get("uid") or "0",
                "GID": entry.get("gid") or "0",
                "Mode": FILE_MODE if entry.get("mode") is None else entry["mode"],
            },
            f"{kind}Name": entry.get("name") or source,
        }

    return sort_known(map_items(entries, one), lambda entry: (entry[f"{kind}Name"], entry["File"]["Name"]))


def _references_from_spec(kind: str, entries: Any) -> Any:
    def one(entry: Json) -> Json:
        file = entry["File"]
        return {
            "source": entry.get(f"{kind}Name"),
            "target": file.get("Name"),
            "uid": file.get("UID") or "0",
            "gid": file.get("GID") or "0",
            "mode": file.get("Mode", 0),
        }

    return map_known(entries, lambda known: map_items([e for e in known if e is UNKNOWN or e.get("File")], one))


def _credential_to_spec(credential: Json) -> Json:
    return drop_empty(Config=credential.get("config"), File=credential.get("file"), Registry=credential.get("registry"))


def _credential_from_spec(container: Json) -> Any:
    credential = (container.get("Privileges") or {}).get("CredentialSpec")
    if not credential or credential is UNKNOWN:
        return credential or None
    return drop_empty(
        config=credential_config(container), file=credential.get("File"), registry=credential.get("Registry")
    )


def credential_config(container: Json) -> Any:
    """Return the name of the config that holds the credential spec; the spec itself has its id."""
    wanted = ((container.get("Privileges") or {}).get("CredentialSpec") or {}).get("Config") or ""
    entries = container.get("Configs")
    for entry in entries if isinstance(entries, list) else []:
        if wanted and entry is not UNKNOWN and "Runtime" in entry and entry.get("ConfigID") == wanted:
            return entry.get("ConfigName") or wanted
    return wanted
