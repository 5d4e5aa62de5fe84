"""A deploy that is killed at any point: the next `up` ends in exactly what was asked for, in either form.

A proxy on the daemon's socket kills the CLI, or the plugin, with SIGKILL right before and right after each call that
changes something; other runs are killed at random moments. `make chaos` runs all of it, `make test` two kills.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from swarm_provider.cli.checkpoints import broken
from tests.conftest import ProjectFactory
from tests.e2e.stacks import names, write_yaml
from tests.support.engine import Docker, Engine
from tests.support.interposer import Interposer, Strike, When
from tests.support.pulumi import PulumiProject

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(5400)]

Target = Literal["cli", "plugin"]
Form = Literal["resources", "release"]
ENDS_WITHIN = 10.0
"""Seconds that a plugin may outlive its CLI and the output of it: 2 for one that runs (test_plugin_process.py), more
for one that was just being started, on a busy machine."""
KILLS = int(os.environ.get("CHAOS_KILLS", "60"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PROGRAM = """
    import pulumi
    import swarm_provider as swarm

    content = open("content.txt").read()
    cfg = swarm.Config("{name}-cfg", data=content, keep_previous=0)
    sec = swarm.Secret("{name}-sec", data=pulumi.Output.secret("secret " + content))
    for key in ("a", "b"):
        swarm.Service(
            "{name}-" + key,
            image="bb:1",
            stop_grace_period="1s",
            deploy={{"update_config": {{"order": "start-first", "monitor": "500ms"}}}},
            configs=[{{"source": cfg, "target": "/content"}}],
            secrets=[{{"source": sec, "target": "content"}}],
        )
"""
RELEASE = """
    import pulumi
    import swarm_provider as swarm

    content = open("content.txt").read()
    secrets = {{"sec": pulumi.Output.secret("secret " + content)}}
    swarm.Release("{name}", compose_file="stack.yml", secrets=secrets, keep_previous=0)
"""
SERVICE = """
      {key}:
        image: bb:1
        {command}
        stop_grace_period: 1s
        deploy: {{update_config: {{order: start-first, monitor: 500ms}}}}
        configs: [{{source: cfg, target: /content}}]
        secrets: [{{source: sec, target: content}}]
"""
OBJECTS = """
    configs: {cfg: {file: ./content.txt}}
    secrets: {sec: {external: true}}
"""


@dataclass
class Rig:
    """One program with a config, a secret and two services, deployed through the proxy; each round rotates both.

    Attributes:
        form: a resource for each of them, or one Release of all.
        round: number of the content that is asked for.
    """

    app: PulumiProject
    docker: Docker
    proxy: Interposer
    name: str
    form: Form = "resources"
    round: int = 0
    lasted: float = 0.0
    """Seconds that the last run took, or until it was killed."""
    cut: int = 0
    """How often a kill left a file of the backend that Pulumi cannot read."""

    def next(self) -> None:
        """Ask for other content."""
        self.round += 1
        self.app.write("content.txt", f"content {self.round}\n")
        self.ask()

    def ask(self, *, broken: bool = False) -> None:
        """Ask for services that run, or of which one does not."""
        if self.form == "release":
            command = "command: /does/not/exist" if broken else ""
            services = SERVICE.format(key="a", command="") + SERVICE.format(key="b", command=command)
            write_yaml(self.app, "stack.yml", f"\n    services:{services}{OBJECTS}")

    def service(self, key: str) -> str:
        """The name of a service in the swarm."""
        return f"{self.name}{'_' if self.form == 'release' else '-'}{key}"

    def current(self) -> dict[str, str]:
        """Names of the versions that the services refer to."""
        spec = self.docker.service(self.service("a"))["Spec"]["TaskTemplate"]["ContainerSpec"]
        return {"config": spec["Configs"][0]["ConfigName"], "secret": spec["Secrets"][0]["SecretName"]}

    def ids(self) -> set[str]:
        return {self.docker.service(self.service(key))["ID"] for key in ("a", "b")}

    def assert_right(self, before: dict[str, str] | None, ids: set[str] | None = None) -> None:
        """The wanted content runs, and the versions are exactly the current one and what `keep_previous` keeps."""
        now = self.current()
        kept = {before["secret"]} if before and self.form == "resources" else set()
        assert not before or all(now[kind] != before[kind] for kind in now)
        assert names(self.docker, "config", self.name) == [now["config"]], "keep_previous=0"
        assert set(names(self.docker, "secret", self.name)) == {now["secret"], *kept}, "keep_previous"
        assert ids is None or self.ids() == ids, "no service was made anew"
        for key in ("a", "b"):
            (task,) = self.docker.tasks(self.service(key))
            container = task["Status"]["ContainerStatus"]["ContainerID"]
            seen = self.docker("exec", container, "cat", "/content", "/run/secrets/content")
            assert seen == f"content {self.round}\nsecret content {self.round}"

    # ------------------------------------------------------------------ kills

    def killed_at_call(self, number: int, when: When, target: Target, *, fails: bool = False) -> bool:
        """Run `up` and kill at that changing call; says whether it came so far. `fails`: it fails without a kill."""
        running: list[subprocess.Popen[str]] = []
        self.proxy.begin(Strike(number, when, (lambda: running[0].pid) if target == "cli" else None))
        running.append(self.app.start("up", "--yes", "--skip-preview"))
        output, _ = running[0].communicate(timeout=300)
        came = self.proxy.struck is not None
        assert (running[0].returncode != 0) == (came or fails), output
        return came

    def killed_after(self, seconds: float, target: Target) -> bool:
        """Run `up` and kill after that time; says whether it was too early for its end."""
        self.proxy.begin()
        began = time.monotonic()
        run = self.app.start("up", "--yes", "--skip-preview")
        timer = threading.Timer(seconds, self._kill, (run, target))
        timer.start()
        run.communicate(timeout=300)
        timer.cancel()
        self.lasted = time.monotonic() - began
        return run.returncode != 0

    def _kill(self, run: subprocess.Popen[str], target: Target) -> None:
        for process in [run.pid] if target == "cli" else self.app.plugins():
            with contextlib.suppress(ProcessLookupError):
                if run.poll() is None:
                    os.kill(process, signal.SIGKILL)

    def recover(self) -> None:
        """Do what docs/state.md says about a run that was killed."""
        end = time.monotonic() + ENDS_WITHIN
        while self.app.plugins() and time.monotonic() < end:
            time.sleep(0.05)
        assert self.app.plugins() == set(), "no plugin survives its engine"
        self.mend()
        self.proxy.begin()
        if any((self.app.backend / ".pulumi" / "locks").rglob("*.json")):
            self.app.run("cancel", "--yes").assert_ok()
        up = self.app.up().assert_ok()
        if "pending operations" in up.output:
            self.app.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").assert_ok()

    def mend(self) -> int:
        """Type what `doctor` says where the state was cut off; return how many files were."""
        found = broken(self.app.backend)
        for one in found:
            print(f"cut off: {one.says}", flush=True)
            subprocess.run(["sh", "-c", one.command], check=True)
        self.cut += len(found)
        assert broken(self.app.backend) == []
        return len(found)

    def tasks(self) -> set[str]:
        return self.docker.task_ids(self.service("a")) | self.docker.task_ids(self.service("b"))


@pytest.fixture(params=["resources", "release"])
def rig(
    project: ProjectFactory, engine: Engine, docker: Docker, unique: str, request: pytest.FixtureRequest
) -> Iterator[Rig]:
    form: Form = request.param
    with Interposer(Path(engine.dir), engine.host) as proxy:
        app = project({"resources": PROGRAM, "release": RELEASE}[form].format(name=unique), host=proxy.host)
        yield Rig(app, docker, proxy, unique, form)


@pytest.fixture
def deployed(rig: Rig) -> Rig:
    rig.next()
    rig.app.up().assert_ok()
    return rig


def fail_killed(rig: Rig, number: int, when: When, target: Target) -> bool:
    """One round of a Release that fails and is killed in its work or on its way back; then the file is corrected."""
    before, ids = rig.current(), rig.ids()
    rig.next()
    rig.ask(broken=True)
    killed = rig.killed_at_call(number, when, target, fails=True)
    print(f"round {rig.round}: {'killed' if killed else 'not killed'} {rig.proxy.struck or ''}", flush=True)
    if not killed:
        assert rig.current() == before, "everything is back"
    rig.ask()
    rig.recover()
    rig.assert_right(before, ids)
    return killed


def rotate_killed(rig: Rig, kill: Callable[[], bool]) -> bool:
    """One round: rotate, kill, recover, look; says whether something was killed."""
    before, ids = rig.current(), rig.ids()
    rig.next()
    killed = kill()
    print(f"round {rig.round}: {'killed' if killed else 'not killed'} {rig.proxy.struck or ''}", flush=True)
    if killed:
        rig.recover()
    rig.assert_right(before, ids)
    return killed


def test_rotation_that_is_killed_is_finished_by_the_next_up(deployed: Rig) -> None:
    # the CLI once a service's update has begun; the plugin before it has cleaned up
    assert rotate_killed(deployed, lambda: deployed.killed_at_call(3, "after", "cli"))
    assert rotate_killed(deployed, lambda: deployed.killed_at_call(5, "before", "plugin"))
    deployed.app.assert_no_changes()


@pytest.mark.parametrize("rig", ["resources"], indirect=True)
def test_state_that_was_cut_off_is_mended_as_doctor_says_and_nothing_restarts(deployed: Rig) -> None:
    app = deployed.app
    deployed.next()
    app.up().assert_ok()
    tasks = deployed.tasks()
    state = app.backend / ".pulumi" / "stacks" / app.name / f"{app.stack}.json"
    for file, kept in ((Path(f"{state}.attrs"), 0), (state, 0), (state, state.stat().st_size // 2)):
        file.write_bytes(file.read_bytes()[:kept])
        assert "failed to load checkpoint" in app.preview().output
        doctor = app.swarm_provider("doctor")
        assert doctor.returncode == 1, doctor.stdout
        assert str(file) in doctor.stdout
        deployed.recover()
        assert deployed.tasks() == tasks
    assert deployed.cut == 3

    # the state after the first deploy: it knows nothing of the versions that run
    oldest = min((app.backend / ".pulumi" / "history").rglob("*.checkpoint.json"), key=lambda copy: copy.name)
    shutil.copy(oldest, state)
    deployed.recover()
    assert deployed.tasks() == tasks
    app.assert_no_changes()
    app.destroy().assert_ok()
    assert names(deployed.docker, "config", deployed.name) == names(deployed.docker, "secret", deployed.name) == []
    assert names(deployed.docker, "service", deployed.name) == []


@pytest.mark.parametrize("rig", ["release"], indirect=True)
def test_release_that_is_killed_on_its_way_back_is_finished_by_the_next_up(deployed: Rig) -> None:
    # two versions are made and two services changed, then one service is back
    assert fail_killed(deployed, 5, "after", "plugin")
    deployed.app.assert_no_changes()


@pytest.mark.long
@pytest.mark.parametrize("target", ["cli", "plugin"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("rig", ["release"], indirect=True)
def test_release_killed_at_every_call_of_a_failure_is_finished_by_the_next_up(
    deployed: Rig, when: When, target: Target
) -> None:
    number = 1
    while fail_killed(deployed, number, when, target):
        deployed.app.assert_no_changes()
        number += 1
    assert number > 8, "two versions made, two services changed, both returned, two versions removed"


@pytest.mark.long
@pytest.mark.parametrize("target", ["cli", "plugin"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_rotation_killed_at_every_call_is_finished_by_the_next_up(deployed: Rig, when: When, target: Target) -> None:
    number = 1
    while rotate_killed(deployed, lambda: deployed.killed_at_call(number, when, target)):  # noqa: B023
        deployed.app.assert_no_changes()
        number += 1
    assert number > 6, "two versions made, two services updated, two versions removed"


@pytest.mark.long
def test_rotation_killed_at_random_moments_is_finished_by_the_next_up(deployed: Rig) -> None:
    chance = random.Random(SEED)
    deployed.next()
    lasts = deployed.app.up().assert_ok().seconds
    killed = attempts = 0
    while killed < KILLS:
        target: Target = "cli" if killed % 2 else "plugin"
        moment = chance.uniform(0.2, 1) * lasts
        print(f"kill {killed + 1}, of the {target}, after {moment:.2f} s", flush=True)
        if rotate_killed(deployed, lambda: deployed.killed_after(moment, target)):  # noqa: B023
            killed += 1
        else:
            # the machine is quicker than it was
            lasts = deployed.lasted
        attempts += 1
        assert attempts <= 3 * KILLS
        if attempts % 10 == 0:
            deployed.app.assert_no_changes()
    print(f"{deployed.cut} of {killed} kills left a state that was cut off", flush=True)


@pytest.mark.long
@pytest.mark.parametrize("target", ["cli", "plugin"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_first_deploy_killed_at_every_call_is_finished_by_the_next_up(rig: Rig, when: When, target: Target) -> None:
    rig.next()
    number = 1
    while rig.killed_at_call(number, when, target):
        print(f"{target} killed {when} {rig.proxy.struck}", flush=True)
        rig.recover()
        rig.assert_right(None)
        rig.app.assert_no_changes()
        rig.app.destroy().assert_ok()
        assert names(rig.docker, "config", rig.name) == names(rig.docker, "secret", rig.name) == []
        number += 1
    made = ["config", "secret", "service", "service", *(["network"] if rig.form == "release" else [])]
    assert number == len(made) + 1, made
