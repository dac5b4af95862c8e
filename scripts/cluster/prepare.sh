#!/usr/bin/env bash
# prepare.sh [given]: everything that a real node needs and Debian does not have, built once: Kubernetes' servers and kubectl, helm, and
# the images of its pods in .cache/node-images, which are packed anew each time because they hold what was just built. For a cluster
# that is given the servers are left out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH="$PATH:/usr/sbin:/sbin"

servers=(kube-apiserver kube-controller-manager kube-scheduler kubelet)
[ "${1:-}" = given ] && servers=()
scripts/cluster/build.sh "${servers[@]}" kubectl
scripts/cluster/tools.sh helm
mkdir -p .cache/node-images
gcc -static -O2 -o .cache/node-images/pause scripts/cluster/pause.c
node scripts/cluster/images.ts .cache/node-images .cache/node-images/pause
