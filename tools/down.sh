#!/usr/bin/env bash
# Removes what `make up` made.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<EOF
usage: ${0##*/}

Removes the engine that "make up" started, with all that runs on it and its state. What
"make up SWARM=current" deployed is destroyed first, on the swarm that it went to; named
volumes stay there, unless the program says otherwise. The virtualenv, the Pulumi CLI
and Debian packages stay.
EOF
}

remove_engine() {
  local -a options
  mapfile -t options <"$engine_file"
  "$repo/testbed/swarm.sh" down --dir "${options[-1]}"
  [[ ${options[0]} != single ]] || clear_network
  rm -rf "${options[-1]}"
}

# on the machine's own network dockerd leaves bridges and rules behind; there was none before (see up.sh)
clear_network() {
  local save policy
  for save in iptables ip6tables; do
    has $save-save || continue
    $save-save 2>/dev/null | grep -vi docker | $save-restore || true
  done
  policy=$(cut -d' ' -f3 "$place/forward-policy" 2>/dev/null) || policy=
  [[ -z $policy ]] || iptables -P FORWARD "$policy"
  ip link del docker0 2>/dev/null || true
  ip link del docker_gwbridge 2>/dev/null || true
}

destroy() {
  local cluster
  cluster=$(docker info --format '{{.Swarm.Cluster.ID}}' 2>/dev/null) || cluster=
  [[ $cluster == "$(cat "$engine_file")" ]] ||
    die "what make up deployed is on another swarm than the current docker context's: switch back to it"
  pulumi_environment "$("$repo/tools/pulumi-cli.sh" --find)"
  project_pulumi destroy --yes --skip-preview --config-file "$settings" || return
  (cd "$repo" && pulumi stack rm dev --yes --non-interactive --preserve-config) || return
  [[ ! -s $made_images ]] || sort -u "$made_images" | xargs -r docker image rm >/dev/null 2>&1 || true
}

main() {
  case ${1:-} in
    '') ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  use_place current
  if [[ -s $engine_file ]]; then shown destroy destroy; fi
  rm -rf "$place"
  use_place local
  if [[ -s $engine_file ]]; then step engine remove_engine; fi
  rm -rf "$state"
  line state 0 "nothing is left in .swarm"
}

main "$@"
