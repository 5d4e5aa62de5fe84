#!/usr/bin/env bash
# Everything that is checked before a release: the checks, and the suite on one engine or on several.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<EOF
usage: ${0##*/} [PYTEST OPTION...]

Without ENGINES: the checks, the tests without an engine with the newest Pulumi SDK and docker-py,
the whole suite in its long forms on the engine of PATH, the scenarios with the oldest Pulumi CLI
that is supported, and the comparison with \`docker stack deploy\`, with its CLI 29 and on Engine 26.1.

environment
  ENGINES   names such as "20.10 26.1 28.5 go", or folders with an engine: the checks, then the
            suites that need an engine on each of these, one after the other, in their short forms
            (add --long for the long ones). All are run, also after one that failed.
EOF
}

main() {
  local name cli failed=()
  case ${1:-} in -h | --help) usage; exit ;; esac
  "$repo/tools/check.sh"
  if [[ -z ${ENGINES:-} ]]; then
    "$venv/bin/python" "$repo/tools/sdk_matrix.py" newest
    "$repo/tools/test.sh" --long "$@"
    cli=$("$repo/tools/pulumi-cli.sh" --oldest)
    PATH=$(dirname "$cli"):$PATH "$repo/tools/test.sh" "$@" "$repo"/tests/e2e/test_s*.py
    "$repo/tools/test.sh" --long --cli 29 "$@" tests/compose/parity
    exec "$repo/tools/test.sh" --long --engine 26.1 "$@" tests/compose/parity
  fi
  for name in $ENGINES; do
    echo "== engine $name"
    "$repo/tools/test.sh" --engine "$name" -m "live or e2e or multinode" "$@" || failed+=("$name")
  done
  ((${#failed[@]} == 0)) || die "failed on: ${failed[*]}"
}

main "$@"
