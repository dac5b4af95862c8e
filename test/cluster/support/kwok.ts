import { existsSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Part, startPart } from "../../../src/entrypoints/playground/part.ts";
import type { ApiServer } from "./api-server.ts";

// KWOK in the place of a thousand kubelets: it makes nodes ready and pods run, by their status, and renews each node's lease. What pods
// tell of themselves is written in stages of our own: KWOK's own have no container ids, by which a daemon is told of a victim, and one
// range of addresses, while a stand-in daemon listens where its pod says.

const KWOK = resolve(import.meta.dirname, "../../../.cache/bin/kwok");

/** The annotation from which KWOK takes a pod's address. */
export const POD_IP = "chaosgate.test/pod-ip";

/** Why there can be no KWOK here; nothing where there can. */
export function whyNoKwok(): string | undefined {
  return existsSync(KWOK) ? undefined : "kwok is not built (scripts/cluster/tools.sh kwok)";
}

/** Looks after every node and pod of a server; its files are in `folder`. */
export async function startKwok(server: ApiServer, folder: string): Promise<Part> {
  const config = join(folder, "kwok.yaml");
  writeFileSync(config, [OPTIONS, ...STAGES].map((document) => JSON.stringify(document)).join("\n---\n"));
  const kubeconfig = server.kubeconfig("admin");
  const part = startPart({
    name: "kwok",
    // Its own server is for kubectl logs and exec, which nobody asks for here; without a port there is none.
    argv: [KWOK, "--config", config, "--kubeconfig", kubeconfig, "--manage-all-nodes", "--node-port", "0"],
    logFile: join(folder, "kwok.log"),
  });
  await part.said(/Watch all nodes/);
  return part;
}

const API = "kwok.x-k8s.io/v1alpha1";

const OPTIONS = {
  apiVersion: "config.kwok.x-k8s.io/v1alpha1",
  kind: "KwokConfiguration",
  options: {
    podPlayStageParallelism: 16,
    nodePlayStageParallelism: 16,
    podsOnNodeSyncParallelism: 1,
    // A kubelet's lease: 40 s, renewed every 10.
    nodeLeaseDurationSeconds: 40,
    nodeLeaseParallelism: 16,
  },
};

function stage(
  name: string,
  kind: "Node" | "Pod",
  matchExpressions: readonly object[],
  next: object,
  more = {},
): object {
  const spec = { resourceRef: { apiGroup: "v1", kind }, selector: { matchExpressions }, next, ...more };
  return { apiVersion: API, kind: "Stage", metadata: { name }, spec };
}

const NODE_CONDITIONS = `
conditions:
- { type: Ready, status: "True", reason: KubeletReady, message: "", lastHeartbeatTime: {{ Now | Quote }}, lastTransitionTime: {{ .metadata.creationTimestamp | Quote }} }
`;
const READY = '.status.conditions.[] | select( .type == "Ready" ) | .status';

const POD_STATUS = `
{{ $now := Now }}
phase: Running
startTime: {{ $now | Quote }}
podIP: {{ index .metadata.annotations "${POD_IP}" | Quote }}
podIPs: [{ ip: {{ index .metadata.annotations "${POD_IP}" | Quote }} }]
conditions:
{{ range list "Initialized" "Ready" "ContainersReady" "PodScheduled" }}
- { type: {{ . }}, status: "True", lastTransitionTime: {{ $now | Quote }} }
{{ end }}
containerStatuses:
{{ $pod := .metadata.name }}
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  containerID: containerd://{{ printf "%s/%s" $pod .name | sha256sum }}
  ready: true
  restartCount: 0
  state: { running: { startedAt: {{ $now | Quote }} } }
{{ end }}
`;

const STAGES = [
  stage("node-gets-ready", "Node", [{ key: READY, operator: "NotIn", values: ["True"] }], {
    statusTemplate: NODE_CONDITIONS,
  }),
  // As often as a kubelet tells of a node that does not change, and not all at once.
  stage(
    "node-is-alive",
    "Node",
    [{ key: READY, operator: "In", values: ["True"] }],
    { statusTemplate: NODE_CONDITIONS },
    { delay: { durationMilliseconds: 200_000, jitterDurationMilliseconds: 300_000 } },
  ),
  stage(
    "pod-runs",
    "Pod",
    [
      { key: ".metadata.deletionTimestamp", operator: "DoesNotExist" },
      { key: ".status.podIP", operator: "DoesNotExist" },
    ],
    { statusTemplate: POD_STATUS },
  ),
  stage("pod-ends", "Pod", [{ key: ".metadata.deletionTimestamp", operator: "Exists" }], { delete: true }),
];
