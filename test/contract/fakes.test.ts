import { createFakeClock } from "../fakes/clock.ts";
import { createFakeCluster } from "../fakes/cluster.ts";
import { createFakeFaults } from "../fakes/faults.ts";
import { createFakeJournal } from "../fakes/journal.ts";
import { createFakeMetrics } from "../fakes/metrics.ts";
import { aShop, someTerms } from "../fakes/run.ts";
import { createFakeSilences } from "../fakes/silences.ts";
import { clusterContract } from "./cluster.ts";
import { faultsContract } from "./faults.ts";
import { journalContract } from "./journal.ts";
import { metricsContract, QUERIES } from "./metrics.ts";
import { silencesContract } from "./silences.ts";

// A fake that breaks a contract would let a test prove what the world does not do.

journalContract("the fake journal", async () => {
  const journal = createFakeJournal();
  return { journal, reopen: async () => journal };
});

silencesContract("the fake Alertmanager", async () => {
  const clock = createFakeClock();
  const silences = createFakeSilences(clock);
  const active = async () => silences.active().flatMap(({ matchers }) => matchers.map(({ value }) => value));
  return { silences, now: clock.now, active };
});

metricsContract("the fake metrics store", async () => {
  const { now } = createFakeClock();
  const metrics = createFakeMetrics((promql, at) => {
    if (promql === QUERIES.one) return [1];
    if (promql === QUERIES.nothing) return [];
    if (promql === QUERIES.notANumber) return [Number.NaN];
    if (promql === QUERIES.infinite) return [Number.POSITIVE_INFINITY];
    return promql === QUERIES.scalar ? [at / 1000] : "unclosed left parenthesis";
  });
  const gone = createFakeMetrics(() => [1]);
  gone.trouble.down = "nobody is there";
  return { metrics, now, gone };
});

clusterContract("the fake cluster", async () => ({ cluster: createFakeCluster(aShop()), namespace: "staging" }));

faultsContract("the fake daemon", async () => {
  const [pod] = aShop().pods;
  if (pod === undefined) throw new Error("the shop has pods");
  const victim = { namespace: pod.namespace, pod: pod.name, podUid: pod.uid, container: "main", localPid: 100 };
  const fault = { kind: "process", signal: "kill" } as const;
  const request = { ticket: "t", runId: someTerms().runId, faultId: "f0", epoch: 1, victim, deadlineMs: 30_000, fault };
  return { faults: createFakeFaults(createFakeClock()), node: "node-1", request };
});
