import { kernelLists } from "../../../src/entrypoints/playground/observe.ts";
import { leftovers, settled } from "./aftermath.ts";
import { eventually } from "./eventually.ts";
import { type LeaseWatch, watchLease } from "./lease-watch.ts";
import type { Outage, Scene } from "./outages.ts";
import { netnsOf, type SeenPod } from "./pods.ts";
import type { OwnStage } from "./stage.ts";
import { type Said, type StatusWatch, watchStatus } from "./status-watch.ts";
import { beginByPullRequest } from "./tell.ts";
import { residueIn, type VictimWatch, watchVictim } from "./victim-watch.ts";

/** One row of the table. */
export type Row = {
  readonly outage: string;
  /** Seconds from the last renewal of the lease until nothing was felt or found any more. */
  readonly healedAfter: number;
  /** Seconds until the status no longer spoke of a fault, from the healing or, where nobody could write it then, from the return. */
  readonly statusAfter: number;
  /** What was still there a lease's time after the end. */
  readonly leftovers: readonly string[];
  /** How the run ended. */
  readonly said: Said | undefined;
};

/** Long after every bound, so that a figure that misses it is a figure. */
const PATIENCE_MS = 120_000;
const PORT = 8080;

type Watches = {
  readonly scene: Scene;
  readonly victim: VictimWatch;
  readonly lease: LeaseWatch;
  readonly status: StatusWatch;
};

/** A run by pull request, an outage in its middle, and what observers saw of it. */
export function playOutage(stage: OwnStage, outage: Outage): Promise<Row> {
  return underFault(stage, outage.duration, async ({ scene, victim, lease, status }) => {
    await strike(outage, scene);
    const backAt = Date.now();
    const healedAt = await orNaN(eventually("healing", PATIENCE_MS, victim.healedAt));
    await outage.mend?.(scene);
    const returnedAt = outage.mend === undefined ? backAt : Date.now();
    const since = outage.mute ? Math.max(healedAt, returnedAt) : healedAt;
    const saidAt = await orNaN(eventually("a true status", PATIENCE_MS, status.saidOverAt));
    await orNaN(eventually("the end of the run", PATIENCE_MS, () => (status.isFinished() ? 0 : undefined)));
    return {
      outage: outage.name,
      healedAfter: seconds(healedAt - lease.renewedBefore(healedAt)),
      statusAfter: seconds(Math.max(0, saidAt - since)),
      leftovers: await leftovers(stage, outage.leaves),
      said: status.last(),
    };
  });
}

/** What is still felt and found `afterMs` after the last renewal, and whether it is gone once the outage is mended. */
export function playUnhealed(
  stage: OwnStage,
  outage: Outage,
  afterMs: number,
): Promise<{ readonly harmed: boolean; readonly residue: readonly string[]; readonly thawed: boolean }> {
  return underFault(stage, outage.duration, async ({ scene, victim, lease, status }) => {
    await strike(outage, scene);
    const until = lease.renewedBefore(Date.now()) + afterMs;
    await eventually("the end of the lease", afterMs + 10_000, () => Date.now() >= until || undefined);
    const seen = { harmed: victim.isHarmed(), residue: victim.residue() };
    await outage.mend?.(scene);
    const thawed = await orNaN(eventually("healing", PATIENCE_MS, victim.healedAt));
    await orNaN(eventually("the end of the run", PATIENCE_MS, () => (status.isFinished() ? 0 : undefined)));
    return { ...seen, thawed: !Number.isNaN(thawed) };
  });
}

/** What could be broken half only is given back at once: the rows after it are to have a cluster. */
async function strike(outage: Outage, scene: Scene): Promise<void> {
  try {
    await outage.strike(scene);
  } catch (thrown) {
    await outage.mend?.(scene);
    throw thrown;
  }
}

/** Begins a run, waits until an observer feels its fault, and watches while `during` goes on. */
async function underFault<T>(stage: OwnStage, duration: string, during: (watches: Watches) => Promise<T>): Promise<T> {
  const { begun } = await beginByPullRequest(stage, manifestOf(duration), settled);
  const pods = await stage.pods("staging", "checkout");
  const hit = pods.find(({ name }) => begun.victims.some(({ pod }) => pod === name));
  const peer = pods.find(({ name }) => name !== hit?.name);
  if (begun.phase !== "watching" || hit === undefined || peer === undefined)
    throw new Error(`no fault stands: ${begun.because}`);
  await reachable(hit, peer);
  const [victim, status] = [watchVictim(netnsOf(hit), peer.ip, PORT), watchStatus(stage.node, begun.runId)];
  const lease = await watchLease(stage, begun.runId);
  try {
    const isFelt = () =>
      victim.isHarmed() && victim.residue().length > 0 && !Number.isNaN(lease.renewedBefore(Date.now()));
    await eventually("a fault that is felt", 20_000, () => isFelt() || undefined);
    return await during({ scene: { stage, victim: hit }, victim, lease, status });
  } finally {
    for (const watch of [victim, status, lease]) watch.stop();
  }
}

/** The instrument itself: from a pod that was not hit nothing is felt or found. */
async function reachable(hit: SeenPod, peer: SeenPod): Promise<void> {
  const found = residueIn(await kernelLists(netnsOf(peer)));
  if (found.length > 0) throw new Error(`${peer.name} was not hit beside ${hit.name}, and has ${found.join("; ")}`);
}

/** A partition of one checkout from the others, which nobody's orders need: the guard has no reason to end it. */
function manifestOf(duration: string): string {
  const checkouts = "{ namespaces: [staging], labelSelectors: { app: checkout-service } }";
  return `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: outage, namespace: staging }
spec:
  action: partition
  mode: one
  selector: ${checkouts}
  direction: to
  target: { mode: all, selector: ${checkouts} }
  duration: ${duration}
`;
}

/** A figure that nobody could take is no figure, and misses every bound. */
function orNaN(instant: Promise<number>): Promise<number> {
  return instant.catch(() => Number.NaN);
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10;
}
