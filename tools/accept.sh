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
            (add --long for the long ones). All are run, also after one that failed; a line for
            each at the end says how it went.
EOF
}

# a name that is mistyped is said before an hour of tests on the others
known_engines() {
  local name
  for name in ${ENGINES:-}; do
    [[ -d $name ]] || grep -qF "\"$name\": (" "$repo/tests/support/engine.py" ||
      die "no engine $name; choose from 20.10, 26.1, 28.5, go, or name a folder"
  done
}

main() {
  local name cli began result failed=() summary=()
  case ${1:-} in -h | --help) usage; exit ;; esac
  known_engines
  "$repo/tools/check.sh"
  if [[ -z ${ENGINES:-} ]]; then
    "$venv/bin/python" "$repo/tools/sdk_matrix.py" newest
    # what takes minutes the first time is built before the tests that use it
    "$repo/tools/pulumi-cli.sh" --languages
    "$repo/tools/test.sh" --long "$@"
    cli=$("$repo/tools/pulumi-cli.sh" --oldest)
    PATH=$(dirname "$cli"):$PATH "$repo/tools/test.sh" "$@" "$repo"/tests/e2e/test_s*.py
    "$repo/tools/test.sh" --long --cli 29 "$@" tests/compose/parity
    exec "$repo/tools/test.sh" --long --engine 26.1 "$@" tests/compose/parity
  fi
  for name in $ENGINES; do
    echo "== engine $name"
    began=$(now_ms) result=passed
    "$repo/tools/test.sh" --engine "$name" -m "live or e2e or multinode" "$@" || { result=FAILED; failed+=("$name"); }
    summary+=("$(line "engine $name" $(($(now_ms) - began)) "$result")")
  done
  printf '%s\n' "${summary[@]}"
  ((${#failed[@]} == 0)) || die "failed on: ${failed[*]}"
}

main "$@"
