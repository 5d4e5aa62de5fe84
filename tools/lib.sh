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

# ------------------------------------------------------------------ what `make up` keeps, and where

# use_place local|current: sets the paths below; `local` is for the engine of our own, `current` for the user's
use_place() {
  mode=$1
  place=$state/$mode
  # shellcheck disable=SC2034  # used by the scripts that source this
  settings=$place/Pulumi.dev.yaml made_images=$place/images engine_file=$place/engine
}

# pulumi_environment CLI: where `pulumi` finds program, provider and state
pulumi_environment() {
  PATH=$venv/bin:$(dirname "$1"):$PATH
  export PATH PULUMI_SKIP_UPDATE_CHECK=true
  # an engine of our own is thrown away together with its state; with a swarm that stays, any backend may be used
  if [[ $mode == local || -z ${PULUMI_BACKEND_URL:-} ]]; then
    mkdir -p "$place"/{backend,home}
    export PULUMI_BACKEND_URL="file://$place/backend" PULUMI_HOME="$place/home"
  fi
  if [[ $mode == local || -z ${PULUMI_CONFIG_PASSPHRASE:-}${PULUMI_CONFIG_PASSPHRASE_FILE:-} ]]; then
    unset PULUMI_CONFIG_PASSPHRASE
    export PULUMI_CONFIG_PASSPHRASE_FILE=$place/passphrase
  fi
}

# for the local engine: forget what the user's shell says about Docker, but not the registries' credentials
docker_environment() {
  unset DOCKER_CONTEXT DOCKER_TLS DOCKER_TLS_VERIFY DOCKER_CERT_PATH DOCKER_API_VERSION
  export DOCKER_HOST=$1
}

# project_pulumi COMMAND...: pulumi with the stack and the settings of `make up`
project_pulumi() { (cd "$repo" && pulumi "$@" --stack dev --non-interactive); }
