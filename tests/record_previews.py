"""Records previews of the real CLI on a real engine, and what the report makes of them.

    python -m tests.record_previews [NAME ...]           plays the scenarios and records them
    python -m tests.record_previews --render [NAME ...]  renders the recorded ones anew, after a change of the report

A recording is `tests/data/previews/<name>.json` (and `.jsonl`, the engine's events; `.txt`, what `pulumi preview
--diff` prints for a person); what depends on the machine or the hour is left out of it.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.report.golden import PREVIEWS, recorded, rendered
from tests.report.scenarios import SCENARIOS, Scenario
from tests.support.engine import Engine, start_engine
from tests.support.pulumi import PulumiProject, Result, find_cli

_NOISE = (
    "sourcePosition",
    "stackTrace",
    "created",
    "modified",
    "duration",
    "timestamp",
    "config",
    "streamID",
    "propertyDependencies",
)
_ADDRESSES = re.compile(r"^ *\[(?:urn|provider)=.*\n", re.MULTILINE)
_STREAMING = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "1"}


def play(scenario: Scenario, engine: Engine, folder: Path, cli: Path) -> PulumiProject:
    """Deploy what comes before, do what somebody does meanwhile, and write the program to be previewed."""
    project = PulumiProject(folder, host=engine.host, cli=cli, name="shop", stack="prod")
    for path, text in scenario.files.items():
        project.write(path, text)
    if scenario.before:
        project.program(scenario.before)
        done = project.up(timeout=600)
        assert scenario.breaks == bool(done.exit_code), str(done)
    scenario.meanwhile(engine.docker)
    for path, text in scenario.edited.items():
        project.write(path, text)
    project.program(scenario.after)
    return project


def preview(scenario: Scenario, project: PulumiProject, *, stream: bool = False) -> Result:
    """Run the scenario's preview as a pipeline does."""
    done = project.run(*scenario.command, "--json", env=_STREAMING if stream else None)
    assert scenario.fails == bool(done.exit_code), str(done)
    return done


def on_a_terminal(project: PulumiProject) -> str:
    """Run `pulumi preview --diff` and return what it prints, without the lines of URNs and of the provider's id."""
    process = project.start("preview", "--diff", "--non-interactive")
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0, printed
    return _ADDRESSES.sub("", printed).strip() + "\n"


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _clean(entry) for key, entry in value.items() if key not in _NOISE}
    return [_clean(entry) for entry in value] if isinstance(value, list) else value


def _pretty(digest: dict[str, Any]) -> str:
    """Return the digest with one step on a line."""
    lists = {key: value for key, value in digest.items() if isinstance(value, list)}
    rest = {key: value for key, value in digest.items() if key not in lists}
    parts = [
        f"{json.dumps(key)}: [\n"
        + ",\n".join(json.dumps(entry, ensure_ascii=False, separators=(",", ":")) for entry in entries)
        + "\n]"
        for key, entries in lists.items()
    ]
    parts += [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rest.items()]
    return "{" + ",\n".join(parts) + "}\n"


def _record(name: str, scenario: Scenario, engine: Engine, cli: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="spprev"))
    try:
        with engine.cleaned():
            project = play(scenario, engine, folder, cli)
            digest = json.loads(preview(scenario, project).stdout)
            _write(f"{name}.json", _pretty(_clean(digest)))
            if scenario.stream:
                lines = preview(scenario, project, stream=True).stdout.splitlines()
                events = [json.loads(line) for line in lines if line.startswith("{")]
                kept = [event for event in events if (event.get("diagnosticEvent") or {}).get("severity") != "debug"]
                _write(f"{name}.jsonl", "".join(json.dumps(_clean(e), ensure_ascii=False) + "\n" for e in kept))
            if scenario.printed:
                _write(f"{name}.txt", on_a_terminal(project))
            project.destroy()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _write(name: str, text: str) -> None:
    PREVIEWS.mkdir(parents=True, exist_ok=True)
    (PREVIEWS / name).write_text(text, encoding="utf-8")
    print(f"{name}: {len(text)} characters", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENARIOS)}")
    parser.add_argument("--render", action="store_true")
    arguments = parser.parse_args()
    chosen = arguments.names or list(SCENARIOS)
    if not arguments.render:
        engine = start_engine()
        try:
            engine.images("bb")
            for name in chosen:
                _record(name, SCENARIOS[name], engine, find_cli())
        finally:
            engine.down()
    for name in [name for name in recorded() if not arguments.names or name.split(".")[0] in chosen]:
        for path, text in rendered(name).items():
            _write(path.name, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
