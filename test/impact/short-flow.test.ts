import { describe, expect, it } from "vitest";
import {
  anyFaulted,
  closedRateBound,
  exchangeArrives,
  exchangeRateBound,
  http2Throughput,
  parallelAdded,
  sequentialAdded,
} from "../../src/impact/exchanges.ts";
import { slowStartRounds, type Transfer, transferSeconds } from "../../src/impact/short-flow.ts";

const GROWTH = { mssBytes: 1460, factor: 2 } as const;
const TRANSFER: Transfer = { ...GROWTH, bytes: 1e6, rttSeconds: 0.002, handshake: "tls1.3", serverSeconds: 0 };

describe("slow start", () => {
  it.each([
    { bytes: 1, doubling: 1, slower: 1 },
    { bytes: 1000, doubling: 1, slower: 1 },
    { bytes: 14_600, doubling: 1, slower: 1 },
    { bytes: 14_601, doubling: 2, slower: 2 },
    { bytes: 50_000, doubling: 3, slower: 3 },
    { bytes: 100_000, doubling: 3, slower: 4 },
    { bytes: 1_000_000, doubling: 7, slower: 9 },
  ])(
    "takes $doubling rounds for $bytes bytes, and $slower with delayed acknowledgements",
    ({ bytes, doubling, slower }) => {
      expect(slowStartRounds(bytes, GROWTH)).toBe(doubling);
      expect(slowStartRounds(bytes, { ...GROWTH, factor: 1.5 })).toBe(slower);
    },
  );

  it("sends whole segments: the fourth round has grown to 33 of them and not to 33.75", () => {
    expect(slowStartRounds(1460 * 80, { ...GROWTH, factor: 1.5 })).toBe(4);
    expect(slowStartRounds(1460 * 81, { ...GROWTH, factor: 1.5 })).toBe(5);
  });

  it("sends a window each round once the window cannot grow", () => {
    expect(slowStartRounds(1460 * 100, { ...GROWTH, maxWindowSegments: 20 })).toBe(6);
    expect(slowStartRounds(1460 * 100, { ...GROWTH, maxWindowSegments: 1 })).toBe(100);
  });

  it("ends also for sizes nobody sends, and refuses sizes that are none", () => {
    expect(slowStartRounds(Number.MAX_SAFE_INTEGER, { ...GROWTH, maxWindowSegments: 10 })).toBeGreaterThan(1e11);
    expect(slowStartRounds(0, GROWTH)).toMatchObject({ kind: "not-predictable" });
  });
});

describe("a transfer", () => {
  it("of 1 MB over TLS 1.3 takes nine round trips", () => {
    expect(transferSeconds(TRANSFER)).toBeCloseTo(0.018, 12);
    expect(transferSeconds({ ...TRANSFER, linkBytesPerSecond: 1e6, serverSeconds: 0.5 })).toBeCloseTo(1.518, 12);
  });
});

describe("requests and answers", () => {
  it("are as many as connections divided by the time of one", () => {
    const connections = { connections: 10, streamsEach: 1, rttSeconds: 0.08, serverSeconds: 0.02 };
    expect(exchangeRateBound(connections)).toBeCloseTo(100, 9);
    expect(exchangeRateBound({ ...connections, streamsEach: 100 })).toBeCloseTo(10_000, 9);
    expect(exchangeRateBound({ ...connections, connections: 0 })).toMatchObject({ kind: "not-predictable" });
  });

  it("share the window of an HTTP/2 connection, whatever the number of streams", () => {
    expect(http2Throughput(1, 0.1)).toBe(655_350);
    expect(http2Throughput(8, 0.1)).toBe(655_350);
    expect(http2Throughput(8, 0.1, 65_535, 1_048_576)).toBe(5_242_800);
  });

  it("of a closed system are bound by users and by the slowest station", () => {
    expect(closedRateBound(10, 1, 1, 0.5)).toBe(2);
    expect(closedRateBound(3, 1, 1, 0.5)).toBe(1.5);
    expect(closedRateBound(10, 1, 0.5, 1)).toMatchObject({ kind: "not-predictable" });
  });

  it("add up one after the other, and wait for the longest side by side", () => {
    expect(sequentialAdded(5, 0.1)).toBe(0.5);
    expect(parallelAdded([0.1, 0.4, 0])).toBe(0.4);
    expect(parallelAdded([])).toBe(0);
    expect(parallelAdded([0.1, -1])).toMatchObject({ kind: "not-predictable" });
  });

  it("meet a fault more often the more calls they make, and lose packets both ways alike", () => {
    expect(anyFaulted(3, 0.3)).toBeCloseTo(0.657, 12);
    expect(exchangeArrives(0.1, 0)).toBe(exchangeArrives(0, 0.1));
    expect(exchangeArrives(0.1, 0.2)).toBeCloseTo(0.72, 12);
  });
});
