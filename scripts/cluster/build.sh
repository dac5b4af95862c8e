#!/usr/bin/env bash
# build.sh SERVER...: builds servers of Kubernetes from Go modules into .cache/kubernetes, each once. The `cluster` suite asks an API
# server (kube-apiserver); a real node (prepare.sh) needs kube-controller-manager, kube-scheduler and kubelet as well.
# Minutes from nothing on two cores (at low priority), nothing at all afterwards.
set -euo pipefail
minor=36.3 # Kubernetes v1.36.3
out=$(cd "$(dirname "$0")/../.." && pwd)/.cache/kubernetes
[ $# -gt 0 ] || set -- kube-apiserver

absent() {
  local server
  for server in "$@"; do [ -x "$out/$server-v1.$minor" ] || echo "$server"; done
}

[ -n "$(absent "$@")" ] || exit 0
command -v go >/dev/null || { echo "cluster: Go is not installed, so what needs a Kubernetes will skip"; exit 0; }
mkdir -p "$out/build" && cd "$out/build"
# Two builds at once would write each other's go.mod: the second waits, and then finds the binaries.
exec 9>"$out/lock"
flock 9
mapfile -t wanted < <(absent "$@")
[ ${#wanted[@]} -gt 0 ] || exit 0

# k8s.io/kubernetes replaces its staging modules by folders of its own tree, so whoever requires it names their versions.
source=$(go mod download -json "k8s.io/kubernetes@v1.$minor" | node -pe 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).Dir')
rm -f go.mod go.sum
{
  echo "module example.test/kubernetes"
  grep '^go ' "$source/go.mod"
  echo "require k8s.io/kubernetes v1.$minor"
  echo "replace ("
  grep -oE '^[[:space:]]+k8s.io/[^ ]+ =>' "$source/go.mod" | awk '{ print $1 }' | sort -u | sed "s#.*#  & => & v0.$minor#"
  echo ")"
} >go.mod
packages=("${wanted[@]/#/k8s.io/kubernetes/cmd/}")
for package in "${packages[@]}"; do go mod edit -tool="$package"; done
# Without the explicit version Go takes the newest.
nice -n 10 go get "${packages[@]/%/@v1.$minor}" 2>get.log || { tail -5 get.log >&2; exit 1; }
mkdir -p new
CGO_ENABLED=0 nice -n 10 go build -o new/ \
  -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v1.$minor -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}" \
  "${packages[@]}"
for server in "${wanted[@]}"; do mv "new/$server" "$out/$server-v1.$minor"; done
