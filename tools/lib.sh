# shellcheck shell=bash
# What the scripts in tools/ share. Sourced; defines functions and paths, does nothing.

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$repo/.swarm
logs=$state/logs
venv=$repo/.venv
# set by a step's command: shown behind its time
note=

export venv

die() { echo "${0##*/}: $*" >&2; exit 1; }

now_ms() { date +%s%3N; }

# line NAME MILLISECONDS [NOTE]: one line of the report
line() {
  local dots=...................
  printf '%s %s %d.%d s%s\n' "$1" "${dots:${#1}}" $(($2 / 1000)) $(($2 % 1000 / 100)) "${3:+  ($3)}"
}

# step NAME COMMAND...: runs a command of this shell quietly; prints one line with its time, or the end of its log
step() {
  local name=$1 log began
  shift
  mkdir -p "$logs"
  log=$logs/${name// /-}.log
  began=$(now_ms)
  note=
  # not in a subshell, so that the command can set variables; therefore errors end it by its own `die`
  exec 3>&1 4>&2 >"$log" 2>&1
  trap 'step_failed "$name" "$log" "$began"' EXIT
  "$@"
  trap - EXIT
  exec >&3 2>&4 3>&- 4>&-
  line "$name" $(($(now_ms) - began)) "$note"
}

step_failed() {
  local code=$?
  exec >&3 2>&4
  line "$1" $(($(now_ms) - $3)) "FAILED, see $2"
  tail -n 15 "$2" | sed 's/^/    /' >&2
  exit $((code ? code : 1))
}

# shown NAME COMMAND...: the same, with the command's output on the terminal
shown() {
  local name=$1 began
  shift
  began=$(now_ms)
  note=
  "$@" || die "$name failed"
  line "$name" $(($(now_ms) - began)) "$note"
}

has() { command -v "$1" >/dev/null 2>&1; }
