import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createRunJournal } from "../../src/kubernetes/run-journal.ts";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import type { JournalEntry } from "../../src/run/ports.ts";
import { recollect } from "../../src/run/recollect.ts";
import { begin } from "../../src/run/step.ts";
import type { PodFact } from "../../src/selector/snapshot.ts";
import { aWorld, someTerms } from "../fakes/run.ts";
import { createFakeRunStore } from "../fakes/run-store.ts";
import { aClusterWith, pods, spread } from "../fakes/snapshot.ts";

/** etcd's limit of one request, which an object with everything around it must stay below. */
const ETCD_BYTES = 1_572_864;
const VICTIMS = 2_000;
const NODES = 1_000;

describe("a run of two thousand victims", () => {
  it("is kept in an object that etcd takes, from its first entry to its last, and can be taken up again", async () => {
    const store = createFakeRunStore();
    const world = aWorld();
    world.cluster.snapshotNow = spread(
      aClusterWith([
        ...pods("checkout", 2 * VICTIMS, { labels: { app: "checkout-service" } }).map(asInACluster),
        ...pods("payment", 2, { labels: { app: "payment-service" } }),
      ]),
      NODES,
    );
    const holder = () => ({ identity: "runner", term: 1 });
    const journal = createRunJournal({ store, holder, clock: world.clock, nonce: () => "n" });
    const { claims, experiment, ...rest } = someTerms();
    const limits = { ...claims.limits, max_pods: VICTIMS };
    const mode = { kind: "fixed", count: VICTIMS } as const;
    const terms = { ...rest, claims: { ...claims, limits }, experiment: { ...experiment, mode } };
    const { runId } = terms;
    const sizes: number[] = [];
    const measured = {
      ...journal,
      append: async (...entries: readonly JournalEntry[]) => {
        await journal.append(...entries);
        sizes.push(bytesOf((await store.get(runId))?.status));
      },
    };
    await measured.claim(runId, terms.requestedAt);
    await measured.append({ at: terms.requestedAt, runId, kind: "terms", data: terms });
    const { finished } = await drive({ step: begin(terms), events: 0 }, { ...world, journal: measured }, createInbox());
    expect(finished).toMatchObject({ ending: { verdict: "resilient" }, rollback: "verified" });
    expect((await store.get(runId))?.status).toMatchObject({ victims: VICTIMS, phase: "finished" });
    console.log(JSON.stringify({ writes: sizes.length, largestStatusKb: Math.round(Math.max(...sizes) / 1024) }));
    expect(sizes.length).toBeLessThan(VICTIMS / 10);
    expect(Math.max(...sizes)).toBeLessThan(ETCD_BYTES / 4);
    expect(recollect(await journal.read(runId))).toMatchObject({ kind: "finished" });
  }, 120_000);
});

/** Names and ids that say nothing twice, as a cluster makes them: nothing of them can be packed away. */
function asInACluster(pod: PodFact, index: number): PodFact {
  const random = createHash("sha256").update(String(index)).digest("hex");
  const uid = random.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, "$1-$2-$3-$4-$5");
  const name = `checkout-7d9c5b6f4d-${random.slice(-5)}`;
  return { ...pod, name, uid, containers: [{ name: "main", containerId: `containerd://${random}` }] };
}

/** The entries are nearly all of a status, and are texts already. */
function bytesOf(status: Readonly<Record<string, unknown>> | undefined): number {
  const entries = Object.entries((status?.journal ?? {}) as Record<string, string>);
  return entries.reduce((sum, [key, text]) => sum + key.length + text.length + 6, 4_096);
}
