"""Config, secret, network and volume: inputs <-> the bodies of Docker's API.

A body that was read (list or inspect) has more than one that is sent: ids, dates, and what Docker allotted itself.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from swarm_provider.convert.cluster_volume import cluster_from_spec, cluster_to_spec
from swarm_provider.convert.helpers import drop_empty, drop_none, map_items, map_known
from swarm_provider.convert.keep_user_form import keep_users_form
from swarm_provider.core import Json, labels
from swarm_provider.core.values import UNKNOWN, reveal
from swarm_provider.model.content import content_inputs, content_of, decoded, encoded
from swarm_provider.model.rules.unusable import any_subnet

DEFAULT_NETWORK_DRIVER: Final = "overlay"
DEFAULT_VOLUME_DRIVER: Final = "local"
_VXLAN_IDS: Final = "com.docker.network.driver.overlay.vxlanid_list"
_ALLOTTED: Final = ipaddress.IPv4Network("10.0.0.0/8")
"""Swarm's own pool, cut into /24 (docker swarm init --default-addr-pool)."""
_ALLOTTED_PREFIX: Final = 24


def with_labels(spec: Json, extra: Mapping[str, str]) -> Json:
    """Return the body with the provider's own labels over its labels."""
    return {**spec, "Labels": {**(spec.get("Labels") or {}), **extra}}


# ---------------------------------------------------------------- configs and secrets


def config_to_spec(inputs: Json) -> Json:
    """Return the body of POST /configs/create."""
    inputs = reveal(inputs)
    return {
        "Name": inputs.get("name") or inputs.get("baseName"),
        "Labels": _labels(inputs),
        **drop_none(
            Data=_data(inputs), Templating=map_known(inputs.get("templateDriver"), lambda name: {"Name": name})
        ),
    }


def config_from_spec(spec: Json) -> Json:
    """Return the inputs of a config's Spec; content that is no text comes as base64."""
    return {
        "name": spec.get("Name"),
        **_from_labels(spec),
        **_content(spec.get("Data")),
        **drop_empty(templateDriver=(spec.get("Templating") or {}).get("Name")),
    }


def secret_to_spec(inputs: Json) -> Json:
    """Return the body of POST /secrets/create; a secret with a driver has no content of its own."""
    inputs = reveal(inputs)
    driver = map_known(
        inputs.get("driver"), lambda name: {"Name": name, **drop_empty(Options=inputs.get("driverOpts"))}
    )
    return {**config_to_spec(inputs), **drop_none(Driver=driver)}


def secret_from_spec(spec: Json) -> Json:
    """Return the inputs of a secret's Spec; Docker never gives the content back."""
    driver = spec.get("Driver") or {}
    return {**config_from_spec(spec), **drop_empty(driver=driver.get("Name"), driverOpts=driver.get("Options"))}


def _data(inputs: Json) -> Any:
    if inputs.get("dataBase64") is not None:
        return inputs["dataBase64"]
    return map_known(inputs.get("data"), lambda text: encoded(content_of({"data": text}) or b""))


def _content(data: Any) -> Json:
    if not data or data is UNKNOWN:
        return drop_empty(data=data)
    content = decoded(data)
    return {"dataBase64": data} if content is None else {**content_inputs(content)}


# ---------------------------------------------------------------- networks


def network_to_spec(inputs: Json) -> Json:
    """Return the body of POST /networks/create."""
    inputs = reveal(inputs)
    return {
        "Name": inputs.get("name"),
        "Driver": inputs.get("driver") or DEFAULT_NETWORK_DRIVER,
        "Labels": _labels(inputs),
        **drop_empty(
            Options=inputs.get("driverOpts"),
            Internal=inputs.get("internal"),
            Attachable=inputs.get("attachable"),
            Ingress=inputs.get("ingress"),
            EnableIPv6=inputs.get("enableIpv6"),
            IPAM=map_known(inputs.get("ipam"), _ipam_to_spec),
            Scope=inputs.get("scope"),
        ),
    }


def network_from_spec(network: Json) -> Json:
    """Return the inputs of a network as it is sent, listed or inspected.

    Of a live network, a subnet that Swarm may have allotted itself (a /24 of its default pool) is left out; see
    `read_network` for one that was asked for.
    """
    live = "Id" in network or "Created" in network
    options = {key: value for key, value in (network.get("Options") or {}).items() if key != _VXLAN_IDS}
    return {
        "name": network.get("Name"),
        **_from_labels(network),
        **drop_empty(
            driver=network.get("Driver"),
            driverOpts=options,
            internal=network.get("Internal"),
            attachable=network.get("Attachable"),
            ingress=network.get("Ingress"),
            enableIpv6=network.get("EnableIPv6"),
            ipam=_ipam_from_spec(network.get("IPAM") or {}, drop_allotted=live),
            scope=_scope(network, live=live),
        ),
    }


def _scope(network: Json, *, live: bool) -> Any:
    """Return the scope that was asked for; of a live network the one that its driver would not have by itself."""
    scope = network.get("Scope")
    if not live or (scope == "swarm" and network.get("Driver") not in (None, "", DEFAULT_NETWORK_DRIVER)):
        return scope
    return None


def read_network(old: Json, live: Json) -> Json:
    """Return the inputs that describe a live network, in the user's own words where those still hold.

    Subnets are compared where the user asked for some, and only in what they asked: Docker adds a gateway.
    """
    asked = reveal(old)
    wanted, found = network_from_spec(network_to_spec(asked)), network_from_spec(live)
    if live.get("Options") is None and live.get("Scope") == "swarm" and "driverOpts" in wanted:
        # Swarm tells none of a driver that each node runs by itself, such as macvlan
        found["driverOpts"] = wanted["driverOpts"]
    found.pop("scope", None)
    if "scope" in wanted:
        found["scope"] = live.get("Scope")
    subnets = (wanted.get("ipam") or {}).get("config")
    if subnets and subnets is not UNKNOWN:
        ipam = _ipam_from_spec(live.get("IPAM") or {}, drop_allotted=False)
        ipam["config"] = [_as_asked(entry, subnets) for entry in ipam.get("config") or []]
        by_subnet = {entry.get("subnet"): entry for entry in subnets}
        ipam["config"] = [
            {key: value for key, value in entry.items() if key in by_subnet.get(entry.get("subnet"), entry)}
            for entry in ipam["config"]
        ]
        found = {**found, "ipam": ipam}
    elif subnets is None and "ipam" in found:
        # whatever pool the swarm has: who asks for no subnet takes any
        ipam = {key: value for key, value in found["ipam"].items() if key != "config"}
        found = {**{key: value for key, value in found.items() if key != "ipam"}, **drop_empty(ipam=ipam)}
    merged: Json = keep_users_form(old, wanted, found)
    return merged


def _as_asked(entry: Json, asked: list[Json]) -> Json:
    """Return a live pool in the words of one that asked for any subnet of its size (`0.0.0.0/24`; `/0` is any size)."""
    for pool in asked:
        wanted = any_subnet(pool.get("subnet"))
        if wanted is not None and wanted.prefixlen in (0, ipaddress.ip_network(entry.get("subnet") or "").prefixlen):
            return {**entry, "subnet": pool["subnet"]}
    return entry


def _ipam_to_spec(ipam: Json) -> Json:
    def one(entry: Json) -> Json:
        return drop_empty(
            Subnet=entry.get("subnet"),
            IPRange=entry.get("ipRange"),
            Gateway=entry.get("gateway"),
            AuxiliaryAddresses=entry.get("auxAddresses"),
        )

    return drop_empty(Driver=ipam.get("driver"), Options=ipam.get("options"), Config=map_items(ipam.get("config"), one))


def _ipam_from_spec(ipam: Json, *, drop_allotted: bool) -> Json:
    def one(entry: Json) -> Json:
        return drop_empty(
            subnet=entry.get("Subnet"),
            ipRange=entry.get("IPRange"),
            gateway=entry.get("Gateway"),
            auxAddresses=entry.get("AuxiliaryAddresses") or entry.get("AuxAddress"),
        )

    driver = ipam.get("Driver")
    config = ipam.get("Config") or []
    if config is not UNKNOWN:
        config = [one(entry) for entry in config if not (drop_allotted and _allotted(entry))]
    return drop_empty(driver=None if driver == "default" else driver, options=ipam.get("Options"), config=config)


def _allotted(entry: Json) -> bool:
    try:
        subnet = ipaddress.ip_network(entry.get("Subnet") or "")
    except ValueError:
        return False
    return (
        isinstance(subnet, ipaddress.IPv4Network)
        and subnet.prefixlen == _ALLOTTED_PREFIX
        and subnet.subnet_of(_ALLOTTED)
        and entry.get("Gateway") in (None, "", str(subnet.network_address + 1))
        and not entry.get("IPRange")
    )


# ---------------------------------------------------------------- volumes


def volume_to_spec(inputs: Json) -> Json:
    """Return the body of POST /volumes/create."""
    inputs = reveal(inputs)
    return {
        "Name": inputs.get("name"),
        "Driver": inputs.get("driver") or DEFAULT_VOLUME_DRIVER,
        "Labels": _labels(inputs),
        **drop_empty(DriverOpts=inputs.get("driverOpts")),
        **drop_none(ClusterVolumeSpec=map_known(inputs.get("clusterSpec"), cluster_to_spec)),
    }


def volume_from_spec(volume: Json) -> Json:
    """Return the inputs of a volume as it is sent, listed or inspected."""
    cluster = volume.get("ClusterVolumeSpec") or (volume.get("ClusterVolume") or {}).get("Spec")
    return {
        "name": volume.get("Name"),
        **_from_labels(volume),
        **drop_empty(driver=volume.get("Driver"), driverOpts=volume.get("DriverOpts") or volume.get("Options")),
        **drop_none(clusterSpec=map_known(cluster, cluster_from_spec)),
    }


# ---------------------------------------------------------------- labels


def _labels(inputs: Json) -> Any:
    own = inputs.get("labels")
    if own is UNKNOWN:
        return UNKNOWN
    namespace = inputs.get("namespace")
    return {**(own or {}), **({labels.NAMESPACE: namespace} if namespace else {})}


def _from_labels(spec: Json) -> Json:
    own = spec.get("Labels")
    if own is UNKNOWN:
        return {"labels": UNKNOWN}
    return drop_empty(labels=labels.users(own), namespace=(own or {}).get(labels.NAMESPACE))
