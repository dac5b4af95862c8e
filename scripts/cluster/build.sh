#!/usr/bin/env bash
# Builds kube-apiserver from Go modules into .cache/kubernetes, once: the API server that the `cluster` suite asks.
# Minutes from nothing on two cores (at low priority), nothing at all afterwards.
set -euo pipefail
minor=36.3 # Kubernetes v1.36.3
out=$(cd "$(dirname "$0")/../.." && pwd)/.cache/kubernetes
binary=$out/kube-apiserver-v1.$minor

[ -x "$binary" ] && exit 0
command -v go >/dev/null || { echo "cluster: Go is not installed, so the cluster suite will skip"; exit 0; }
mkdir -p "$out/build" && cd "$out/build"
# Two builds at once would write each other's go.mod: the second waits, and then finds the binary.
exec 9>"$out/lock"
flock 9
[ -x "$binary" ] && exit 0

# k8s.io/kubernetes replaces its staging modules by folders of its own tree, so whoever requires it names their versions.
source=$(go mod download -json "k8s.io/kubernetes@v1.$minor" | node -pe 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).Dir')
{
  echo "module example.test/apiserver"
  grep '^go ' "$source/go.mod"
  echo "require k8s.io/kubernetes v1.$minor"
  echo "replace ("
  grep -oE '^[[:space:]]+k8s.io/[^ ]+ =>' "$source/go.mod" | awk '{ print $1 }' | sort -u | sed "s#.*#  & => & v0.$minor#"
  echo ")"
} >go.mod
go mod edit -tool=k8s.io/kubernetes/cmd/kube-apiserver
# Without the explicit version Go takes the newest.
nice -n 10 go get "k8s.io/kubernetes/cmd/kube-apiserver@v1.$minor" 2>get.log || { tail -5 get.log >&2; exit 1; }
CGO_ENABLED=0 nice -n 10 go build -o "$binary.new" \
  -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v1.$minor -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}" \
  k8s.io/kubernetes/cmd/kube-apiserver
mv "$binary.new" "$binary"
