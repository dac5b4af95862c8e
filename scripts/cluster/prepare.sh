#!/usr/bin/env bash
# prepare.sh: everything that a real node needs, built or installed once: the servers of Kubernetes, helm, containerd with its helpers,
# and the images of its pods in .cache/node-images, which are packed anew each time because they hold what was just built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
PATH="$PATH:/usr/sbin:/sbin"

scripts/cluster/build.sh kube-apiserver kube-controller-manager kube-scheduler kubelet
scripts/cluster/helm.sh
if ! command -v containerd >/dev/null || ! command -v runc >/dev/null || [ ! -x /usr/lib/cni/bridge ]; then
  [ "$(id -u)" = 0 ] || { echo "node: as root: apt-get install -y --no-install-recommends containerd runc containernetworking-plugins"; exit 0; }
  # Installing must not start one: the tests start their own.
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends containerd runc containernetworking-plugins >/dev/null
fi
mkdir -p .cache/node-images
gcc -static -O2 -o .cache/node-images/pause scripts/cluster/pause.c
node scripts/cluster/images.ts .cache/node-images .cache/node-images/pause
