import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { autotunedWindow } from "../../src/impact/autotuning.ts";
import { bbrThroughput } from "../../src/impact/bbr.ts";
import {
  cubicCrossoverSeconds,
  cubicLossFor,
  cubicWindow,
  hstcpLossFor,
  hstcpWindow,
  renoWindow,
} from "../../src/impact/cubic.ts";
import { judgeChain } from "../../src/impact/deadlines.ts";
import { budgetShare, damagedRequests, detection, requestsToTell } from "../../src/impact/detection.ts";
import { streamLoss } from "../../src/impact/direction.ts";
import { erlangC, meanWaitSeconds, waitQuantileSeconds, waitsLonger } from "../../src/impact/erlang-c.ts";
import {
  anyFaulted,
  closedRateBound,
  exchangeRateBound,
  http2Throughput,
  sequentialAdded,
} from "../../src/impact/exchanges.ts";
import { netemLimitNeeded, netemQueueCap } from "../../src/impact/netem-queue.ts";
import { pftkApproximate, pftkFull } from "../../src/impact/pftk.ts";
import { probeOutcome, rateOfEachLeft } from "../../src/impact/probes.ts";
import { erlangB, threadsNeeded } from "../../src/impact/queueing.ts";
import {
  expectedAttempts,
  layeredAttempts,
  meanBackoffSeconds,
  mendedAttempts,
  retryFixedPoint,
} from "../../src/impact/retries.ts";
import {
  criticalDelaySeconds,
  fullAfterSeconds,
  queueFullAfterSeconds,
  type SaturationForm,
} from "../../src/impact/saturation.ts";
import { segmentsPerBuffer } from "../../src/impact/segments.ts";
import { slowStartRounds, transferSeconds } from "../../src/impact/short-flow.ts";
import { streamBounds } from "../../src/impact/stream-bound.ts";
import { kneeRttSeconds, mathisThroughput, windowThroughput } from "../../src/impact/tcp.ts";
import { timeoutRule } from "../../src/impact/timeouts.ts";

type Five = readonly [a: number, b: number, c: number, d: number, e: number];

const saturate = (form: SaturationForm, [a, b, c, d, e]: Five) =>
  fullAfterSeconds(form, { size: a, ratePerSecond: b, serviceSeconds: c, fraction: d, addedSeconds: e });

const FORMULAS: readonly { readonly name: string; readonly of: (five: Five) => unknown }[] = [
  { name: "windowThroughput", of: ([a, b, c]) => windowThroughput(a, b, c) },
  { name: "kneeRttSeconds", of: ([a, b]) => kneeRttSeconds(a, b) },
  { name: "mathisThroughput", of: ([a, b, c, d]) => mathisThroughput(a, b, c, d) },
  { name: "autotunedWindow", of: ([a, b]) => autotunedWindow({ receiveMaxBytes: a, sendMaxBytes: b }) },
  { name: "segmentsPerBuffer", of: ([a, b, c]) => segmentsPerBuffer(a, b, c) },
  { name: "streamLoss", of: ([a]) => streamLoss(a, "to", "sends") },
  { name: "timeoutRule", of: ([a, b, c, d]) => timeoutRule(a, b, c, d) },
  { name: "erlangB", of: ([a, b]) => erlangB(a, b) },
  {
    name: "threadsNeeded",
    of: ([a, b, c, d, e]) =>
      threadsNeeded({ size: a, ratePerSecond: b, serviceSeconds: c, fraction: d, addedSeconds: e }),
  },
  { name: "renoWindow", of: ([a]) => renoWindow(a) },
  { name: "hstcpWindow", of: ([a]) => hstcpWindow(a) },
  { name: "hstcpLossFor", of: ([a]) => hstcpLossFor(a) },
  { name: "cubicWindow", of: ([a, b, c]) => cubicWindow(a, b, c) },
  { name: "cubicLossFor", of: ([a, b, c]) => cubicLossFor(a, b, c) },
  { name: "cubicCrossoverSeconds", of: ([a, b]) => cubicCrossoverSeconds(a, b) },
  ...[pftkApproximate, pftkFull].map((model) => ({
    name: model.name,
    of: ([a, b, c, d]: Five) =>
      model({ rttSeconds: a, rtoSeconds: b, loss: c, maxWindowPackets: d, packetsPerAck: 2 as const }),
  })),
  {
    name: "bbrThroughput",
    of: ([a, b, c, d]) =>
      bbrThroughput({ version: 1, linkBytesPerSecond: a, maxWindowBytes: b, rttSeconds: c, loss: d }),
  },
  { name: "netemQueueCap", of: ([a, b, c]) => netemQueueCap(a, b, c) },
  { name: "netemLimitNeeded", of: ([a, b]) => netemLimitNeeded(a, b) },
  {
    name: "streamBounds",
    of: ([a, b, c, d, e]) => streamBounds({ windowBytes: a, mssBytes: b, rttSeconds: c, delaySeconds: d, loss: e }),
  },
  {
    name: "slowStartRounds",
    of: ([a, b, c]) => slowStartRounds(a, { mssBytes: b, factor: 1.5, maxWindowSegments: c }),
  },
  {
    name: "transferSeconds",
    of: ([a, b, c, d, e]) =>
      transferSeconds({
        bytes: a,
        mssBytes: b,
        rttSeconds: c,
        serverSeconds: d,
        linkBytesPerSecond: e,
        factor: 2,
        handshake: "tcp",
      }),
  },
  {
    name: "exchangeRateBound",
    of: ([a, b, c, d]) => exchangeRateBound({ connections: a, streamsEach: b, rttSeconds: c, serverSeconds: d }),
  },
  { name: "http2Throughput", of: ([a, b, c, d]) => http2Throughput(a, b, c, d) },
  { name: "closedRateBound", of: ([a, b, c, d]) => closedRateBound(a, b, c, d) },
  { name: "sequentialAdded", of: ([a, b]) => sequentialAdded(a, b) },
  { name: "anyFaulted", of: ([a, b]) => anyFaulted(a, b) },
  { name: "erlangC", of: ([a, b, c]) => erlangC({ servers: a, ratePerSecond: b, serviceSeconds: c }) },
  { name: "meanWaitSeconds", of: ([a, b, c]) => meanWaitSeconds({ servers: a, ratePerSecond: b, serviceSeconds: c }) },
  { name: "waitsLonger", of: ([a, b, c, d]) => waitsLonger({ servers: a, ratePerSecond: b, serviceSeconds: c }, d) },
  {
    name: "waitQuantileSeconds",
    of: ([a, b, c, d]) => waitQuantileSeconds({ servers: a, ratePerSecond: b, serviceSeconds: c }, d),
  },
  { name: "fullAfterSeconds of the network", of: (five) => saturate("network", five) },
  { name: "fullAfterSeconds of new requests", of: (five) => saturate("new-requests", five) },
  { name: "fullAfterSeconds of random times", of: (five) => saturate("exponential", five) },
  {
    name: "criticalDelaySeconds",
    of: ([a, b, c, d, e]) => criticalDelaySeconds({ size: a, ratePerSecond: b, serviceSeconds: c, fraction: d }, e),
  },
  { name: "queueFullAfterSeconds", of: ([a, b, c, d]) => queueFullAfterSeconds(a, b, c, d) },
  { name: "expectedAttempts", of: ([a, b]) => expectedAttempts(a, b) },
  { name: "layeredAttempts", of: ([a, b, c]) => layeredAttempts(a, b, c) },
  { name: "mendedAttempts", of: ([a, b, c]) => mendedAttempts(a, b, c) },
  { name: "meanBackoffSeconds", of: ([a, b, c]) => meanBackoffSeconds(a, b, c) },
  { name: "retryFixedPoint", of: ([a, b, c]) => retryFixedPoint(a, b, () => c) },
  {
    name: "judgeChain",
    of: ([a, b, c, d]) =>
      judgeChain([a, c].map((timeoutSeconds) => ({ name: "x", timeoutSeconds, attempts: b, backoffSeconds: d }))),
  },
  {
    name: "probeOutcome",
    of: ([a, b, c, d, e]) => probeOutcome({ timeoutSeconds: a, periodSeconds: b, failureThreshold: c }, d, e),
  },
  { name: "rateOfEachLeft", of: ([a, b, c]) => rateOfEachLeft(a, b, c) },
  {
    name: "detection",
    of: ([a, b, c, d, e]) => detection({ windowSeconds: a, threshold: b, scrapeSeconds: c, pollSeconds: d }, e),
  },
  { name: "damagedRequests", of: ([a, b, c, d]) => damagedRequests(a, b, c, d) },
  { name: "budgetShare", of: ([a, b, c, d]) => budgetShare(a, b, c, d) },
  { name: "requestsToTell", of: ([a, b]) => requestsToTell(a, b) },
];

/** Any finite number that is not negative, often one that the formulas hold for. */
const argument = fc.oneof(
  fc.constantFrom(0, 1, 0.5, 10, 1448, 1e-300, Number.MAX_VALUE),
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: 0, max: 2000 }),
  fc.double({ min: 0, max: Number.MAX_VALUE, noNaN: true }),
);

describe.each(FORMULAS)("$name", ({ of }) => {
  it("gives no NaN, no infinity and nothing negative, whatever it is asked", () => {
    fc.assert(
      fc.property(fc.tuple(argument, argument, argument, argument, argument), (five) =>
        numbersIn(of(five)).every(isSound),
      ),
      { seed: 65, numRuns: 300 },
    );
  });

  it("gives a reason for what is no number", () => {
    expect(of([Number.NaN, Number.NaN, Number.NaN, Number.NaN, Number.NaN])).toMatchObject({ kind: "not-predictable" });
  });
});

function isSound(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

/** Every number in a result, wherever it is. */
function numbersIn(result: unknown): readonly number[] {
  if (typeof result === "number") return [result];
  return typeof result === "object" && result !== null ? Object.values(result).flatMap(numbersIn) : [];
}
