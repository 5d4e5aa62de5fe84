"""Bugs to be planted: small changes of the product, each of which some invariant must find.

    python -m tests.simulation.planted [NAME] [--seeds N]

plants each in a copy of the package and says after how many seeds it was found.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
MOST_SEEDS: Final = 2000


@dataclass(frozen=True)
class Bug:
    """One of them.

    Attributes:
        name: in a word or two.
        file: below swarm_provider/.
        old: what stands there, once.
        new: what stands there instead.
        seed: from which on it is looked for.
    """

    name: str
    file: str
    old: str
    new: str
    seed: int = 1


BUGS: Final = (
    Bug(
        "prunes what a previous spec uses",
        "plan/families/pruning.py",
        "    return [item for item in old[keep if reusable else 0 :] if object_name(item) not in needed | returned]",
        "    return [item for item in old if object_name(item) not in needed]",
    ),
    Bug(
        "prunes nothing",
        "plan/families/pruning.py",
        "    return [item for item in old[keep if reusable else 0 :] if object_name(item) not in needed | returned]",
        "    return []",
    ),
    Bug(
        "takes the beginning of a name for the name",
        "dockerapi/kinds.py",
        "        named = names.get(name_or_id, [])\n",
        "        named = [item for name in names if name.startswith(name_or_id) for item in names[name]]\n",
    ),
    Bug(
        "calls a rollback a success",
        "plan/rollout/verdict.py",
        '    return Failed((*rollout.failing(), Cause("rolled-back", text)), final=True)',
        "    return Done(text)",
    ),
    Bug(
        "loses an incarnation",
        "plugin/handlers/service/outputs.py",
        '    return {**found, "incarnation": incarnation} if incarnation else found',
        "    return found",
    ),
    Bug(
        "tells secrets in messages",
        "plugin/protocol/engine_log.py",
        "        return shown(text, self.secrets, lines=lines, limit=limit)",
        "        return shown(f'{text} {sorted(self.secrets._texts)}', SecretFilter(), lines=lines, limit=limit)",
    ),
    Bug(
        "puts a digest of a secret into its name",
        "plugin/handlers/family/versions.py",
        '            inputs["baseName"], content_of(inputs) or b"", reveal(immutables), inputs["familyId"], key\n',
        "            __import__('hashlib').sha256(content_of(inputs) or b'').hexdigest()[:12], b'', "
        "reveal(immutables), inputs['familyId'], key\n",
    ),
    Bug(
        "keeps secrets as plain text",
        "plugin/protocol/values.py",
        "        fields = target.struct_value.fields\n"
        "        fields[SIGNATURE].string_value = OF_SECRET\n"
        '        _encode(value.value, fields["value"])\n',
        "        _encode(value.value, target)\n",
    ),
    Bug(
        "foretells no restart",
        "plan/change/task_origin.py",
        "        change = self._form(task).to_new\n",
        "        return False\n        change = self._form(task).to_new\n",
    ),
    Bug(
        "restarts tasks where the forecast knows nothing of it",
        "plugin/handlers/service/handler.py",
        "            spec = to_send(same, live, news, names, force=force, asked=asked)\n",
        "            spec = to_send(same, live, news, names, force=99, asked=asked)\n",
    ),
    Bug(
        "does not wait",
        "plan/rollout/verdict.py",
        "    verdict = _job(rollout) if service.is_job else _kept_running(rollout)\n",
        '    verdict: Verdict = Done("it will run")\n',
    ),
    Bug(
        "deletes what another resource has taken over",
        "plugin/handlers/service/handler.py",
        '        if labels.incarnation(own) != held or self.run.is_in_use_by_run(request.urn, "service", id):\n',
        "        if False:\n",
    ),
    Bug(
        "makes an old version current without a new number",
        "plugin/handlers/family/versions.py",
        '        number = naming.sequence(live) if current else naming.next_sequence(own, news["familyId"])',
        "        number = naming.sequence(live)",
    ),
    Bug(
        "removes data that nobody has given up",
        "plugin/handlers/volume.py",
        '        if not reveal(olds.get("deleteOnDestroy")):\n',
        "        if False:\n",
        seed=220,
    ),
    Bug(
        "leaves nodes as they are",
        "plugin/handlers/node.py",
        'return None if spec.get("Availability") == availability else {**spec, "Availability": availability}',
        "return None",
        seed=10,
    ),
    Bug(
        "calls a Release that failed a success",
        "plugin/handlers/release/handler.py",
        "        if not reasons:\n            return outputs(stack, deployment.states, news)\n",
        "        if True:\n            return outputs(stack, deployment.states, news)\n",
        seed=180,
    ),
    Bug(
        "adopts what nobody has allowed it",
        "plan/ownership/claims.py",
        "    if theirs == owner.text or proven(live, incarnation) or (theirs is None and adopt):\n",
        "    if theirs == owner.text or proven(live, incarnation) or theirs is None:\n",
        seed=78,
    ),
)


def planted(bug: Bug, folder: Path) -> None:
    """Copy the package and the simulation, and plant the bug."""
    for name in ("swarm_provider", "tests/support", "tests/simulation", "tests/data/answers"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests/__init__.py").touch()
    file = folder / "swarm_provider" / bug.file
    text = file.read_text()
    assert text.count(bug.old) == 1, f"{bug.file} does not have it once: {bug.old!r}"
    file.write_text(text.replace(bug.old, bug.new))


def found(bug: Bug, first: int, count: int, *, jobs: int = 1) -> str:
    """What the simulation says of a bug, "" when it does not find it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        planted(bug, folder)
        arguments = ["--seed", str(first), "--seeds", str(count), "--jobs", str(jobs), "--most", "1", "--short"]
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder), "PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
    told = re.search(r"^seed \d+: .*", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1):
        raise AssertionError(done.stderr or done.stdout)
    return told[0] if told and done.returncode else ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", nargs="?", default="")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    for bug in BUGS:
        if given.name in bug.name:
            told = found(bug, bug.seed, given.seeds, jobs=given.jobs)
            print(f"{bug.name}: {told or 'NOT FOUND'}", flush=True)


if __name__ == "__main__":
    main()
