"""docs/compose.md: each key in its tables does what the table says, shown by a file with it and the same without."""

from __future__ import annotations

import re

import pytest

from swarm_provider.compose.common import validation
from swarm_provider.errors import InputError
from tests.compose import cases, keys
from tests.docs.test_compose_page import PAGE, table


def _inside() -> tuple[list[str], list[str]]:
    """The paths in the last table: those that are supported, and those without effect."""
    supported: list[str] = []
    ignored: list[str] = []
    rows = re.findall(
        r"^\| (`[a-z].*?|top level) \| (.*?) ?\| (.*?) ?\|$", PAGE.split("## Keys inside", 1)[1], re.MULTILINE
    )
    for places, *columns in rows:
        for place in re.findall(r"`([^`]+)`", places) or [""]:
            for paths, column in zip((supported, ignored), columns, strict=True):
                paths += [f"{place}.{key}".removeprefix(".") for key in re.findall(r"`(\w+)`", column)]
    return supported, ignored


INSIDE_SUPPORTED, INSIDE_IGNORED = _inside()
SUPPORTED = [f"services.*.{key}" for key in sorted(table("### Supported"))] + INSIDE_SUPPORTED
IGNORED = [f"services.*.{key}" for key in sorted(table("### Without effect"))] + INSIDE_IGNORED
REFUSED = [f"services.*.{key}" for key in sorted(table("### Refused"))]
# the compose-spec has them, and the docker CLI refuses them: no case of the corpus can hold them
NOT_DOCKERS = {
    *(f"services.*.{key}" for key in ("cpus", "dns_opt", "group_add", "label_file", "mem_reservation", "pids_limit")),
    *("services.*.mem_swappiness", "services.*.platform"),
    *(
        "services.*.profiles",
        "services.*.scale",
        "services.*.depends_on.*.condition",
        "services.*.depends_on.*.required",
        "services.*.extends",
        "services.*.extends.service",
        "services.*.extends.file",
    ),
    *(f"services.*.env_file[].{key}" for key in ("path", "required", "format")),
    *("services.*.ports[].name", "networks.*.enable_ipv6", "networks.*.ipam.options"),
    *(f"networks.*.ipam.config[].{key}" for key in ("gateway", "ip_range", "aux_addresses")),
    *("configs.*.content", "configs.*.environment", "secrets.*.environment", "name", "include"),
    # the engine wants a plugin for it, which no test has
    *("secrets.*.driver", "secrets.*.driver_opts"),
}


def test_tables_have_every_key_of_the_schema() -> None:
    below = tuple(f"{path}{end}" for path in [*IGNORED, *REFUSED] for end in (".", "[]"))
    known = {*SUPPORTED, *IGNORED, *REFUSED}
    missing = {
        path
        for path in keys.keys_of_the_schema() - known
        if not path.startswith((*below, "include"))
        and ".discrete_resource_spec" not in path
        and ".external." not in path
    }
    # their entries are what the table lists
    open_ = {f"services.*.volumes[].{block}" for block in ("bind", "volume", "tmpfs", "image", "cluster")}
    open_ |= {"services.*.deploy.placement.preferences[].spread"}
    assert missing - open_ == set()


@pytest.mark.parametrize("path", [path for path in SUPPORTED if path not in keys.SECTIONS])
def test_supported_key_makes_a_difference_without_a_warning(path: str) -> None:
    file = keys.example(path)
    shown = keys.read(file)
    name = path.replace("[]", "").rpartition(".")[2]
    assert not [warning for warning in shown.warnings if warning.path.endswith(name)]
    try:
        other = keys.read(keys.without(file, path))
    except InputError:
        return  # it has to be there
    assert keys.meaning(shown) != keys.meaning(other)


@pytest.mark.parametrize("path", IGNORED)
def test_key_without_effect_changes_nothing_but_warns_and_is_an_error_where_strict(path: str) -> None:
    file = keys.example(path)
    shown, other = keys.read(file), keys.read(keys.without(file, path))
    assert keys.meaning(shown) == keys.meaning(other)
    # that `docker compose` would refuse a key of docker's own is another warning
    new = [warning for warning in shown.warnings if warning not in other.warnings]
    (warning,) = [warning for warning in new if "dialect=" not in warning.message]
    assert warning.path.rpartition(".")[2] in path.replace("[]", "").split(".")
    assert warning.line
    with pytest.raises(InputError, match=re.escape(warning.message)):
        keys.read(file, strict=True)


@pytest.mark.parametrize("path", REFUSED)
def test_refused_key_is_an_error_with_the_advice_of_the_table(path: str) -> None:
    key = path.rpartition(".")[2]
    advice = validation.FORBIDDEN[key]
    assert f"| `{key}` | {advice[0].upper()}{advice[1:]}".replace("|", r"\|") in PAGE.replace("|", r"\|")
    with pytest.raises(InputError, match=re.escape(advice)):
        keys.read(keys.example(path))


def test_supported_keys_stand_in_cases_that_are_compared_with_docker() -> None:
    corpus = [keys.tree(path) for name in cases.names() for path in cases.files(name)]
    wanted = [path for path in SUPPORTED if path not in NOT_DOCKERS and path not in ("name", *keys.SECTIONS)]
    assert [path for path in wanted if not any(keys.has(tree, path) for tree in corpus)] == []
