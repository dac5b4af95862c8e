#!/usr/bin/env bash
# given.sh COMMAND...: brings a node up inside scripts/sandbox.sh and runs COMMAND with a kubeconfig alone, as somebody has it who was given
# a cluster: CHAOSGATE_E2E_KUBECONFIG names it. The node ends with COMMAND.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dir=$PWD/.test/given-node
rm -rf "$dir"
mkdir -p "$dir"
cp -r .cache/node-images "$dir/images"
scripts/cluster/kubernetes.sh up "$dir"
status=0
CHAOSGATE_E2E_KUBECONFIG=$dir/pki/admin.kubeconfig "$@" || status=$?
scripts/cluster/kubernetes.sh down "$dir"
exit "$status"
