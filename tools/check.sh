#!/usr/bin/env bash
# Lint, format, types and import contracts.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<EOF
usage: ${0##*/}

Runs ruff, mypy --strict, import-linter, shellcheck, and zizmor on the workflows.
EOF
}

# without `step`: all of them run, and each prints what it found
failed=0
check() {
  local name=$1 began output
  shift
  began=$(now_ms)
  if output=$("$@" 2>&1); then
    line "$name" $(($(now_ms) - began))
  else
    line "$name" $(($(now_ms) - began)) FAILED
    printf '%s\n' "$output"
    failed=1
  fi
}

main() {
  case ${1:-} in
    '') ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  "$repo/tools/setup.sh" dev
  cd "$repo"
  check ruff "$venv/bin/ruff" check .
  check format "$venv/bin/ruff" format --check .
  check mypy "$venv/bin/mypy"
  check imports "$venv/bin/lint-imports"
  check shellcheck "$venv/bin/python" tools/shell_lint.py
  check workflows "$venv/bin/zizmor" --offline --no-progress --min-severity medium .github
  exit "$failed"
}

main "$@"
