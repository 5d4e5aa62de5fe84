#!/usr/bin/env bash
# The main job: `pulumi up` of this repository's program against a real Swarm.
set -euo pipefail
PATH=$PATH:/usr/sbin:/sbin
# shellcheck source=tools/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

stack=todo
bed=$repo/testbed/swarm.sh

usage() {
  cat <<EOF
usage: ${0##*/} [current]

Sets up what is missing, starts a Docker engine of its own in Swarm mode, deploys the
program in this repository to it, and shows that the application answers.

  current   deploy to the current docker context's swarm instead

environment
  SWARM=current          the same as the argument
  SWARM_NETWORK=single   the engine uses this machine's network: published ports are on
                         the machine itself. Default where a registry answers and no other
                         Docker or swarm uses this network
  SWARM_NETWORK=bridge   the engine has a network of its own

The state is in .swarm/, of which nothing is in git. "make down" removes it.
EOF
}

# ------------------------------------------------------------------------- engine

# mirrors of Docker Hub that this machine's own Docker is told to use
registry_mirrors() {
  [[ -r /etc/docker/daemon.json ]] || return 0
  python3 -c 'import json, sys; print(*json.load(sys.stdin).get("registry-mirrors", []), sep="\n")' \
    </etc/docker/daemon.json
}

# 401 is an answer too: the registry wants a token
registry_answers() {
  local url code
  for url in $(registry_mirrors) https://registry-1.docker.io; do
    code=$(curl -s -o /dev/null --connect-timeout 3 --max-time 6 -w '%{http_code}' "${url%/}/v2/") || true
    [[ $code != 200 && $code != 401 ]] || return 0
  done
  return 1
}

# neither another Docker nor another swarm on this machine's network
network_is_free() {
  [[ ! -e /sys/class/net/docker0 && ! -e /sys/class/net/docker_gwbridge ]] &&
    [[ -z $(ss -Hltn '( sport = 2377 or sport = 7946 )') ]]
}

# the engine's folder holds sockets, whose paths have 107 characters at most
engine_folder() {
  if ((${#place} <= 50)); then echo "$place/node"; else echo "/tmp/swarm-provider-$(cksum <<<"$place" | cut -d' ' -f1)"; fi
}

# address of the first node in a /24 that nobody uses here; overlay networks begin at 10.0.0.0
free_subnet() {
  local second
  for ((second = 97; second < 128; second++)); do
    ip -o addr | grep -q " 10\.$second\.0\." || { echo "10.$second.0.0/24"; return; }
  done
  die "no free subnet between 10.97.0.0 and 10.127.0.0"
}

choose_engine() {
  local network=${SWARM_NETWORK:-} subnet mirror
  local -a options
  if [[ -z $network ]]; then
    if registry_answers && network_is_free; then network=single; else network=bridge; fi
  fi
  case $network in
    single)
      options=(single)
      for mirror in $(registry_mirrors); do options+=(--dockerd-arg "--registry-mirror=$mirror"); done
      # dockerd leaves its bridges and rules behind: remember what to restore
      iptables -S FORWARD | head -n 1 >"$place/forward-policy"
      ;;
    bridge)
      subnet=$(free_subnet)
      options=(up --nodes 1 --bridge "swup$(cut -d. -f2 <<<"$subnet")" --subnet "$subnet")
      ;;
    *) die "SWARM_NETWORK is single or bridge, not $network" ;;
  esac
  printf '%s\n' "${options[@]}" --dir "$(engine_folder)" >"$engine_file"
}

start_engine() {
  local -a options
  mkdir -p "$place"
  [[ -s $engine_file ]] || choose_engine
  mapfile -t options <"$engine_file"
  # 3 and 4 are the terminal, kept by `step`: a daemon that inherits them would keep a pipe open for ever
  "$bed" "${options[@]}" 3>&- 4>&-
  docker_environment "unix://${options[-1]}/node1/docker.sock"
  note="Docker $(docker version --format '{{.Server.Version}}'), $(engine_network) network, $(node_address)"
}

engine_network() { if [[ $(head -n 1 "$engine_file") == single ]]; then echo "this machine's"; else echo "its own"; fi; }

# where published ports are looked for
node_address() {
  local host
  if [[ $mode == current ]]; then
    host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || host=
    host=${DOCKER_HOST:-$host}
    host=${host#*://}
    host=${host#*@}
    host=${host%%[:/]*}
    echo "${host:-127.0.0.1}"
  elif [[ $(head -n 1 "$engine_file") == single ]]; then
    echo 127.0.0.1
  else
    sed -n 's/^\(10\..*\)\.0\/24$/\1.1/p' "$engine_file"
  fi
}

use_current() {
  local answer cluster
  answer=$(docker info --format '{{.Swarm.ControlAvailable}} {{.Swarm.Cluster.ID}}' 2>&1) ||
    die "the current docker context does not answer: $answer"
  read -r manager cluster <<<"$answer"
  [[ $manager == true ]] || die "the current docker context is not a swarm manager: run docker swarm init there"
  mkdir -p "$place"
  [[ ! -s $engine_file || $(cat "$engine_file") == "$cluster" ]] ||
    die "this checkout deployed to another swarm: switch back to its context and run make down first"
  echo "$cluster" >"$engine_file"
  note="cluster $cluster"
}

# ------------------------------------------------------------------------- images

# images that the compose files name; a variable stands for its default
stack_images() {
  sed -nE 's/^[[:space:]]+image:[[:space:]]*["'\'']?([^"'\''[:space:]]+).*/\1/p' "$repo/stacks/$stack"/*.y*ml 2>/dev/null |
    sed -E 's/\$\{[A-Za-z_]+:?-([^}]*)\}/\1/g' | grep -v '[$]' | sort -u || true
}

# missing_images: those that the daemon does not have
missing_images() {
  local image
  for image in $(stack_images); do
    docker image inspect "$image" >/dev/null 2>&1 || echo "$image"
  done
}

pull_images() {
  local image
  if [[ $mode == local ]] && ! registry_answers; then
    note="no registry answers"
    return
  fi
  if [[ $mode == local && $(engine_network) == "its own" ]]; then
    note="not pulled: the engine's own network leads nowhere; see SWARM_NETWORK in tools/up.sh --help"
    return
  fi
  for image in "$@"; do
    if timeout 300 docker pull --quiet "$image"; then note="${note:+$note, }$image"; fi
  done
  note="pulled: ${note:-none}"
}

make_stand_ins() {
  local image kind made
  for image in "$@"; do
    case $image in
      diamol/ch06-todo-list*) kind=todo made=diamol/ch06-todo-list:latest ;;
      diamol/postgres*) kind=db made=diamol/postgres:11.5 ;;
      *) die "cannot pull $image, and there is no stand-in for it" ;;
    esac
    "$repo/testbed/images.sh" --only "$kind" "$DOCKER_HOST"
    docker tag "$made" "$image"
    printf '%s\n' "$image" "$made" >>"$made_images"
    # the database's image has another name too
    docker image ls --format '{{.Repository}}:{{.Tag}}' pg >>"$made_images"
  done
  note="made here, as they cannot be pulled: $*"
  (($(docker info --format '{{.Swarm.Nodes}}') == 1)) || note="$note; on this node alone"
}

images() {
  local -a missing
  mapfile -t missing < <(missing_images)
  ((${#missing[@]})) || return 0
  step images pull_images "${missing[@]}"
  mapfile -t missing < <(missing_images)
  ((${#missing[@]})) || return 0
  if [[ $mode == current ]]; then
    DOCKER_HOST=${DOCKER_HOST:-$(docker context inspect --format '{{.Endpoints.docker.Host}}')}
    export DOCKER_HOST
  fi
  [[ ${missing[*]} != *diamol/postgres* ]] || "$repo/tools/setup.sh" database
  step stand-ins make_stand_ins "${missing[@]}"
}

# ------------------------------------------------------------------------- pulumi

prepare_stack() {
  local key scratch
  if [[ -n ${PULUMI_CONFIG_PASSPHRASE_FILE:-} && ! -s $PULUMI_CONFIG_PASSPHRASE_FILE ]]; then
    (umask 077 && head -c 32 /dev/urandom | base64 >"$PULUMI_CONFIG_PASSPHRASE_FILE")
  fi
  if ! project_pulumi stack history --page-size 1 >/dev/null 2>&1; then
    # away from the repository, where it would write a salt into Pulumi.dev.yaml
    scratch=$(mktemp -d)
    cp "$repo/Pulumi.yaml" "$scratch"
    (cd "$scratch" && pulumi stack init dev --non-interactive --no-select)
    rm -rf "$scratch"
    note="stack dev made"
  fi
  (cd "$repo" && pulumi stack select dev --non-interactive)
  for key in $("$venv/bin/python" "$repo/tools/stack_settings.py" "$repo/Pulumi.yaml" "$repo/Pulumi.dev.yaml" "$settings"); do
    head -c 18 /dev/urandom | base64 | project_pulumi config set --config-file "$settings" --secret "$key"
    note="${note:+$note, }$key generated"
  done
  write_environment
}

# for the user's own shell: `. .swarm/local/env`, then any pulumi or docker command
write_environment() {
  local name
  for name in PATH DOCKER_HOST PULUMI_BACKEND_URL PULUMI_HOME PULUMI_CONFIG_PASSPHRASE_FILE PULUMI_SKIP_UPDATE_CHECK; do
    [[ -z ${!name:-} ]] || printf 'export %s=%q\n' "$name" "${!name}"
  done >"$place/env"
  [[ $mode != local ]] || echo 'unset DOCKER_CONTEXT DOCKER_TLS_VERIFY DOCKER_CERT_PATH PULUMI_CONFIG_PASSPHRASE' >>"$place/env"
  # pulumi takes any option from the environment
  printf 'export PULUMI_OPTION_CONFIG_FILE=%q\n' "$settings" >>"$place/env"
}

deploy() { project_pulumi up --yes --skip-preview --config-file "$settings"; }

# ------------------------------------------------------------------------- proof

show_services() { docker stack services "$stack"; }

squeeze() { tr -d '[:space:]'; }

# ask SERVICE PUBLISHED TARGET: sets answer and where
ask() {
  local container
  where=http://$(node_address):$2/
  answer=$(curl -sf --max-time 3 --noproxy '*' "$where" 2>/dev/null) && return
  # ports published through the ingress network need IPVS in the kernel; then from inside
  container=$(docker ps -q --filter "label=com.docker.swarm.service.name=$1" | head -n 1)
  [[ -n $container ]] || return 1
  where="http://127.0.0.1:$3/ in the container, as published port $2 is not forwarded here"
  answer=$(docker exec "$container" wget -qO- "http://127.0.0.1:$3/" 2>/dev/null ||
    docker exec "$container" curl -sf "http://127.0.0.1:$3/" 2>/dev/null)
}

# config_is_served SERVICE: each config's content is in the answer, or at least in its file in the container
config_is_served() {
  local id file data container
  while read -r id file; do
    [[ -n $id ]] || continue
    data=$(docker config inspect --format '{{json .Spec.Data}}' "$id" | tr -d '"' | base64 -d | squeeze)
    note="$note, with $(docker config inspect --format '{{.Spec.Name}}' "$id")"
    [[ $(squeeze <<<"$answer") != *"$data"* ]] || continue
    container=$(docker ps -q --filter "label=com.docker.swarm.service.name=$1" | head -n 1)
    [[ $(docker exec "$container" cat "$file" | squeeze) == "$data" ]] || die "$1 does not have config $id in $file"
  done < <(docker service inspect --format \
    '{{range .Spec.TaskTemplate.ContainerSpec.Configs}}{{.ConfigID}} {{.File.Name}}{{"\n"}}{{end}}' "$1")
}

prove() {
  local service published target answer='' where='' asked='' i
  while read -r service; do
    read -r published target < <(docker service inspect --format \
      '{{range .Endpoint.Ports}}{{if eq .Protocol "tcp"}}{{.PublishedPort}} {{.TargetPort}}{{"\n"}}{{end}}{{end}}' "$service") ||
      continue
    [[ -n ${target:-} ]] || continue
    for ((i = 0; i < 20; i++)); do
      ! ask "$service" "$published" "$target" || break
      sleep 0.5
    done
    [[ -n $answer ]] || die "$service does not answer on $where"
    asked=1
    note=
    config_is_served "$service"
    note="$service answers on $where$note"
    printf '%s\n' "${answer:0:600}" >"$place/answer"
  done < <(docker stack services "$stack" --format '{{.Name}}')
  [[ -n $asked ]] || note="no service publishes a port"
}

main() {
  local cli
  case ${1:-${SWARM:-local}} in
    local) use_place local ;;
    current) use_place current ;;
    -h | --help) usage; exit ;;
    *) usage >&2; exit 2 ;;
  esac
  if [[ $mode == current ]]; then
    has docker || die "there is no docker CLI, so there is no current context"
    echo "deploying to the current docker context: $(docker context show) (${DOCKER_HOST:-$(docker context inspect \
      --format '{{.Endpoints.docker.Host}}')})"
    # before the set-up, which may take minutes
    step swarm use_current
    "$repo/tools/setup.sh" python cli
  else
    "$repo/tools/setup.sh" engine python cli
    step engine start_engine
  fi
  images
  cli=$("$repo/tools/pulumi-cli.sh" --find)
  pulumi_environment "$cli"
  step stack prepare_stack
  shown "pulumi up" deploy
  shown services show_services
  rm -f "$place/answer"
  step answer prove
  [[ ! -s $place/answer ]] || cat "$place/answer"
  echo "for commands of your own: . .swarm/$mode/env"
}

main "$@"
