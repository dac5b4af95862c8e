import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../src/clock.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { createRunJournal, type PhaseChange } from "../../src/kubernetes/run-journal.ts";
import { createRunStore } from "../../src/kubernetes/run-store.ts";
import { recollect } from "../../src/run/recollect.ts";
import { begin } from "../../src/run/step.ts";
import { journalContract } from "../contract/journal.ts";
import { someTerms } from "../fakes/run.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { installOwnKinds, must } from "./support/own-kinds.ts";

const missing = whyNot();
const RUNS = "/apis/chaosgate.dev/v1alpha1/namespaces/chaosgate/chaosruns";

describe.skipIf(missing !== undefined)(`a journal in ChaosRuns${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let cluster: ApiServer;
  let claims = 0;
  beforeAll(async () => {
    cluster = await startApiServer();
    await must(cluster, "POST", "/api/v1/namespaces", { metadata: { name: "chaosgate" } });
    await installOwnKinds(cluster);
  }, 180_000);
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    for (const { metadata } of (await must(cluster, "GET", RUNS)).items) {
      await must(cluster, "PATCH", `${RUNS}/${metadata.name}`, { metadata: { finalizers: null } });
      // One that was deleted already goes with its last finalizer.
      await cluster.call("DELETE", `${RUNS}/${metadata.name}`);
    }
  });

  const changes: PhaseChange[] = [];
  const journalOf = (identity: string, term: number) =>
    createRunJournal({
      store: createRunStore(openApi({ kubeconfig: cluster.kubeconfig("admin") }), "chaosgate"),
      holder: () => ({ identity, term }),
      clock,
      nonce: () => String(++claims),
      onPhase: (change) => changes.push(change),
    });
  const statusOf = async (runId: string) => (await must(cluster, "GET", `${RUNS}/${runId}`)).status;

  journalContract("ChaosRun", async () => {
    let term = 1;
    return { journal: journalOf("one", term), reopen: async () => journalOf("other", ++term) };
  });

  it("lets nobody of an earlier term write, as soon as somebody of a later one has read", async () => {
    const [old, young] = [journalOf("old", 1), journalOf("young", 2)];
    await old.claim("t1-0", 1);
    await old.append({ at: 1, runId: "t1-0", kind: "intent", data: {} });
    expect(await young.read("t1-0")).toHaveLength(2);
    const late = old.append({ at: 2, runId: "t1-0", kind: "intent", data: {} });
    await expect(late).rejects.toThrow("belongs to young (term 2)");
    await young.append({ at: 3, runId: "t1-0", kind: "event", data: {} });
    expect((await young.read("t1-0")).map(({ at }) => at).slice(1)).toEqual([1, 3]);
  });

  it("is not disturbed by a person who asks for an abort in between", async () => {
    const journal = journalOf("one", 1);
    await journal.claim("t1-0", 1);
    await journal.append({ at: 1, runId: "t1-0", kind: "intent", data: {} });
    await must(cluster, "PATCH", `${RUNS}/t1-0`, { spec: { abort: { reason: "enough" } } });
    await journal.append({ at: 2, runId: "t1-0", kind: "intent", data: {} });
    expect((await journal.read("t1-0")).map(({ kind }) => kind)).toEqual(["claimed", "intent", "intent"]);
  });

  it("keeps the claim when its run is deleted, until its ticket has ended", async () => {
    const journal = journalOf("one", 1);
    await journal.claim("t1-0", 1);
    await must(cluster, "DELETE", `${RUNS}/t1-0`);
    expect(await journal.claim("t1-0", 2)).toBe(false);
  });

  it("shows where a run stands, and stays small however long it goes on", async () => {
    const journal = journalOf("one", 1);
    const terms = someTerms();
    const { runId } = terms;
    await journal.claim(runId, terms.requestedAt);
    await journal.append({ at: terms.requestedAt, runId, kind: "terms", data: terms });
    expect(await statusOf(runId)).toMatchObject({ phase: "requested", victims: 0 });
    const text = "x".repeat(600);
    const noise = (n: number) => Array.from(text, (_, at) => String.fromCharCode(97 + ((at * n * 7919) % 26))).join("");
    for (let at = 1; at <= 300; at++) {
      const data = { kind: "probed", measured: [], felt: false, why: noise(at), at };
      await journal.append({ at, runId, kind: "event", data });
    }
    const bytes = JSON.stringify(await statusOf(runId)).length;
    expect(bytes).toBeLessThan(256 << 10);
    const found = recollect(await journalOf("next", 2).read(runId));
    expect(found).toMatchObject({
      kind: "unfinished",
      start: { events: 300, step: { phase: { name: begin(terms).phase.name } } },
    });
  });

  it("tells of a run's end in its status, with a condition to wait for", async () => {
    const journal = journalOf("one", 1);
    const terms = someTerms();
    const { runId } = terms;
    await journal.claim(runId, terms.requestedAt);
    await journal.append({ at: terms.requestedAt, runId, kind: "terms", data: terms });
    const event = { kind: "looked", resolution: { kind: "refused", refusals: ["nobody is there"] }, at: 9 };
    await journal.append({ at: 9, runId, kind: "event", data: event });
    const status = await statusOf(runId);
    expect(status).toMatchObject({ phase: "finished", verdict: "refused", rollback: "not-needed" });
    expect(status.because).toContain("nobody is there");
    expect(status.conditions).toEqual([
      expect.objectContaining({ type: "Finished", status: "True", reason: "Refused" }),
    ]);
    expect(changes.at(-1)).toMatchObject({ runId, phase: "finished", verdict: "refused" });
  });
});
