import { median } from "../../../src/entrypoints/playground/observe.ts";
import type { SeenPod } from "./pods.ts";
import type { Stage } from "./stage.ts";

// The story's experiments, and the instruments that feel them; the same instruments find nobody where the effect is not put on.

function chaos(kind: string, name: string, app: string, spec: string): string {
  return `apiVersion: chaos-mesh.org/v1alpha1
kind: ${kind}
metadata: { name: ${name}, namespace: staging }
spec:
  mode: one
  selector: { namespaces: [staging], labelSelectors: { app: ${app} } }
${spec}`;
}

export const MANIFESTS = {
  /** The seed's experiment, in its own namespace and with the mistakes of its text mended: who may reach across is a pairing's business. */
  seed: `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: network-delay-checkout-to-payment, namespace: staging-chaos }
spec:
  action: delay
  mode: fixed-percent
  value: "30"
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
  direction: to
  target:
    mode: all
    selector: { namespaces: [staging], labelSelectors: { app: payment-service } }
  delay: { latency: 500ms, correlation: "50", jitter: 50ms }
  duration: 5m
`,
  kill: chaos("PodChaos", "kill-one", "checkout-service", "  action: pod-kill\n  duration: 5s\n"),
  clock: chaos(
    "TimeChaos",
    "late-clock",
    "checkout-service",
    "  timeOffset: -10m\n  clockIds: [CLOCK_REALTIME]\n  containerNames: [checkout]\n  duration: 20s\n",
  ),
  files: chaos(
    "IOChaos",
    "late-ledger",
    "payment-service",
    "  action: latency\n  delay: 5ms\n  volumePath: /run/ledger\n  methods: [write]\n  percent: 100\n  containerNames: [payment]\n  duration: 15s\n",
  ),
} as const;

export type Instrument = () => Promise<readonly string[]>;

/** Each effect of the story; its instrument answers whoever shows it since it was made. */
export const EFFECTS: readonly {
  readonly name: string;
  readonly manifest: string;
  readonly instrument: (stage: Stage) => Promise<Instrument>;
}[] = [
  {
    name: "slow connects",
    manifest: MANIFESTS.seed,
    instrument: async (stage) => {
      const [payment] = await stage.pods("staging", "payment");
      return among(stage, "checkout", async (pod) => (await connectMs(stage, pod, payment)) > 400);
    },
  },
  {
    name: "a kill",
    manifest: MANIFESTS.kill,
    instrument: async (stage) => {
      const before = await restartsOf(stage);
      const isChanged = async ({ uid }: SeenPod) => (await restartsOf(stage)).get(uid) !== before.get(uid);
      return among(stage, "checkout", isChanged);
    },
  },
  {
    name: "a late clock",
    manifest: MANIFESTS.clock,
    instrument: async (stage) => among(stage, "checkout", async (pod) => (await clockOf(stage, pod)) < -597),
  },
  {
    name: "late files",
    manifest: MANIFESTS.files,
    instrument: async (stage) => among(stage, "payment", async (pod) => (await writeMs(stage, pod)) >= 5),
  },
];

function among(stage: Stage, service: string, shows: (pod: SeenPod) => Promise<boolean>): Instrument {
  return async () => {
    const names: string[] = [];
    // One after the other: measurements at once would measure each other.
    for (const pod of await stage.pods("staging", service)) if (await shows(pod)) names.push(pod.name);
    return names;
  };
}

/** The middle one of ten connects from a pod to another, in milliseconds. */
export async function connectMs(stage: Stage, pod: SeenPod, peer: SeenPod | undefined): Promise<number> {
  return median(await stage.beside(pod).connectTimes(pod.pid, peer?.ip ?? "", 8080, 10));
}

/** How far a pod's own clock is from its node's, in seconds. */
export function clockOf(stage: Stage, pod: SeenPod): Promise<number> {
  return stage.beside(pod).clockOf(pod.ip);
}

/** The middle one of several writes to a new file of a payment's ledger, in milliseconds. */
export function writeMs(stage: Stage, pod: SeenPod): Promise<number> {
  return stage.beside(pod).writeTime(pod.pid, "/run/ledger/observer");
}

/** How often the containers of each checkout were started again, by the pod's UID. */
export async function restartsOf({ cluster }: Stage): Promise<ReadonlyMap<string, number>> {
  const { items } = JSON.parse(
    await cluster.kubectl("get", "pods", "-n", "staging", "-l", "app=checkout-service", "-o", "json"),
  ) as { items: readonly PodObject[] };
  return new Map(
    items.map(({ metadata, status }) => [
      metadata.uid,
      (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    ]),
  );
}

type PodObject = {
  readonly metadata: { readonly uid: string };
  readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] };
};
