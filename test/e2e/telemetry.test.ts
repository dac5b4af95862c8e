import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectTimes, median } from "../../src/entrypoints/playground/observe.ts";
import { aStage, aTicket, realFaults, type Stage } from "./support/run.ts";
import { ALERTMANAGER, DAEMON, missingParts, PROMETHEUS } from "./support/sandbox.ts";

// A fault must not bend what is measured of its victim: the victim's own metrics, scraped during the fault, beside those of a
// replica of the same workload that has none.

const why = missingParts(PROMETHEUS, ALERTMANAGER, DAEMON);
if (why !== undefined) console.log(`telemetry: skipped, ${why}`);

const FAULT_SECONDS = 20;

describe.skipIf(why !== undefined)("a victim's telemetry under a fault on all of its traffic", () => {
  const folder = mkdtempSync(join(tmpdir(), "telemetry-"));
  let stage: Stage;
  let seen: { readonly victim: Scrapes; readonly twin: Scrapes; readonly victimMs: number; readonly twinMs: number };

  beforeAll(async () => {
    stage = await aStage(folder);
    await delay(3_000);
    seen = await underFault(true);
  });

  afterAll(async () => {
    await stage?.side.stop();
    await rm(folder, { recursive: true });
  });

  /** Delays everything that one checkout replica sends, but for the scrapes where `exempted`, and reads Prometheus afterwards. */
  async function underFault(exempted: boolean) {
    const { pods, exemptions } = stage.side.shop.state();
    const [victim, twin] = pods.filter(({ service }) => service === "checkout");
    const peer = pods.find(({ service }) => service === "payment");
    if (victim === undefined || twin === undefined || peer === undefined)
      throw new Error("the shop has two checkouts and a payment");
    const faults = realFaults(stage);
    const { ticket, claims } = await aTicket(stage);
    const runId = `${claims.jti}-0`;
    const { namespace, name, uid, service, pid } = victim;
    await faults.inject("local", {
      ticket,
      runId,
      faultId: "f0",
      epoch: 1,
      victim: { namespace, pod: name, podUid: uid, container: service, localPid: pid },
      deadlineMs: 30_000,
      fault: { kind: "network", direction: "to", peers: [], exempt: exempted ? exemptions : [], act: DELAY },
    });
    const from = Date.now();
    const connects = await Promise.all(
      [victim, twin].map(async (pod) => median(await connectTimes(pod.pid, peer.ip, 8080, 5))),
    );
    await delay(from + FAULT_SECONDS * 1000 - Date.now());
    const scrapes = await Promise.all([name, twin.name].map((pod) => scrapesOf(stage, pod, Date.now())));
    await faults.revert("local", runId, 0);
    faults.close();
    const [victimMs = Number.NaN, twinMs = Number.NaN] = connects;
    const [ofVictim = NONE, ofTwin = NONE] = scrapes;
    return { victim: ofVictim, twin: ofTwin, victimMs, twinMs };
  }

  it("is delayed where it works, so that there is something to see", () => {
    expect(seen.victimMs - seen.twinMs).toBeGreaterThan(450);
  });

  it("has every scrape of its twin: none failed, none is missing", () => {
    expect(seen.victim.failed).toBe(0);
    expect(Math.abs(seen.victim.count - seen.twin.count)).toBeLessThanOrEqual(1);
    expect(seen.victim.count).toBeGreaterThanOrEqual(FAULT_SECONDS - 2);
  });

  it("is scraped as fast as its twin", () => {
    expect(seen.victim.slowestSeconds).toBeLessThan(0.25);
  });

  it("would be late without the exemption, which is what makes the difference", async () => {
    await delay(3_000);
    const { victim } = await underFault(false);
    expect(victim.slowestSeconds).toBeGreaterThan(0.45);
  });
});

const DELAY = {
  kind: "netem",
  delayMs: 500,
  jitterMs: 0,
  delayCorrelation: 0,
  loss: 0,
  lossCorrelation: 0,
  duplicate: 0,
  duplicateCorrelation: 0,
  corrupt: 0,
  corruptCorrelation: 0,
  reorder: 0,
  reorderCorrelation: 0,
  reorderGap: 0,
  rate: 0,
} as const;

type Scrapes = { readonly count: number; readonly failed: number; readonly slowestSeconds: number };
const NONE: Scrapes = { count: 0, failed: Number.NaN, slowestSeconds: Number.NaN };

async function scrapesOf({ side }: Stage, pod: string, at: number): Promise<Scrapes> {
  const range = `{pod="${pod}"}[${FAULT_SECONDS}s]`;
  const ask = async (expression: string): Promise<number> => {
    const query = new URLSearchParams({ query: expression, time: String(at / 1000) });
    const answer = await fetch(`${side.observability.prometheusUrl}/api/v1/query?${query}`);
    const { data } = (await answer.json()) as { data: { result: readonly { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1] ?? Number.NaN);
  };
  return {
    count: await ask(`count_over_time(http_requests_total{pod="${pod}",code="200"}[${FAULT_SECONDS}s])`),
    failed: await ask(`count_over_time(up${range}) - sum_over_time(up${range})`),
    slowestSeconds: await ask(`max_over_time(scrape_duration_seconds${range})`),
  };
}
