# Small helpers shared by play, check and the scripts beside this file. Sourced, never run.
# shellcheck shell=bash

SAMOVAR_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Downloads, Emscripten and its system libraries live here; continuous integration may keep it.
SAMOVAR_CACHE="${SAMOVAR_CACHE:-$SAMOVAR_ROOT/.cache}"

say() { printf '%s\n' "$*"; }
note() { printf 'samovar: %s\n' "$*" >&2; }
die() {
  note "$*"
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# retry N COMMAND...: networks fail now and then; a second try usually works.
retry() {
  local tries=$1 attempt
  shift
  for ((attempt = 1; attempt <= tries; attempt++)); do
    "$@" && return 0
    if ((attempt < tries)); then
      note "try $attempt of $tries failed: $1; trying again in $((attempt * 3)) s"
      sleep $((attempt * 3))
    fi
  done
  return 1
}

# version_at_least HAVE WANT compares dotted version numbers.
version_at_least() {
  [[ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" == "$2" ]]
}

# version_of PROGRAM --version: the first thing that looks like a version in what it prints.
version_of() { "$@" 2>/dev/null | grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1 || true; }

# The page's tools (Vite) want this.
NODE_MINIMUM=20.19
node_is_new_enough() { have node && version_at_least "$(version_of node --version)" "$NODE_MINIMUM"; }

# A node that scripts/install-node fetched is used only where the system's is too old.
use_private_node() {
  node_is_new_enough && return 0
  [[ -x "$SAMOVAR_CACHE/node/bin/node" ]] || return 1
  export PATH="$SAMOVAR_CACHE/node/bin:$PATH"
}

os_field() { (. /etc/os-release 2>/dev/null && eval "printf '%s' \"\${$1:-}\""); }
is_debian() { [[ "$(os_field ID)" == debian ]] && have apt-get; }
is_debian_like() { have apt-get && have dpkg; }

# How many jobs to build with: one a processor, never fewer than one.
jobs_wanted() { nproc 2>/dev/null || echo 2; }

# with_lock NAME COMMAND...: two checkouts or two people must not install the same thing at once.
with_lock() {
  local name=$1
  shift
  mkdir -p "$SAMOVAR_CACHE"
  if ! have flock; then
    "$@"
    return
  fi
  (
    flock 9
    "$@"
  ) 9>"$SAMOVAR_CACHE/$name.lock"
}

# The browser of the Playwright tests: SAMOVAR_CHROMIUM, or what the system has.
find_chromium() {
  local name
  if [[ -n "${SAMOVAR_CHROMIUM:-}" ]]; then
    printf '%s\n' "$SAMOVAR_CHROMIUM"
    return 0
  fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$name" && return 0
  done
  return 1
}

# cmake_environment prepares building: Ninja where it is there (a folder once configured keeps its generator),
# as many jobs as processors, node and Emscripten on PATH.
cmake_environment() {
  use_private_node || true
  if [[ -z "${CMAKE_GENERATOR:-}" ]] && have ninja; then export CMAKE_GENERATOR=Ninja; fi
  export CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(jobs_wanted)}"
  # shellcheck source=scripts/env
  source "$SAMOVAR_ROOT/scripts/env" || true
}
