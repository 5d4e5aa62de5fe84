#!/usr/bin/env bash
# Fails with a report when the swarm is not what the program says: 7 for differences, 1 when nobody can tell.
set -euo pipefail
: "${STACK:?the name of the Pulumi stack, such as prod}"

# prints files, or stdin; what a runner would take for commands in them is none any more
plain() { .venv/bin/python -m swarm_provider.cli.plain "$@"; }

pulumi preview --stack "$STACK" --json --non-interactive >drift.json 2>drift.err || plain drift.err >&2
code=0
.venv/bin/swarm-provider report drift.json --output drift.md --html drift.html --expect-no-changes || code=$?
rm -f drift.json drift.err
if [[ -e drift.md ]]; then
  cat drift.md >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
  plain drift.md
fi
exit "$code"
