"""The real Pulumi CLI for tests: a project in a folder of its own, and what a run of it said and did."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.engine import REPO, docker_environment

PASSPHRASE = "test-passphrase"
FOREIGN = {"PULUMI_IGNORE_AMBIENT_PLUGINS": "true"}
"""The console script of the virtual environment on PATH is another way to the plugin; with this it does not help."""
_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Step:
    """What a run did (or would do) with one resource.

    Attributes:
        op: create, update, replace, delete, same, refresh, import ...
        type: such as `swarm:index:Service`.
        name: the logical name.
        detailed_diff: property path -> kind, such as {"deploy.replicas": "update"}.
        old, new: the resource's states, as in `pulumi preview --json`; secrets are masked by Pulumi.
    """

    op: str
    urn: str
    type: str
    name: str
    detailed_diff: dict[str, str]
    old: dict[str, Any]
    new: dict[str, Any]


# seen with CLI 3.274: the program's next registration finds nobody
_PROGRAM_ENDED = re.compile(
    r"^  pulumi:pulumi:Stack \(.*\):\n(?=    error: Resource monitor has terminated, shutting down\n\n)"
    r"|^    error: Resource monitor has terminated, shutting down\n",
    re.MULTILINE,
)
# an interrupt before our package is imported, which ends the program quietly (resources/program/interrupts.py)
_INTERRUPTED = re.compile(
    r"^.*Traceback \(most recent call last\):\n(?:(?!.*swarm_provider/)(?!  \S).*\n)*?.*KeyboardInterrupt\n",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Result:
    """The outcome of one CLI run.

    Attributes:
        changes: operations -> number of resources, without those that stay the same: {"create": 2}.
        unchanged: number of resources that stay the same.
        diagnostics: the lines under "Diagnostics:", without empty ones, and without what Pulumi adds when it ends the
            program because something else failed.
        steps: one entry per resource and operation.
    """

    command: tuple[str, ...]
    exit_code: int
    stdout: str
    stderr: str
    seconds: float
    changes: dict[str, int] = field(default_factory=dict)
    unchanged: int = 0
    steps: list[Step] = field(default_factory=list)

    @property
    def output(self) -> str:
        """stdout and stderr in one text."""
        return self.stdout + self.stderr

    @property
    def diagnostics(self) -> list[str]:
        lines: list[str] = []
        inside = False
        said = _PROGRAM_ENDED.sub("", _INTERRUPTED.sub("", self.stdout))
        for line in said.splitlines():
            if line.startswith("Diagnostics:"):
                inside = True
            elif inside and line and not line[0].isspace():
                inside = False
            elif inside and line.strip():
                lines.append(line.rstrip())
        return lines

    def step(self, name: str, op: str = "") -> Step:
        """The step of the resource with this logical name (and operation)."""
        for step in self.steps:
            if step.name == name and op in ("", step.op):
                return step
        raise AssertionError(f"no step {op} of {name!r} in {[(s.op, s.name) for s in self.steps]}\n{self}")

    def assert_ok(self) -> Result:
        assert self.exit_code == 0, str(self)
        return self

    def assert_failed(self, *texts: str, max_lines: int = 6) -> Result:
        """It failed, in few lines, without a traceback, and says each of the texts."""
        assert self.exit_code != 0, f"expected a failure\n{self}"
        assert "Traceback (most recent call last)" not in _INTERRUPTED.sub("", self.output), str(self)
        assert len(self.diagnostics) <= max_lines, f"more than {max_lines} lines of diagnostics\n{self}"
        for text in texts:
            assert text in self.output, f"missing {text!r}\n{self}"
        return self

    def assert_no_changes(self) -> Result:
        self.assert_ok()
        assert self.changes == {}, f"expected no changes\n{self}"
        return self

    def __str__(self) -> str:
        head = f"pulumi {' '.join(self.command)}: exit {self.exit_code} in {self.seconds:.1f} s, {self.changes}"
        return f"{head}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def find_cli() -> Path:
    """The folder of the pulumi CLI: the one on PATH, or the one that `make setup` built."""
    done = subprocess.run(
        [str(REPO / "tools" / "pulumi-cli.sh"), "--find"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"no Pulumi CLI: {done.stderr.strip()}; `make setup` gets one")
    return Path(done.stdout.strip()).parent


class PulumiProject:
    """One Pulumi project with its own program, backend, passphrase and PULUMI_HOME below `folder`.

    The stack is called `dev` unless `stack` says otherwise; `backend` lets projects share one. DOCKER_HOST points
    at the test's engine unless `env` says otherwise. Each command runs the CLI once and returns a Result, also
    when the CLI fails.
    """

    def __init__(
        self,
        folder: Path,
        program: str = "",
        *,
        host: str,
        cli: Path,
        name: str = "proj",
        stack: str = "dev",
        backend: Path | None = None,
        passphrase: str = PASSPHRASE,
        plugin_path: str | None = str(_BIN),
        env: Mapping[str, str] | None = None,
    ) -> None:
        # one program's second stack, for tests of ownership, gets a folder of its own
        self.folder = folder / (name if stack == "dev" else f"{name}-{stack}")
        self._log = folder / f"{self.folder.name}.events"
        self.name = name
        self.stack = stack
        self.backend = backend or folder / "backend"
        self.folder.mkdir(parents=True)
        self.backend.mkdir(exist_ok=True)
        self.environment = {
            **docker_environment(),
            "PATH": os.pathsep.join([str(_BIN), str(cli), os.environ["PATH"]]),
            "DOCKER_HOST": host,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_CONFIG_PASSPHRASE": passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
            # opens --event-log, from which `changes` and `steps` come
            "PULUMI_DEBUG_COMMANDS": "true",
            **(env or {}),
        }
        self._write_project_file(plugin_path)
        self.program(program)
        self.run("stack", "init", stack).assert_ok()

    def _write_project_file(self, plugin_path: str | None) -> None:
        project: dict[str, Any] = {"name": self.name, "runtime": {"name": "python"}}
        if sys.prefix != sys.base_prefix:
            project["runtime"]["options"] = {"virtualenv": sys.prefix}
        if plugin_path is not None:
            project["plugins"] = {"providers": [{"name": "swarm", "path": plugin_path}]}
        # JSON is YAML
        (self.folder / "Pulumi.yaml").write_text(json.dumps(project, indent=2))

    # ------------------------------------------------------------------ the project's files

    def program(self, text: str) -> None:
        """Replace the program. Its lines may be indented as the test is."""
        lines = text.expandtabs().splitlines()
        indents = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
        cut = min(indents, default=0)
        (self.folder / "__main__.py").write_text("\n".join(line[cut:] for line in lines).strip() + "\n")

    def write(self, path: str, content: str | bytes) -> Path:
        """Write a file of the project (parents included) and return its path."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    # ------------------------------------------------------------------ commands

    def up(self, *args: str, **options: Any) -> Result:
        return self.run("up", "--yes", "--skip-preview", *args, **options)

    def preview(self, *args: str, diff: bool = False, **options: Any) -> Result:
        return self.run("preview", *(["--diff"] if diff else []), *args, **options)

    def destroy(self, *args: str, **options: Any) -> Result:
        return self.run("destroy", "--yes", "--skip-preview", *args, **options)

    def refresh(self, *args: str, **options: Any) -> Result:
        return self.run("refresh", "--yes", "--skip-preview", *args, **options)

    def import_(self, type_: str, name: str, id_: str, *args: str, **options: Any) -> Result:
        return self.run("import", type_, name, id_, "--yes", "--skip-preview", "--protect=false", *args, **options)

    def config_set(self, key: str, value: str, *, secret: bool = False) -> Result:
        flag = "--secret" if secret else "--plaintext"
        # by stdin: an argument would show in the process list
        return self.run("config", "set", flag, key, stdin=value)

    def export_state(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's state as `pulumi stack export` gives it."""
        result = self.run("stack", "export", *(["--show-secrets"] if show_secrets else [])).assert_ok()
        state: dict[str, Any] = json.loads(result.stdout)
        return state

    def resources(self) -> dict[str, dict[str, Any]]:
        """The state's resources by logical name."""
        found = self.export_state()["deployment"].get("resources", [])
        return {resource["urn"].rsplit("::", 1)[1]: resource for resource in found}

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets shown."""
        result = self.run("stack", "output", "--json", "--show-secrets").assert_ok()
        outputs: dict[str, Any] = json.loads(result.stdout)
        return outputs

    def lose_state(self) -> None:
        """Throw the stack's state away, as a lost backend does; the settings file with its salt stays."""
        self.run("stack", "rm", "--yes", "--force", "--preserve-config", self.stack).assert_ok()
        self.run("stack", "init", self.stack).assert_ok()

    def events(self) -> str:
        """The event log of the last run, as Pulumi wrote it."""
        return self._log.read_text()

    def assert_no_changes(self) -> Result:
        """A preview shows that nothing would change."""
        return self.preview(diff=True).assert_no_changes()

    def run(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        stdin: str | None = None,
        timeout: float = 300,
    ) -> Result:
        """Run `pulumi ARGS` in the project's folder."""
        self._log.unlink(missing_ok=True)
        command = self._command(args)
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        seconds = time.monotonic() - started
        changes, unchanged, steps = _read_events(self._log)
        return Result(args, done.returncode, done.stdout, done.stderr, seconds, changes, unchanged, steps)

    def swarm_provider(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Run `swarm-provider ARGS` in the project's folder, with its environment."""
        return subprocess.run(
            [str(_BIN / "swarm-provider"), *args],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *args: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Start `pulumi ARGS` and return at once, for tests that interrupt or kill it."""
        return subprocess.Popen(
            self._command(args),
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def plugins(self) -> set[int]:
        """Processes of the plugin that were started for this project and live."""
        found = set()
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                arguments = (process / "cmdline").read_bytes()
                folder = (process / "cwd").readlink()
            except OSError:
                continue
            ours = b"pulumi-resource-swarm" in arguments or b"swarm_provider.plugin" in arguments
            if folder == self.folder and ours:
                found.add(int(process.name))
        return found

    def _command(self, args: tuple[str, ...]) -> list[str]:
        command = [
            shutil.which("pulumi", path=self.environment["PATH"]) or "pulumi",
            *args,
            "--non-interactive",
            "--color",
            "never",
        ]
        if args[0] in ("up", "preview", "destroy", "refresh", "import"):
            command += ["--stack", self.stack, "--event-log", str(self._log)]
        return command


def _read_events(log: Path) -> tuple[dict[str, int], int, list[Step]]:
    changes: dict[str, int] = {}
    steps: list[Step] = []
    lines = log.read_text().split("\n") if log.exists() else []
    for line in lines:
        if not re.search(r'"(summaryEvent|resourcePreEvent)":', line):
            continue
        event = json.loads(line)
        if "summaryEvent" in event:
            changes = dict(event["summaryEvent"].get("resourceChanges") or {})
        elif "resourcePreEvent" in event:
            steps.append(_step(event["resourcePreEvent"]["metadata"]))
    return changes, changes.pop("same", 0), steps


def _step(metadata: dict[str, Any]) -> Step:
    detailed = {path: str(diff["diffKind"]) for path, diff in (metadata.get("detailedDiff") or {}).items()}
    urn = str(metadata["urn"])
    return Step(
        str(metadata["op"]),
        urn,
        str(metadata["type"]),
        urn.rsplit("::", 1)[1],
        detailed,
        metadata.get("old") or {},
        metadata.get("new") or {},
    )
