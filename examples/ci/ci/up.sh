#!/usr/bin/env bash
# Deploys the stack, and ends when its tasks run. With PLAN=1 exactly what a preview of a moment ago said, or nothing.
set -euo pipefail
: "${STACK:?the name of the Pulumi stack, such as prod}"

# prints files, or stdin; what a runner would take for commands in them is none any more
plain() { .venv/bin/python -m swarm_provider.cli.plain "$@"; }
up() { pulumi up --stack "$STACK" --yes --skip-preview --non-interactive "$@"; }

if [[ -z ${PLAN:-} ]]; then
  up
  exit
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pulumi preview --stack "$STACK" --non-interactive --save-plan "$work/plan.json"
# When a plan is violated, Pulumi prints the values that differ, secret ones in plain text: such a log is not shown.
if up --plan "$work/plan.json" >"$work/log" 2>&1; then
  plain "$work/log"
elif grep -q 'violates plan' "$work/log"; then
  echo "something changed between preview and up, so nothing that differs from the plan was done; run it again." >&2
  echo "(Pulumi's log of a violated plan may show secrets: it is not printed.)" >&2
  exit 1
else
  plain "$work/log"
  exit 1
fi
