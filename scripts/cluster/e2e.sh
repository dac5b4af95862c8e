#!/usr/bin/env bash
# e2e.sh [KUBECONFIG]: the pull request's story on a node that is made here (as root), or in the cluster of a kubeconfig. There it makes
# namespaces of its own, refuses to begin where these are somebody else's, and takes them away again; docs/kubernetes.md says what it
# needs. CHAOSGATE_E2E_ADDRESS, CHAOSGATE_E2E_IMAGES and CHAOSGATE_E2E_VALUES are described there as well.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
story=(vitest run --project node-e2e test/node-e2e/story.test.ts)

if [ -n "${1:-}" ]; then
  echo "e2e: in the cluster of $1"
  scripts/cluster/prepare.sh given
  CHAOSGATE_E2E_KUBECONFIG=$1 PATH="$PATH:/usr/sbin:/sbin" exec "${story[@]}"
fi
# A kubeconfig that merely happens to be set is nobody's wish to have chaos there.
[ -z "${KUBECONFIG:-}" ] || echo "e2e: on a node of its own; for the cluster of this shell say make e2e KUBECONFIG=$KUBECONFIG"
scripts/cluster/prepare.sh
exec scripts/sandbox.sh "${story[@]}"
