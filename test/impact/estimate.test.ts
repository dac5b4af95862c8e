import { describe, expect, it } from "vitest";
import type { Answer, Estimate } from "../../src/impact/estimate.ts";
import { estimateLoss, type LossQuestion } from "../../src/impact/estimate-loss.ts";
import { estimateErlang, estimatePool, estimateRetries, type PoolQuestion } from "../../src/impact/estimate-pool.ts";
import { estimateTransfer, estimateWindow } from "../../src/impact/estimate-stream.ts";
import { receiverOf } from "../../src/impact/short-flow.ts";

const SEED_POOL: PoolQuestion = {
  figure: "saturation",
  ratePerSecond: 1000,
  serviceSeconds: 0,
  delaySeconds: 0.5,
  size: 200,
  fraction: 1,
  calls: 1,
  timeoutSeconds: undefined,
};

const LOSS: LossQuestion = {
  model: "cubic",
  mssBytes: 1448,
  rttSeconds: 0.1,
  loss: 0.01,
  rtoSeconds: undefined,
  windowBytes: undefined,
  linkBytesPerSecond: undefined,
};

function sure(answer: Answer): Estimate {
  if (answer.kind === "not-predictable") throw new Error(answer.why);
  return answer;
}

describe("the estimate of a window", () => {
  const seed = { windowBytes: 65_536, rttSeconds: 0.002, delaySeconds: 0.5, linkBytesPerSecond: undefined };

  it("is the seed's: 130.55 kB/s of 32.77 MB/s, 99.60 percent lost", () => {
    const estimate = sure(estimateWindow(seed));
    expect(Math.round(Number(estimate.value) / 10) / 100).toBe(130.55);
    expect(estimate.notes).toEqual(["without the delay 32.77 MB/s; 99.60 % of it is lost"]);
    expect(sure(estimateWindow({ ...seed, delaySeconds: 0 }))).toMatchObject({
      value: 32_768_000,
      warnings: [],
      notes: [],
    });
  });

  it.each([
    { delay: 0.2, warnings: 0 },
    { delay: 0.3, warnings: 1 },
    { delay: 1.5, warnings: 2 },
  ])("warns $warnings times of what a step of $delay s does to timers", ({ delay, warnings }) => {
    expect(sure(estimateWindow({ ...seed, delaySeconds: delay })).warnings).toHaveLength(warnings);
  });

  it("warns of the queue that turns a delay into loss", () => {
    const { warnings } = sure(estimateWindow({ ...seed, windowBytes: 6e6, delaySeconds: 0.1 }));
    expect(warnings.join()).toContain("passes 14.48 MB/s of single segments");
  });
});

describe("the estimate of a loss", () => {
  it("holds what was measured with CUBIC at 100 ms and 1 percent: 3.27 Mbit/s", () => {
    const [low, high] = sure(estimateLoss(LOSS)).interval ?? [0, 0];
    expect(low).toBeLessThan(3.27e6 / 8);
    expect(high).toBeGreaterThan(3.27e6 / 8);
  });

  it.each([
    { model: "cubic", loss: 0.001, least: 1277, most: 2736 },
    { model: "cubic", loss: 0.003, least: 793, most: 1173 },
    { model: "cubic", loss: 0.01, least: 364, most: 586 },
    { model: "cubic", loss: 0.03, least: 199, most: 267 },
    { model: "cubic", loss: 0.1, least: 79, most: 103 },
  ] as const)(
    "holds what $model was measured to carry at 40 ms and a loss of $loss, and is at most 4 wide",
    (measured) => {
      const { model, loss, least, most } = measured;
      const [low, high] = sure(estimateLoss({ ...LOSS, model, loss, rttSeconds: 0.040_25 })).interval ?? [0, 0];
      expect(low).toBeLessThanOrEqual(1000 * least);
      expect(high).toBeGreaterThanOrEqual(1000 * most);
      expect(high / low).toBeLessThanOrEqual(4);
    },
  );

  it.each([
    { model: "mathis", packets: 122.47 },
    { model: "pftk", packets: 79.43 },
  ] as const)("is $packets packets per second by $model at 100 ms and 1 percent", ({ model, packets }) => {
    expect(Number(sure(estimateLoss({ ...LOSS, model, rtoSeconds: 0.4 })).value) / 1448).toBeCloseTo(packets, 2);
  });

  it("names what it took for a retransmission timeout that was not given", () => {
    expect(sure(estimateLoss({ ...LOSS, model: "pftk" })).warnings[0]).toContain("timeout not given: 300 ms");
    expect(sure(estimateLoss({ ...LOSS, model: "pftk", rtoSeconds: 0.4 })).warnings).toHaveLength(1);
  });

  it.each([
    { name: "a window", change: { windowBytes: 1000 }, binding: "window", value: 10_000 },
    { name: "a link", change: { linkBytesPerSecond: 5000 }, binding: "link", value: 5000 },
  ])("is no more than $name allows", ({ change, binding, value }) => {
    expect(sure(estimateLoss({ ...LOSS, ...change }))).toMatchObject({ binding, value, interval: [value, value] });
  });

  it("follows the link for BBR, and is none without it", () => {
    const bbr = { ...LOSS, model: "bbr", windowBytes: 6e6, linkBytesPerSecond: 1e6 } as const;
    expect(sure(estimateLoss(bbr))).toMatchObject({ value: 990_000, binding: "link" });
    expect(estimateLoss({ ...LOSS, model: "bbr" })).toMatchObject({ kind: "not-predictable" });
  });

  it.each(["mathis", "pftk", "cubic"] as const)("is none by %s where the model does not hold", (model) => {
    expect(estimateLoss({ ...LOSS, model, loss: 0.3 })).toMatchObject({ kind: "not-predictable" });
    expect(estimateLoss({ ...LOSS, model, loss: 0 })).toMatchObject({ kind: "not-predictable" });
  });
});

describe("the estimate of a pool", () => {
  it("is the seed's: full after 200 ms, 500 threads asked for", () => {
    const full = sure(estimatePool(SEED_POOL));
    expect(full).toMatchObject({ value: 0.2, binding: "pool", warnings: [] });
    expect(full.interval?.[1]).toBeCloseTo(0.5 * Math.log(5 / 3), 12);
    expect(sure(estimatePool({ ...SEED_POOL, figure: "threads" }))).toMatchObject({ value: 500, unit: "threads" });
  });

  it("never fills up where it has threads enough", () => {
    const enough = sure(estimatePool({ ...SEED_POOL, size: 501 }));
    expect(enough).toMatchObject({ value: null, interval: null, binding: "none" });
  });

  it.each([
    { timeoutSeconds: 0.3, warnings: 1 },
    { timeoutSeconds: 0.5, warnings: 1 },
    { timeoutSeconds: 0.6, warnings: 0 },
  ])("says with a timeout of $timeoutSeconds s whether this is an error test", ({ timeoutSeconds, warnings }) => {
    expect(sure(estimatePool({ ...SEED_POOL, timeoutSeconds })).warnings).toHaveLength(warnings);
  });

  it("refuses what Erlang B says, no less than the fluid limit", () => {
    const refused = Number(sure(estimatePool({ ...SEED_POOL, figure: "refused" })).value);
    expect(refused).toBeGreaterThan(0.6);
    expect(refused).toBeLessThan(0.61);
  });
});

describe("the estimates of servers, retries and transfers", () => {
  it("have B(10, 8) refused and C(10, 8) wait", () => {
    const servers = { servers: 10, ratePerSecond: 8, serviceSeconds: 1 };
    expect(sure(estimateErlang(servers, false, undefined)).value).toBeCloseTo(0.12166, 5);
    expect(sure(estimateErlang(servers, true, undefined)).value).toBeCloseTo(0.40918, 5);
    expect(sure(estimateErlang(servers, true, 1)).value).toBeCloseTo(0.40918 * Math.exp(-2), 5);
    expect(estimateErlang({ ...servers, servers: 8 }, true, undefined)).toMatchObject({ kind: "not-predictable" });
  });

  it("have three layers of two retries make 27 calls at the most", () => {
    const estimate = sure(estimateRetries(0.3, 2, 3));
    expect(estimate.value).toBeCloseTo(2.685619, 6);
    expect(estimate.interval?.[1]).toBe(27);
    expect(sure(estimateRetries(0, 2, 3))).toMatchObject({ value: 1, binding: "none" });
    expect(estimateRetries(0.3, 1000, 3)).toMatchObject({ kind: "not-predictable" });
  });

  it("have 1 MB over TLS 1.3 wait nine times for each added delay", () => {
    const transfer = {
      bytes: 1e6,
      mssBytes: 1448,
      factor: 2,
      rttSeconds: 0.002,
      handshake: "tls1.3",
      serverSeconds: 0,
    } as const;
    expect(sure(estimateTransfer(transfer, 0.1)).value).toBeCloseTo(9 * 0.102, 12);
    expect(sure(estimateTransfer(transfer, 0.1)).binding).toBe("round-trips");
    expect(sure(estimateTransfer({ ...transfer, linkBytesPerSecond: 1e5 }, 0.1)).binding).toBe("link-and-server");
    expect(estimateTransfer({ ...transfer, bytes: 0 }, 0.1)).toMatchObject({ kind: "not-predictable" });
  });

  it.each([
    { release: "6.1.176", bytes: 1e6, value: 8.5, high: 10 },
    { release: "6.18.44", bytes: 1e6, value: 8, high: 10 },
    { release: "6.6.1", bytes: 1e6, value: 8, high: 10 },
    { release: "5.15.0-1", bytes: 5e5, value: 7.5, high: 9 },
    { release: "6.18.44", bytes: 5e4, value: 4, high: 4 },
    { release: "6.1.176", bytes: 5e4, value: 4, high: 4 },
  ])("on $release have $bytes bytes take $value round trips, where the receiver's window may trail", (row) => {
    const transfer = { bytes: row.bytes, mssBytes: 1448, factor: 2, rttSeconds: 0.1, handshake: "tcp" } as const;
    const estimate = sure(estimateTransfer({ ...transfer, serverSeconds: 0, receiver: receiverOf(row.release) }, 0));
    expect(estimate.value).toBeCloseTo(row.value / 10, 12);
    expect(estimate.interval?.[1]).toBeCloseTo(row.high / 10, 12);
  });

  it("know nothing of a receiver whose kernel does not say its release", () => {
    expect(["", "Linux", "6", "x6.1"].map(receiverOf)).toEqual(["unknown", "unknown", "unknown", "unknown"]);
  });
});
