#!/usr/bin/env bash
# tools.sh NAME...: builds helm (the chart's tests render and install with it) or kwok (the scale test's nodes and pods live by it) from its
# Go module into .cache/bin, each version once.
set -euo pipefail
bin=$(cd "$(dirname "$0")/../.." && pwd)/.cache/bin
declare -A modules=([helm]=helm.sh/helm/v3/cmd/helm@v3.18.6 [kwok]=sigs.k8s.io/kwok/cmd/kwok@v0.8.0)

build() {
  local name=$1 module=${modules[$1]}
  local built=$bin/$name-${module#*@}
  if [ ! -x "$built" ]; then
    command -v go >/dev/null || { echo "$name: Go is not installed, so the tests that need it will skip"; return 0; }
    mkdir -p "$bin/new-$name"
    GOBIN=$bin/new-$name CGO_ENABLED=0 nice -n 10 go install -ldflags "-s -w" "$module"
    mv "$bin/new-$name/$name" "$built" && rmdir "$bin/new-$name"
  fi
  ln -sfn "$(basename "$built")" "$bin/$name"
}

mkdir -p "$bin"
for name in "$@"; do
  # Two builds at once would write one file: the second waits, and then finds it.
  exec 9>"$bin/$name.lock"
  flock 9
  build "$name"
done
