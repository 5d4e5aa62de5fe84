"""S7: a secret is readable inside the container and nowhere else."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from tests.conftest import ProjectFactory
from tests.e2e.stacks import copy_todo, names, stack, todo
from tests.support.engine import Docker
from tests.support.pulumi import Result

pytestmark = pytest.mark.e2e

PLAIN = '{"ConnectionStrings": {"ToDoDb": "Password=c0rrect-horse"}}'
OTHER = PLAIN.replace("horse", "battery")
MORE = 'secrets={"todo-list-secret": pulumi.Config().require_secret("secret")}'


def assert_hidden(text: str) -> None:
    """No form of the secret, and no digest that would confirm a guess, is in the text."""
    for plain in (PLAIN, OTHER):
        for form in (
            "c0rrect",
            json.dumps(plain)[1:-1],
            base64.b64encode(plain.encode()).decode()[:40],
            hashlib.sha256(plain.encode()).hexdigest()[:8],
        ):
            assert form not in text


def test_s7_secret_is_in_the_container_and_encrypted_everywhere_else(
    project: ProjectFactory, docker: Docker, todo_images: tuple[str, str], unique: str
) -> None:
    app = project(stack(unique, *todo("v4-secret.yml"), more=MORE))
    copy_todo(app)
    app.config_set("secret", PLAIN, secret=True).assert_ok()

    results: list[Result] = [app.up("--diff").assert_ok()]

    service = f"{unique}_todo-web"
    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == PLAIN
    answer = docker.exec_in(service, "wget", "-qO-", "http://127.0.0.1/")
    assert json.loads(answer)["secrets"] is True
    results.append(app.assert_no_changes())
    (name,) = names(docker, "secret", f"{unique}_todo-list-secret")
    assert_hidden(answer + docker("secret", "inspect", "--pretty", name) + docker("secret", "inspect", name))

    app.config_set("secret", OTHER, secret=True).assert_ok()
    results += [app.preview(diff=True).assert_ok(), app.up("--diff").assert_ok()]

    assert docker.exec_in(service, "cat", "/app/config/secrets.json") == OTHER
    assert "[secret]" in results[-1].stdout
    results.append(app.assert_no_changes())
    assert_hidden(json.dumps(app.export_state()) + json.dumps(docker.api.secrets()))
    assert_hidden(json.dumps(docker.service(service)))
    results.append(app.destroy().assert_ok())
    for result in results:
        assert_hidden(result.output)
    assert names(docker, "secret", unique) == []


def test_s7_names_do_not_tell_that_two_secrets_are_equal(project: ProjectFactory, docker: Docker, unique: str) -> None:
    app = project(
        f"""
        import swarm_provider as swarm
        swarm.Secret("one", name="{unique}-a", data={PLAIN!r})
        swarm.Secret("two", name="{unique}-b", data={PLAIN!r})
        """
    )

    up = app.up("--diff").assert_ok()

    digits = [name.rsplit("-", 1)[1] for name in names(docker, "secret", unique)]
    assert len(digits) == len(set(digits)) == 2
    # a text that the program itself does not mark as secret is one all the same
    assert_hidden(up.output + json.dumps(app.export_state()) + json.dumps(docker.api.secrets()))
    app.assert_no_changes()


def test_s7_a_new_secret_is_no_news_and_its_first_rotation_names_both_versions(
    project: ProjectFactory, docker: Docker, unique: str
) -> None:
    program = f"import swarm_provider as swarm\nswarm.Secret('db', name='{unique}', data=DATA)"
    app = project(program.replace("DATA", repr(PLAIN)))
    app.up().assert_ok()
    (first,) = names(docker, "secret", unique)

    # the state learns the name by the next Check: nobody changed anything, so nothing is shown
    preview = app.preview().assert_no_changes()
    assert "[diff" not in preview.output
    app.program(program.replace("DATA", repr(OTHER)))
    told = app.preview(diff=True).assert_ok()
    app.up().assert_ok()

    second = next(name for name in names(docker, "secret", unique) if name != first)
    assert f'~ name: "{first}" => "{second}"' in told.stdout
    app.assert_no_changes()


@pytest.mark.long
def test_s7_errors_never_hold_the_secret(project: ProjectFactory, docker: Docker, unique: str) -> None:
    big = PLAIN + "x" * 512_000
    app = project(f"import swarm_provider as swarm\nswarm.Secret('{unique}', data={big!r})")
    assert_hidden(app.preview().assert_failed(f"{unique}", "at most").output)
    app.program(f"import swarm_provider as swarm\nswarm.Secret('{unique}', data_base64={PLAIN!r})")
    assert_hidden(app.preview().assert_failed(f"{unique}", "base64").output)
    app.program(f"import swarm_provider as swarm\nswarm.Secret('{unique}', data={PLAIN!r}, data_base64={PLAIN!r})")
    assert_hidden(app.preview().assert_failed(f"{unique}", "data").output)
