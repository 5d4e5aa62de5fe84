"""Hypothesis strategies: canonical inputs of a service, plain or with values that are not known yet."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from swarm_provider.convert.service.effective import effective
from swarm_provider.core import Json
from swarm_provider.core.values import UNKNOWN, Secret

WORDS = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,8}", fullmatch=True).filter(
    lambda key: not key.startswith(("swarm-provider.", "com.docker.stack."))
)
VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
TEXT_MAPS = st.dictionaries(KEYS, VALUES, max_size=3)
OPTIONS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=3)
NUMBERS = st.integers(0, 2**31)
FLAGS = st.booleans()
DURATIONS = st.sampled_from(["0s", "500ms", "1s", "90s", "1m30s", "10s", "1h", "5s", "1.5s"])
SIZES = st.sampled_from(["4M", "100M", "104857600", "1.5g", "64mb", "512k", "5000001"])
CPUS = st.sampled_from(["0.5", "0.50", "1", "1/4", "2.000000001"])
IMAGES = st.sampled_from(
    ["bb", "bb:1", "docker.io/library/bb:1", "registry:5000/a/b:2", "bb@sha256:" + "a" * 64, "bb:1@sha256:" + "b" * 64]
)


KEYS_AT_ONCE = 4
"""Keys of one object at most: small examples are found, and shrunk, fast."""


def objects(required: dict[str, Any] | None = None, **optional: Any) -> st.SearchStrategy[Json]:
    """Objects with some of the optional keys."""

    def of(keys: list[str]) -> st.SearchStrategy[Json]:
        return st.fixed_dictionaries({**(required or {}), **{key: optional[key] for key in keys}})

    chosen = st.lists(st.sampled_from(sorted(optional)), unique=True, max_size=KEYS_AT_ONCE)
    return chosen.flatmap(of)


def several(entries: st.SearchStrategy[Any], by: Any = None, least: int = 0) -> st.SearchStrategy[list[Any]]:
    """Short lists, without two entries of one identity."""
    return st.lists(entries, min_size=least, max_size=3, unique_by=by or repr)


HEALTHCHECKS = objects(
    test=st.lists(WORDS, min_size=1, max_size=2),
    interval=DURATIONS,
    timeout=DURATIONS,
    retries=st.integers(0, 9),
    startPeriod=DURATIONS,
    startInterval=DURATIONS,
    disable=FLAGS,
)
REFERENCES = several(
    objects(
        {"source": WORDS}, name=WORDS, target=WORDS, uid=st.just("7"), gid=st.just("8"), mode=st.integers(0, 0o777)
    ),
    by=lambda entry: entry.get("target") or entry["source"],
)
NETWORKS = several(
    objects({"name": WORDS}, aliases=st.lists(WORDS, min_size=1, max_size=2), driverOpts=OPTIONS),
    by=lambda entry: entry["name"],
)
PORTS = several(
    objects(
        {"target": st.integers(1, 65535)},
        published=st.integers(1, 65535),
        protocol=st.sampled_from(["tcp", "udp", "sctp"]),
        mode=st.sampled_from(["ingress", "host"]),
        name=WORDS,
    ),
    by=lambda entry: (entry["target"], entry.get("protocol", "tcp"), entry.get("published")),
)
_TARGETS = WORDS.map(lambda word: "/" + word)
MOUNTS = several(
    st.one_of(
        objects(
            {"type": st.just("volume"), "target": _TARGETS},
            source=WORDS,
            readOnly=FLAGS,
            volume=objects(nocopy=FLAGS, subpath=WORDS, labels=TEXT_MAPS, driver=WORDS, driverOpts=OPTIONS),
        ),
        objects(
            {"type": st.just("bind"), "source": _TARGETS, "target": _TARGETS},
            readOnly=FLAGS,
            bind=objects(
                propagation=st.just("rslave"),
                recursive=st.sampled_from(["enabled", "disabled"]),
            ),
        ),
        objects(
            {"type": st.just("tmpfs"), "target": _TARGETS},
            tmpfs=objects(
                size=SIZES,
                mode=st.integers(0, 0o777),
                options=st.lists(st.sampled_from(["noexec", "uid=5", "mpol=bind=0"]), min_size=1, max_size=2),
            ),
        ),
    ),
    by=lambda entry: entry["target"],
)
UPDATES = objects(
    parallelism=st.integers(0, 5),
    delay=DURATIONS,
    failureAction=st.sampled_from(["pause", "continue", "rollback"]),
    monitor=DURATIONS.filter(lambda text: text != "0s"),
    maxFailureRatio=st.sampled_from([0, 0.25, 1]),
    order=st.sampled_from(["stop-first", "start-first"]),
)
GENERIC = st.one_of(
    st.fixed_dictionaries({"discreteResourceSpec": st.fixed_dictionaries({"kind": WORDS, "value": st.integers(1, 9)})}),
    st.fixed_dictionaries({"namedResourceSpec": st.fixed_dictionaries({"kind": WORDS, "value": WORDS})}),
)
RESOURCES = objects(
    limits=objects(cpus=CPUS, memory=SIZES, pids=st.integers(1, 99)),
    reservations=objects(cpus=CPUS, memory=SIZES, genericResources=st.lists(GENERIC, min_size=1, max_size=2)),
)
PLACEMENTS = objects(
    constraints=st.lists(WORDS.map(lambda word: f"node.labels.{word} == x"), min_size=1, max_size=2),
    preferences=st.lists(st.fixed_dictionaries({"spread": WORDS}), min_size=1, max_size=2),
    maxReplicasPerNode=st.integers(1, 4),
)
DEPLOYS = objects(
    mode=st.sampled_from(["replicated", "replicated-job"]),
    replicas=st.integers(0, 5),
    endpointMode=st.sampled_from(["vip", "dnsrr"]),
    labels=TEXT_MAPS,
    resources=RESOURCES,
    updateConfig=UPDATES,
    rollbackConfig=UPDATES,
    restartPolicy=objects(
        condition=st.sampled_from(["none", "on-failure", "any"]),
        delay=DURATIONS,
        maxAttempts=st.integers(0, 5),
        window=DURATIONS,
    ),
    placement=PLACEMENTS,
)
_LISTED = st.lists(WORDS, min_size=1, max_size=2)

SECURITY = (
    "no-new-privileges:true",
    "no-new-privileges:false",
    "seccomp:default",
    "seccomp:unconfined",
    'seccomp:{"defaultAction":"SCMP_ACT_ERRNO","note":"é"}',
    "apparmor:default",
    "apparmor:unconfined",
    "label:disable",
    "label:user:u",
    "label:role:r",
    "label:type:t:x",
    "label:level:s0:c1,c2",
)


def _with_memory(inputs: Json) -> Json:
    """A limit of memory and swap needs one of memory."""
    if inputs.get("memswapLimit") != "2G":
        return inputs
    deploy = inputs.get("deploy", {})
    resources = deploy.get("resources", {})
    limits = {"memory": "4M", **resources.get("limits", {})}
    return {**inputs, "deploy": {**deploy, "resources": {**resources, "limits": limits}}}


SERVICES = objects(
    {"name": WORDS, "image": IMAGES},
    namespace=WORDS,
    command=_LISTED,
    entrypoint=_LISTED,
    environment=st.dictionaries(KEYS, st.none() | VALUES, max_size=4),
    labels=TEXT_MAPS,
    hostname=WORDS,
    user=WORDS,
    groupAdd=_LISTED,
    workingDir=WORDS,
    stopSignal=st.just("SIGINT"),
    stopGracePeriod=DURATIONS,
    tty=FLAGS,
    stdinOpen=FLAGS,
    readOnly=FLAGS,
    init=FLAGS,
    isolation=st.sampled_from(["default", "process", "hyperv"]),
    extraHosts=st.lists(st.sampled_from(["a:1.2.3.4", "b=::1", "c:[::1]", "d:::1"]), min_size=1, max_size=3),
    dns=_LISTED,
    dnsSearch=_LISTED,
    dnsOpt=_LISTED,
    # what is added wins over what is dropped; a drop that has no effect for that reason cannot be read back
    capAdd=st.lists(st.sampled_from(["sys_time", "CAP_NET_ADMIN"]), min_size=1, max_size=2),
    capDrop=st.lists(st.sampled_from(["all", "CAP_CHOWN"]), min_size=1, max_size=2),
    sysctls=TEXT_MAPS,
    ulimits=st.dictionaries(WORDS, st.fixed_dictionaries({"soft": NUMBERS, "hard": NUMBERS}), max_size=2),
    oomScoreAdj=st.integers(-1000, 1000),
    healthcheck=HEALTHCHECKS,
    logging=objects(driver=WORDS, options=OPTIONS),
    credentialSpec=st.one_of(
        st.fixed_dictionaries({"config": WORDS}),
        st.fixed_dictionaries({"file": WORDS}),
        st.fixed_dictionaries({"registry": WORDS}),
    ),
    configs=REFERENCES,
    secrets=REFERENCES,
    networks=NETWORKS,
    ports=PORTS,
    volumes=MOUNTS,
    deploy=DEPLOYS,
    forceUpdate=st.integers(0, 3),
    securityOpt=st.lists(
        st.sampled_from(SECURITY),
        unique_by=lambda text: tuple(text.split(":")[: 2 if text.startswith("label") else 1]),
        max_size=4,
    ),
    memSwappiness=st.integers(-1, 100),
    memswapLimit=st.sampled_from(["-1", "0", "2G"]),
    platform=st.sampled_from(["linux", "arm64", "linux/amd64", "linux/arm/v7"]),
).map(_with_memory)


@st.composite
def unfinished(draw: st.DrawFn) -> Json:
    """Service inputs in which some values are unknown, or secrets."""

    def hide(value: Any, depth: int) -> Any:
        choice = draw(st.integers(0, 11)) if depth else 9
        if choice == 0:
            return UNKNOWN
        if choice == 1:
            return Secret(value)
        if isinstance(value, dict):
            return {key: hide(entry, depth + 1) for key, entry in value.items()}
        return [hide(entry, depth + 1) for entry in value] if isinstance(value, list) else value

    inputs: Json = hide(draw(SERVICES), 0)
    return inputs


def meaning(spec: Json) -> Json:
    """What a service spec means, but for `Init: false`, which `docker service create` says unasked."""
    found = effective(spec)
    container = found["TaskTemplate"]["ContainerSpec"]
    if container.get("Init") is False:
        del container["Init"]
    return found
