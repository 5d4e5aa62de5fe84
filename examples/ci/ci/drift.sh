#!/usr/bin/env bash
# Fails with a report when the swarm is not what the program says: 7 for differences, 1 when nobody can tell.
set -euo pipefail
: "${STACK:?the name of the Pulumi stack, such as prod}"

pulumi preview --stack "$STACK" --json --non-interactive >drift.json 2>drift.err || cat drift.err >&2
code=0
.venv/bin/swarm-provider report drift.json --output drift.md --html drift.html --expect-no-changes || code=$?
rm -f drift.json drift.err
[[ ! -e drift.md ]] || tee -a "${GITHUB_STEP_SUMMARY:-/dev/null}" <drift.md
exit "$code"
