#!/usr/bin/env bash
# Makes a fresh runner ready: Python, the state, the way to the swarm.
#
# Needs STACK, PULUMI_BACKEND_URL (or PULUMI_ACCESS_TOKEN) and PULUMI_CONFIG_PASSPHRASE (or _FILE); for a manager behind
# ssh also SWARM_SSH_KEY and SWARM_KNOWN_HOSTS. SWARM_STATE_KEPT=1 says that a folder with the state outlives this runner.
set -euo pipefail
: "${STACK:?the name of the Pulumi stack, such as prod}"

case ${SWARM_STATE_KEPT:-0}:${PULUMI_BACKEND_URL:-} in
  0:file://* | false:file://*)
    text="the state is in a folder of this runner (PULUMI_BACKEND_URL): it is lost with an ephemeral runner"
    if [[ -n ${GITHUB_ACTIONS:-} ]]; then echo "::warning::$text"; else echo "warning: $text" >&2; fi
    ;;
esac

if [[ -n ${SWARM_SSH_KEY:-} ]]; then
  # without known_hosts the first connection would trust whoever answers
  : "${SWARM_KNOWN_HOSTS:?the host keys of the managers: ssh-keyscan manager-1, compared with the real ones}"
  (
    umask 077
    mkdir -p "$HOME/.ssh"
    cd "$HOME/.ssh"
    printf '%s\n' "$SWARM_SSH_KEY" >id_swarm
    touch known_hosts config
    # a runner that stays has the lines of the run before
    while read -r line; do
      grep -qxF -- "$line" known_hosts || printf '%s\n' "$line" >>known_hosts
    done <<<"$SWARM_KNOWN_HOSTS"
    grep -q id_swarm config || printf 'Host *\n  IdentityFile ~/.ssh/id_swarm\n  BatchMode yes\n' >>config
  )
fi

[[ -x .venv/bin/python ]] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
# on a fresh runner Pulumi reads the state, for which it needs the plugin, before the program that would make it known
.venv/bin/python -m swarm_provider.cli install-plugin
pulumi stack select "$STACK" --non-interactive
