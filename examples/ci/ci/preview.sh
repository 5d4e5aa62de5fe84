#!/usr/bin/env bash
# Previews the stack, and writes comment.md for the reviewers and preview.html to look at in a browser.
# The exit code is the preview's: a preview that fails has its comment, too.
set -euo pipefail
: "${STACK:?the name of the Pulumi stack, such as prod}"

# prints files, or stdin; what a runner would take for commands in them is none any more
plain() { .venv/bin/python -m swarm_provider.cli.plain "$@"; }

code=0
# a stream of events instead of a digest: only there every reason of a restart stands
export PULUMI_ENABLE_STREAMING_JSON_PREVIEW=1
pulumi preview --stack "$STACK" --json --non-interactive >preview.json 2>preview.err || code=$?
if ! .venv/bin/swarm-provider report preview.json --output comment.md --html preview.html; then
  # Pulumi failed before it began: its own words are all there is
  plain preview.err >&2
  exit 1
fi
# preview.json holds every config in full; only the report is for others
rm -f preview.json preview.err
cat comment.md >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
tail -n +2 comment.md | plain
exit "$code"
