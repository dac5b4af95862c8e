#!/usr/bin/env bash
# Builds helm from its Go module into .cache/bin, once: the tests of the chart render and lint with it.
set -euo pipefail
version=v3.18.6
bin=$(cd "$(dirname "$0")/../.." && pwd)/.cache/bin

[ -x "$bin/helm" ] && exit 0
command -v go >/dev/null || { echo "helm: Go is not installed, so the tests of the chart will skip"; exit 0; }
mkdir -p "$bin"
# Two builds at once would write one file: the second waits, and then finds it.
exec 9>"$bin/helm.lock"
flock 9
[ -x "$bin/helm" ] && exit 0
GOBIN=$bin CGO_ENABLED=0 nice -n 10 go install "helm.sh/helm/v3/cmd/helm@$version"
