"""Variables are substituted as docker does it; opaque values make templates."""

from __future__ import annotations

import pytest

from swarm_provider.compose import Template
from swarm_provider.compose.common.substitution import Environment, Wrong
from swarm_provider.compose.docker.interpolation import substitute
from swarm_provider.errors import InputError
from tests.compose.conftest import Reader

ENVIRONMENT = {"SET": "value", "EMPTY": "", "N": 5}


class Opaque:
    """Stands for a value that only the engine knows later."""


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("$SET ${SET}", "value value"),
        ("$$SET $$$$", "$SET $$"),
        ("[${NONE}]", "[]"),
        ("${NONE:-d} ${EMPTY:-d} ${SET:-d}", "d d value"),
        ("${NONE-d} [${EMPTY-d}]", "d []"),
        ("${SET:?e} ${SET?e}", "value value"),
        ("${N}", "5"),
        # docker's own readings
        ("${SET:?must-be-set}", "be-set"),
        ("$SET-rest of line", "value"),
        ("$NONE-rest of line", "rest of line"),
        ("$SET:-x", "value"),
        ("${NONE:-${SET}}", "${SET}"),
        ("${NONE:?x} ${SET}", " value"),
        ("$1 ${SET}", "1 value"),
        # the compose-spec's
        ("${SET:+yes}${EMPTY:+no}${EMPTY+yes}${NONE+no}", "yesyes"),
        ("${SET:+a ${SET} b}", "a value b"),
    ],
)
def test_text_is_substituted_as_docker_does_it(text: str, result: str) -> None:
    assert substitute(text, Environment(ENVIRONMENT)) == result


@pytest.mark.parametrize(
    "text", ["${}", "$", "a $ b", "$1", "${1}", "${SET", "${SET:+x", "${NONE:?gone}", "${EMPTY:?e}", "${NONE?e}"]
)
def test_invalid_or_missing_variable_is_an_error(text: str) -> None:
    with pytest.raises(Wrong):
        substitute(text, Environment(ENVIRONMENT))


def test_opaque_value_makes_a_template() -> None:
    value = Opaque()
    assert substitute("a${X}b$SET", Environment({"X": value, "SET": "s"})) == Template(("a", value, "bs"))
    assert substitute("${X:-default}", Environment({"X": value})) == Template((value,))


def test_used_variables_are_listed_by_name(read: Reader) -> None:
    project = read('services: {web: {image: "bb:${A}", environment: {B: , C: x}}}', env={"A": "1", "B": "2", "D": "3"})
    assert project.variables == ("A", "B")


@pytest.mark.parametrize(("source", "used"), [("~/data", ("HOME",)), ("./data", ())])
def test_home_is_used_only_where_a_path_begins_with_a_tilde(read: Reader, source: str, used: tuple[str, ...]) -> None:
    project = read(f'services: {{web: {{image: bb, volumes: ["{source}:/data"]}}}}', env={"HOME": "/root"})
    assert project.variables == used


def test_keys_and_env_files_are_not_substituted(read: Reader) -> None:
    project = read(
        'services: {web: {image: bb, env_file: e, environment: {"${A}": "${A}"}}}',
        env={"A": "1"},
        side={"e": "X=${A}\n"},
    )
    assert project.services["web"].inputs["environment"] == {"X": "${A}", "${A}": "1"}


def test_changed_text_is_cast_where_docker_casts(read: Reader) -> None:
    text = 'services: {web: {image: bb, tty: "${T}", deploy: {replicas: "${N}"}, configs: [{source: c, mode: "${M}"}]}}'
    project = read(text + "\nconfigs: {c: {file: c}}", env={"T": "on", "N": "3", "M": "0444"}, side={"c": "x"})
    inputs = project.services["web"].inputs
    assert (inputs["tty"], inputs["deploy"]["replicas"], inputs["configs"][0]["mode"]) == (True, 3, 444)


@pytest.mark.parametrize(
    "service",
    [
        'image: bb, deploy: {replicas: "${X}"}',
        'image: bb, ports: ["${X}:80"]',
        'image: bb, deploy: {mode: "${X}"}',
        'image: bb, stop_grace_period: "${X}"',
        'image: bb, command: "run ${X}"',
        'image: bb, environment: ["${X}=1"]',
        'image: bb, volumes: ["${X}:/x"]',
    ],
)
def test_opaque_value_where_structure_depends_on_it_is_an_error_with_line(read: Reader, service: str) -> None:
    with pytest.raises(InputError, match=r"1\.yml:2: services\.web\..*an Output is not allowed here"):
        read(f"services:\n  web: {{{service}}}", env={"X": Opaque()})


def test_opaque_values_stay_in_texts(read: Reader) -> None:
    value = Opaque()
    project = read(
        """
        services:
          web:
            image: bb
            environment: {A: "pre-${X}", B: }
            labels: ["a=${X}", "b=c"]
            command: [run, "${X}"]
            hostname: "${X}"
            extra_hosts: {b: "${X}", a: 10.0.0.1}
            dns: "${X}"
            healthcheck: {test: "curl ${X}"}
            logging: {options: {tag: "${X}"}}
            sysctls: {s: "${X}"}
            networks: {default: {aliases: ["${X}"]}}
            deploy: {labels: {l: "${X}"}, placement: {constraints: ["node.labels.x == ${X}"]}}
        configs: {c: {content: "key: ${X}"}}
        secrets: {s: {environment: X}}
        """,
        env={"X": value, "B": value},
    )
    inputs = project.services["web"].inputs
    assert inputs["environment"] == {"A": Template(("pre-", value)), "B": Template((value,))}
    assert inputs["labels"] == {"a": Template((value,)), "b": "c"}
    assert inputs["command"] == ["run", Template((value,))]
    assert inputs["hostname"] == Template((value,))
    assert inputs["extraHosts"] == ["a:10.0.0.1", Template(("b:", value))]
    assert inputs["dns"] == [Template((value,))]
    assert inputs["healthcheck"] == {"test": ["CMD-SHELL", Template(("curl ", value))]}
    assert inputs["logging"] == {"options": {"tag": Template((value,))}}
    assert inputs["sysctls"] == {"s": Template((value,))}
    assert inputs["networks"][0]["aliases"] == [Template((value,)), "web"]
    assert inputs["deploy"]["labels"] == {"l": Template((value,))}
    assert inputs["deploy"]["placement"]["constraints"] == [Template(("node.labels.x == ", value))]
    assert project.configs["c"].inputs["data"] == Template(("key: ", value))
    assert project.secrets["s"].inputs["data"] == Template((value,))


def test_values_of_variables_do_not_stand_in_errors(read: Reader) -> None:
    with pytest.raises(InputError) as caught:
        read('services: {web: {image: bb, tty: "${X}"}}', env={"X": "s3cret"})
    assert "s3cret" not in str(caught.value)
