// Kubernetes: its API server, and a whole node.

import { SANDBOX, type Suite, vitest } from "./suite.ts";

/** A build that is no test: once, while others compile too. */
function builds(name: string, what: string, ...argv: readonly string[]): Suite {
  const says = `${what}, once, while others compile too`;
  return { name, says, argv, result: { kind: "exit" }, timeoutMinutes: 20, alongside: true };
}

export const API_SERVER = builds(
  "api-server",
  "build kube-apiserver for the cluster suite",
  "scripts/cluster/build.sh",
);
export const HELM = builds("helm", "build helm for the tests of the chart", "scripts/cluster/tools.sh", "helm");
export const KWOK = builds("kwok", "build kwok for the scale suite", "scripts/cluster/tools.sh", "kwok");
export const NODE_IMAGES = builds(
  "node-images",
  "build the rest of Kubernetes, and pack the images of a real node",
  "scripts/cluster/prepare.sh",
);

export const CLUSTER: Suite = {
  name: "cluster",
  says: "runs, journal, leadership, admission, chart, snapshot and dry run against a real etcd and kube-apiserver",
  argv: vitest("cluster"),
  result: { kind: "vitest", file: ".test/cluster.json" },
  timeoutMinutes: 10,
};

/** Its figures are worth nothing beside another suite. */
export const SCALE: Suite = {
  name: "scale",
  says: "a runner with KWOK's thousand nodes and ten thousand pods, and two hundred runs",
  argv: vitest("cluster", ["test/cluster/scale.test.ts"], "scale"),
  result: { kind: "vitest", file: ".test/scale.json" },
  env: { CHAOSGATE_FULL: "1" },
  timeoutMinutes: 25,
};

export const NODE_E2E: Suite = {
  name: "node-e2e",
  says: "the pull request's story on a real kubelet and containerd, installed by the chart",
  argv: [SANDBOX, ...vitest("node-e2e", ["test/node-e2e/story.test.ts"])],
  result: { kind: "vitest", file: ".test/node-e2e.json" },
  timeoutMinutes: 15,
};

/** Beside no other node, because a node's cgroups have one name on a machine, and beside nothing that looks for faults in all of them. */
export const GIVEN_CLUSTER: Suite = {
  name: "given-cluster",
  says: "the same story in a cluster of which nothing is known but its kubeconfig",
  argv: [
    SANDBOX,
    "scripts/cluster/given.sh",
    ...vitest("node-e2e", ["test/node-e2e/given.test.ts", "test/node-e2e/story.test.ts"], "given-cluster"),
  ],
  result: { kind: "vitest", file: ".test/given-cluster.json" },
  timeoutMinutes: 20,
};

export const OUTAGES: Suite = {
  name: "outages",
  says: "everything that can break in the middle of a run on that node, and how soon its victim is healed",
  argv: [SANDBOX, ...vitest("node-e2e", ["test/node-e2e/outages.test.ts"], "outages")],
  result: { kind: "vitest", file: ".test/outages.json" },
  env: { CHAOSGATE_FULL: "1" },
  timeoutMinutes: 45,
};
