"""One hostile text through everything that quotes others, and a look at everything that shows or stores it.

It harms nothing: its markup and its commands are valid ones that colour, or say, a word.
"""

from __future__ import annotations

import ast
import asyncio
import contextvars
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi.runtime import config
from pulumi.runtime.proto import provider_pb2

import swarm_provider
from swarm_provider.cli import status
from swarm_provider.cli.checks import Finding
from swarm_provider.cli.common import fail, say
from swarm_provider.cli.doctor import _readable as finding_readable
from swarm_provider.compose import load
from swarm_provider.core import labels
from swarm_provider.core.image import parse
from swarm_provider.core.masking import SecretFilter
from swarm_provider.dockerapi.connection.connect import _check_manager
from swarm_provider.dockerapi.connection.hosts import endpoints
from swarm_provider.dockerapi.connection.settings import ConnectionSettings
from swarm_provider.dockerapi.failures import SshFailed, from_answer, from_registry, why_unreachable
from swarm_provider.errors import DockerError, InputError, RolloutFailed, SwarmProviderError
from swarm_provider.model.resources import SERVICE
from swarm_provider.plan.change.restart import Restart
from swarm_provider.plan.change.sentences import Eviction, Forecast, describe
from swarm_provider.plan.facts.tasks import Service, Task
from swarm_provider.plan.ownership.claims import claim, owner_of_urn
from swarm_provider.plan.rollout import causes
from swarm_provider.plan.rollout.causes import Cause
from swarm_provider.plan.rollout.health import degraded
from swarm_provider.plan.rollout.history import Failure, Snapshot
from swarm_provider.plan.rollout.stack_status import service_status
from swarm_provider.plugin.handlers.base import Handler
from swarm_provider.plugin.protocol.engine_log import EngineLog
from swarm_provider.plugin.protocol.logfile import open_log
from swarm_provider.plugin.protocol.operations import PartialFailure
from swarm_provider.plugin.run.run import Run
from swarm_provider.plugin.run.session import Session
from swarm_provider.plugin.run.settings import Settings
from swarm_provider.plugin.server import Provider
from swarm_provider.plugin.swarms.homes import Home, Homes
from swarm_provider.plugin.swarms.reach import Ways
from swarm_provider.report.html import html
from swarm_provider.report.markdown import markdown
from swarm_provider.report.page import page
from swarm_provider.report.reading import read
from swarm_provider.resources.program.error_reporting import run_error
from swarm_provider.rollout.diagnose import Evidence, reasons

SECRET = "correct horse\nbattery  staple " + "0123456789 abcdef " * 30
TEXT = (
    f"it says {SECRET}\n::error file=a::no\r\n\x1b[31mred\x1b[0m\x9b1m \x1b]0;title\x07 see ##[error]x ##vso[task.x]x "
    f"<{{%fg 1%}}>red<{{%reset%}}> \u202eevil\u2066\u200b one\u2028::warning::two\x85three\x00\ud800 "
    f"@alice #12 GH-12 https://a.example abcdef1234 {'x' * 9000}"
)
LOGGED = TEXT.replace("\ud800", "")
"""What pytest can pass on, which captures logs as well."""
URN = "urn:pulumi:dev::proj::swarm:index:Service::web"
Json = dict[str, Any]


# ------------------------------------------------------------------------------------- what quotes others


def service(**more: Any) -> Json:
    container = {"Image": f"registry/{TEXT}", "User": TEXT, "Hostname": TEXT, "Command": [TEXT]}
    template = {"ContainerSpec": container, "Placement": {"Constraints": [f"node.labels.{TEXT}==1"]}}
    spec = {"Name": "web", "TaskTemplate": template, "Mode": {"Replicated": {"Replicas": 2}}, "Labels": {}}
    return {"ID": "s", "Spec": spec, **more}


NODE = {
    "ID": "n",
    "Description": {"Hostname": TEXT},
    "Status": {"State": "down"},
    "Spec": {"Availability": "active", "Labels": {"a": TEXT}},
}


def task(error: str, state: str = "failed") -> Json:
    return {
        "ID": "t",
        "ServiceID": "s",
        "NodeID": "n",
        "Slot": 1,
        "Spec": service()["Spec"]["TaskTemplate"],
        "DesiredState": "running",
        "Status": {"State": state, "Err": error, "ContainerStatus": {"ContainerID": "c", "ExitCode": 1}},
    }


def failing() -> Iterable[str]:
    """A cause of each kind, with all that evidence may hold."""
    for words in ("unhealthy", "No such image", "address already in use", "invalid mount config", "executable file not "
                  "found", "starting container failed: ", "task: other ", ""):  # fmt: skip
        one = Failure(Task(task(f"{words} {TEXT}")), "1", 0.0, False, 0.0)
        yield from (cause.text for cause in causes.failing(Service(service()), [one], [NODE]))
    waiting = [Task(task(f"no suitable node {TEXT} constraints", "pending"))]
    snapshot = Snapshot(service(), [], [NODE])
    picture = SimpleNamespace(old=(), stopping=())
    yield from (cause.text for cause in causes.unplaced(Service(service()), waiting, snapshot, picture))  # type: ignore[arg-type]
    yield causes.no_node_matches(Service(service()), [NODE]).text


def answers() -> Iterable[SwarmProviderError]:
    """Errors of daemons, registries, and of the way to them."""
    body = json.dumps({"message": f"rpc error: code = Unknown desc = {TEXT}"})
    for status_code in (400, 404, 409, 500):
        error = from_answer(status_code, body, f"create service '{TEXT}'")
        yield error
        yield from_registry(error)
    yield from_answer(502, TEXT.encode(errors="replace"), "list services")
    yield DockerError(why_unreachable(SshFailed(TEXT), "ssh://host"))
    yield caught(lambda: _check_manager("tcp://host", {"LocalNodeState": "error", "Error": TEXT}, "", ""))


def wrong_files(folder: Path) -> Iterable[SwarmProviderError]:
    """Errors about what somebody wrote."""
    bare = TEXT.replace("\ud800", "")
    quoted = json.dumps(bare)
    wanted = json.dumps("A=${X:?" + re.sub(r"[^\w .:#@\[\]]", "", bare) + "}")
    texts = [
        f"services: {{web: {{image: bb, {quoted}: 1}}}}",
        f"services: {{web: {{image: bb, ports: [{quoted}]}}}}",
        f"services: {{web: {{image: bb, deploy: {{mode: {quoted}}}}}}}",
        f"services: {{{quoted}: {{}}}}",
        f"services:\n  web: [{quoted}\n  oops: }}",
        f"services: {{web: {{image: bb, environment: [{wanted}]}}}}",
        f"networks: {{{quoted}: {{driver: [1]}}}}",
    ]
    for number, text in enumerate(texts):
        file = folder / f"{number}.yml"
        file.write_text(text, encoding="utf-8")
        yield caught(lambda file=file: load([str(file)], stack="s", env={}))  # type: ignore[misc]
    _, problems = SERVICE.normal({"image": TEXT, "deploy": {TEXT: 1, "mode": TEXT}, TEXT: TEXT})
    yield InputError(*problems)
    yield caught(lambda: parse(TEXT))
    yield caught(lambda: endpoints(ConnectionSettings(host=TEXT)))
    yield caught(lambda: endpoints(ConnectionSettings(context=TEXT, environ={"DOCKER_CONFIG": str(folder)})))
    theirs = {labels.OWNER: TEXT, labels.URN: TEXT}
    yield caught(lambda: claim("service", TEXT, theirs, owner_of_urn(URN), adopt=False))
    yield caught(lambda: claim("service", TEXT, {}, owner_of_urn(URN), adopt=False))


def sentences() -> Iterable[str]:
    """What a run tells beforehand, and of what runs."""
    yield describe(Forecast(TEXT, Restart(True, (f'labels["{TEXT}"]',), harmless=(TEXT,))))
    yield describe(Eviction(f"draining {TEXT}", {TEXT: 1}))
    yield degraded(service(), [task(TEXT)], [NODE], 0) or ""
    yield TEXT


def caught(call: Callable[[], object]) -> SwarmProviderError:
    try:
        call()
    except SwarmProviderError as error:
        return error
    except ValueError as error:
        return InputError(str(error))
    raise AssertionError("0 errors")


# ------------------------------------------------------------------------------ what shows and stores them


class Stub:
    """Stands where the engine's stub does, and keeps what it is sent."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def Log(self, request: Any, timeout: float) -> None:  # noqa: N802
        # as it is on the wire
        self.said.append(type(request).FromString(request.SerializeToString()).message)


class Context:
    """Stands where gRPC's context does."""

    async def abort(self, code: object, message: str, trailing: tuple[tuple[str, bytes], ...]) -> None:
        raise Aborted(message, trailing)


class Aborted(Exception):
    """The answer is an error."""


class Failing:
    """A handler whose calls fail."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def create(self, *arguments: object, preview: bool) -> None:
        raise self._error


def provider() -> Provider:
    made = Provider(None)
    made.log.hide({SECRET})
    return made


def of_the_engine(text: str) -> Iterable[str]:
    """What the plugin tells the engine, which shows it in the terminal, in --json, and in event logs."""

    async def say_all() -> list[str]:
        log, stub = EngineLog(None), Stub()
        log._stub = stub
        log.hide({SECRET})
        log.info(URN, text)
        log.warn(URN, f"beware: {text}")
        log.status(URN, text)
        await log.flush(URN)
        return stub.said

    found = asyncio.run(say_all())
    assert len(found) == 3
    return found


def of_a_call(error: Exception) -> tuple[str, list[str]]:
    """What a failing call answers: the message, and the reasons that go into the state."""
    plugin = provider()
    handlers = {"swarm:index:Service": Failing(error)}
    settings = Settings(ConnectionSettings())
    run = Run(Session(settings, plugin.log, Ways(settings)))
    plugin._configured = Homes(settings, None, plugin.log, None)
    plugin._configured.current = Home(run, cast("dict[str, Handler]", handlers))
    request = provider_pb2.CreateRequest(urn=URN, type="swarm:index:Service")

    async def call() -> None:
        await plugin.Create(request, Context())

    with pytest.raises(Aborted) as answer:
        asyncio.run(call())
    message, _ = answer.value.args
    stored = plugin.failure(request, PartialFailure("web", {}, error.parts)) if hasattr(error, "parts") else None
    return message, list(stored.reasons) if stored is not None else []


def of_a_check(error: InputError) -> list[str]:
    return [failure.reason for failure in provider()._checked({}, error.problems).failures]


def harmless(text: str, *, lines: bool = False, secret: bool = True) -> bool:
    """Say whether a text does nothing but say something, with `secret` also nothing that is secret."""
    odd = {letter for letter in text if not letter.isprintable()} - ({"\n", "\t"} if lines else set())
    commands = re.search(r"(?:^|\s)::|##\[|##vso\[|<\{%|%\}>", text, re.MULTILINE)
    folded = re.sub(r"(?:\s|\\[nrt])+", " ", text)
    leaks = secret and ("horse" in text or "battery" in text or "abcdef 0123" in folded or "correct h" in folded)
    return not odd and not commands and not leaks


# ------------------------------------------------------------------------------------------------- tests


def test_what_the_engine_is_told_is_harmless(tmp_path: Path) -> None:
    texts = [*failing(), *sentences(), *map(str, answers()), *map(str, wrong_files(tmp_path))]
    assert len(texts) > 30 and sum("battery" in text for text in texts) > 20
    for text in texts:
        for said in of_the_engine(text):
            assert harmless(said), said[:3000]


def test_what_a_failing_call_answers_is_harmless(tmp_path: Path) -> None:
    errors = [*answers(), *wrong_files(tmp_path), RolloutFailed(list(failing())), ValueError(LOGGED)]
    for error in errors:
        message, stored = of_a_call(error)
        assert harmless(message), message[:3000]
        assert all(harmless(reason, lines=True) for reason in stored)
        if isinstance(error, InputError):
            assert all(map(harmless, of_a_check(error)))


@pytest.mark.parametrize("kind", ["crash", "health", "image"])
def test_reasons_of_a_failed_rollout_are_harmless(kind: str) -> None:
    cause = Cause(kind, f"web.1: {TEXT}", "t", "c", "n")
    told_reasons = reasons([cause], {"t": Evidence(TEXT, TEXT, TEXT)}, SecretFilter([SECRET]))
    assert len(told_reasons) >= 3
    assert all(harmless(reason, lines=True) for reason in told_reasons)
    assert all(harmless(reason) for reason in told_reasons if not reason.startswith("last output:"))
    assert max(map(len, told_reasons)) < 6000


def test_errors_of_a_program_are_harmless(tmp_path: Path) -> None:
    # the program knows no secrets: nothing of it is in what it quotes
    for error in (*wrong_files(tmp_path), InputError("first", TEXT)):
        said = str(run_error(error, f"swarm.Stack {TEXT!r}"))
        assert harmless(said, lines=True, secret=False), said[:3000]


def test_secret_configuration_value_of_a_stack_is_in_no_error_of_a_program() -> None:
    def told() -> None:
        # what runs a program calls this before it, and Construct does
        config.set_all_config({"proj:word": SECRET, "proj:size": "large"}, ["proj:word", "proj:gone"])
        for text in (TEXT, repr(TEXT), f"large {SECRET[:30]}..."):
            said = str(run_error(InputError(text)))
            assert harmless(said, lines=True), said[:3000]
        assert str(run_error(InputError(f"large {SECRET[:30]}..."))) == "large [secret]..."

    contextvars.copy_context().run(told)
    assert str(run_error(InputError("it is wrong"))) == "it is wrong"


def test_what_the_commands_print_is_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for error in (*answers(), *wrong_files(tmp_path)):
        assert fail(error) == 1
    say(TEXT)
    found = finding_readable(Finding("swarm", "wrong", TEXT, TEXT))
    say(f"{found.says} {found.fix}")
    printed = capsys.readouterr()
    assert all(harmless(line, secret=False) for line in (printed.out + printed.err).split("\n"))


def test_status_of_a_stack_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    paused = service(UpdateStatus={"State": "paused", "Message": TEXT})
    tasks = [task(TEXT), task(f"{TEXT} pending", "pending")]
    one = service_status(paused, tasks, [NODE], [], [], 0)
    assert any("battery" in problem for problem in one.problems)
    seen = status._readable(one, SecretFilter([SECRET]))
    status._print(TEXT.replace(SECRET, ""), TEXT.replace(SECRET, ""), [seen])
    printed = capsys.readouterr().out
    assert "web" in printed
    assert all(map(harmless, printed.split("\n")))
    assert all(map(harmless, _strings(asdict(seen))))


@pytest.fixture
def logged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file of the plugin's log."""
    monkeypatch.setenv("SWARM_PROVIDER_LOG", str(tmp_path / "log"))
    yield tmp_path / "log"
    open_log({}, str)


def test_log_of_the_plugin_is_harmless(logged: Path) -> None:
    of_a_call(ValueError(LOGGED))
    logging.getLogger("some.library").error("it says %s", LOGGED)
    written = logged.read_text()
    assert "Traceback" in written and "some.library" in written
    assert harmless(written, lines=True), written[:3000]


def test_report_of_what_was_said_is_harmless() -> None:
    said, warned, _ = of_the_engine(TEXT)
    inputs = {"name": TEXT.replace(SECRET, ""), "image": TEXT.replace(SECRET, "")}
    entry = {"op": "create", "urn": URN, "newState": {"type": "swarm:index:Service", "inputs": inputs}}
    notes = [
        {"severity": severity, "urn": URN, "message": text} for severity, text in (("info", said), ("warning", warned))
    ]
    preview = read(json.dumps({"steps": [entry], "diagnostics": notes}).replace("\\ud800", ""))
    for shown in (markdown(page(preview)), html(page(preview))):
        assert harmless(re.sub(r"<style>.*?</style>", "", shown, flags=re.DOTALL), lines=True), shown[:3000]


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    for entry in value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ():
        yield from _strings(entry)


def test_no_code_prints_past_the_one_function() -> None:
    """What a program and a command say goes through `shown`; what the plugin says, through its two doors."""
    doors = {"LogRequest": {"plugin/protocol/engine_log.py"}, "CheckFailure": {"plugin/server.py"}}
    past = []
    for file in sorted(PACKAGE.rglob("*.py")):
        where = file.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            short = name.rpartition(".")[2]
            if short in doors and where not in doors[short]:
                past.append(f"{where}:{node.lineno}: {name}")
            if name.startswith("pulumi.log.") or short == "RunError":
                text = ast.unparse(node.args[0])
                if not re.match(r"(?:said|shown)\(|'[^']*'$|\S+\.join\(map\(said, ", text):
                    past.append(f"{where}:{node.lineno}: {name}({text})")
            if name == "print" and where.startswith("cli/") and where not in PRINTING:
                past.append(f"{where}:{node.lineno}: print")
    assert past == []


PACKAGE = Path(swarm_provider.__file__).parent
PRINTING = ("cli/common.py", "cli/plain.py", "cli/doctor.py", "cli/status.py", "cli/adopt.py", "cli/refresh_auth.py")
"""Modules whose prints are looked at above, or say nothing of others."""
