#!/usr/bin/env bash
# Runs the test suite on engines of its own.
set -euo pipefail
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<EOF
usage: ${0##*/} [PYTEST OPTION...]

Sets up what is missing, then runs pytest in several processes, each with engines of its
own; DOCKER_HOST and docker contexts are ignored. Tests marked \`long\` run with --long.

environment
  TEST_WORKERS   number of processes (default: twice the processors, at most 6)
EOF
}

main() {
  local workers=${TEST_WORKERS:-} long=()
  case ${1:-} in -h | --help) usage; exit ;; esac
  [[ " $* " != *" --long "* ]] || long=(browser machine)
  "$repo/tools/setup.sh" engine database testing "${long[@]}" dev policy cli
  if [[ -z $workers ]]; then
    # tests wait for Swarm more than they compute
    workers=$((2 * $(nproc)))
    ((workers <= 6)) || workers=6
  fi
  cd "$repo"
  # a file's tests stay together: they share what its fixtures made. Files begin in the order of tests/conftest.py
  exec "$venv/bin/python" -m pytest --numprocesses "$workers" --dist loadfile --no-loadscope-reorder --quiet "$@"
}

main "$@"
