#!/usr/bin/env bash
# Installs what is missing: Debian packages, the virtualenv, the Pulumi CLI.
set -euo pipefail
# Debian keeps dockerd and sshd where a user's PATH may not look
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

usage() {
  cat <<EOF
usage: ${0##*/} WHAT...

  engine     a Docker engine, its CLI and what testbed/swarm.sh needs
  database   PostgreSQL, out of which a stand-in image is made
  testing    registry, TLS and ssh for the test suite
  browser    Chromium, for the long form of the tests of HTML pages
  machine    debootstrap, for the long tests of what a release consists of
  python     .venv with what the provider needs at run time
  dev        .venv with the tools and test libraries too
  policy     policy/venv with what the policy pack needs
  cli        the Pulumi CLI

Only what is missing is installed; a second run takes a second. Debian packages need root.
EOF
}

packages=()

# need COMMAND PACKAGE: the package is missing when the command is
need() { has "$1" || packages+=("$2"); }

need_engine() {
  need dockerd docker.io
  need docker docker.io
  need ip iproute2
  need iptables iptables
  need pgrep procps
  need nsenter util-linux
  need curl curl
  # a busybox that loads libraries would not run in an image of its own
  if ! has busybox || ldd "$(command -v busybox)" >/dev/null 2>&1; then packages+=(busybox-static); fi
}

need_database() { compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql); }

need_testing() {
  need docker-registry docker-registry
  need htpasswd apache2-utils
  need openssl openssl
  need sshd openssh-server
  need ssh openssh-client
  need git git
}

need_browser() {
  has google-chrome || need chromium chromium
  # without a font of its own a page is full of empty boxes
  compgen -G '/usr/share/fonts/truetype/*' >/dev/null || packages+=(fonts-dejavu-core)
}

need_machine() { need debootstrap debootstrap; }

need_python() {
  has python3 || die "Python 3.11 or newer is missing"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$(python3 --version) is too old, Python 3.11 or newer is needed"
  python3 -c 'import ensurepip, venv' 2>/dev/null || packages+=(python3-venv)
}

install_packages() {
  local -a apt=(apt-get install -y -q --no-install-recommends)
  mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
  note=${packages[*]}
  has apt-get || die "missing: ${packages[*]}; this system has no apt-get, install their like by hand"
  ((EUID == 0)) || die "missing: ${packages[*]}; install them as root: apt-get install ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  forbid_services
  # package lists may be there already; what they name may be gone since
  if ! "${apt[@]}" "${packages[@]}" && ! { apt-get update -q && "${apt[@]}" "${packages[@]}"; }; then
    allow_services
    die "apt-get could not install ${packages[*]}"
  fi
  # newer Debians have the CLI in a package of its own
  if [[ " ${packages[*]} " == *" docker.io "* ]] && ! has docker; then "${apt[@]}" docker-cli || true; fi
  allow_services
  hash -r
}

# Installing must not start daemons: the engines here are our own. invoke-rc.d asks this file.
policy=/usr/sbin/policy-rc.d
forbid_services() {
  [[ ! -e $policy ]] || return 0
  printf '#!/bin/sh\n# swarm-provider: while packages are installed\nexit 101\n' >$policy
  chmod +x $policy
}
allow_services() { if grep -qs '^# swarm-provider:' $policy; then rm -f $policy; fi; }

# install_python EXTRAS: "" or "dev"; again only when pyproject, pins or interpreter changed
install_python() {
  local want stamp=$venv/.swarm-provider-$1
  want=$(cat "$repo"/{pyproject.toml,requirements.txt} | sha256sum)
  note=unchanged
  [[ $(cat "$stamp" 2>/dev/null) != "$want" ]] || return 0
  note=".venv, $(python3 --version)"
  # a virtualenv whose interpreter went away, with an upgrade of Debian for example
  "$venv/bin/python" -c '' 2>/dev/null || rm -rf "$venv"
  [[ -x $venv/bin/python ]] || python3 -m venv "$venv"
  # from the repository: requirements.txt names its root as "."
  cd "$repo"
  "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    -r requirements.txt ${1:+-e ".[$1]"} || die "pip could not install the requirements"
  cd - >/dev/null
  echo "$want" >"$stamp"
}

# The pack's own virtualenv: pulumi-policy asks for an older protobuf than requirements.txt has.
install_policy() {
  local want own=$repo/policy/venv
  # several processes of the tests may ask for it at once
  exec 9<"$repo/policy/requirements.txt"
  flock 9
  want=$(cat "$repo"/pyproject.toml "$repo"/policy/requirements.txt | sha256sum)
  note=unchanged
  [[ $(cat "$own/.swarm-provider" 2>/dev/null) != "$want" ]] || return 0
  note=policy/venv
  "$own/bin/python" -c '' 2>/dev/null || python3 -m venv --clear "$own"
  "$own/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    -r "$repo/policy/requirements.txt" -e "$repo" || die "pip could not install policy/requirements.txt"
  echo "$want" >"$own/.swarm-provider"
}

install_cli() {
  local path
  path=$("$repo/tools/pulumi-cli.sh") || die "no Pulumi CLI"
  note="$(PULUMI_SKIP_UPDATE_CHECK=true "$path" version), $path"
}

main() {
  local what extras=none cli='' pack=''
  [[ $# -gt 0 ]] || { usage >&2; exit 2; }
  for what in "$@"; do
    case $what in
      engine | database | testing | browser | machine) "need_$what" ;;
      python) [[ $extras == dev ]] || extras= ;;
      dev) extras=dev ;;
      policy) pack=1 ;;
      cli) cli=1 ;;
      -h | --help) usage; exit ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  [[ $extras == none && -z $pack ]] || need_python
  [[ -z $cli ]] || need curl curl
  ((${#packages[@]} == 0)) || step packages install_packages
  [[ $extras == none ]] || step python install_python "$extras"
  [[ -z $pack ]] || step policy install_policy
  [[ -z $cli ]] || step pulumi install_cli
}

main "$@"
