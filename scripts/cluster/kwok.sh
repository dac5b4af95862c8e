#!/usr/bin/env bash
# Builds kwok from its Go module into .cache/bin, once: the scale test's nodes and pods live by it.
set -euo pipefail
version=v0.8.0
bin=$(cd "$(dirname "$0")/../.." && pwd)/.cache/bin

[ -x "$bin/kwok-$version" ] && exit 0
command -v go >/dev/null || { echo "kwok: Go is not installed, so the scale test will skip"; exit 0; }
mkdir -p "$bin"
# Two builds at once would write one file: the second waits, and then finds it.
exec 9>"$bin/kwok.lock"
flock 9
[ -x "$bin/kwok-$version" ] && exit 0
GOBIN=$bin CGO_ENABLED=0 nice -n 10 go install -ldflags "-s -w" "sigs.k8s.io/kwok/cmd/kwok@$version"
mv "$bin/kwok" "$bin/kwok-$version"
