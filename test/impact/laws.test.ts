import fc, { type IRawProperty } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLink, parseSeconds } from "../../src/entrypoints/cli/predict-quantities.ts";
import { cubicCrossoverSeconds, cubicLossFor, cubicWindow, renoWindow } from "../../src/impact/cubic.ts";
import { detection, type Guard } from "../../src/impact/detection.ts";
import { streamLoss } from "../../src/impact/direction.ts";
import type { Figure } from "../../src/impact/domain.ts";
import { erlangC } from "../../src/impact/erlang-c.ts";
import { netemQueueCap } from "../../src/impact/netem-queue.ts";
import { pftkApproximate, pftkFull } from "../../src/impact/pftk.ts";
import { erlangB, threadsNeeded } from "../../src/impact/queueing.ts";
import { expectedAttempts } from "../../src/impact/retries.ts";
import { fullAfterSeconds, type Saturation } from "../../src/impact/saturation.ts";
import { HANDSHAKE_ROUNDS, slowStartRounds, transferSeconds } from "../../src/impact/short-flow.ts";
import { type Stream, streamBounds } from "../../src/impact/stream-bound.ts";
import { mathisThroughput, windowThroughput } from "../../src/impact/tcp.ts";
import { simulateGuard, simulateNumberInSystem } from "./simulation.ts";
import { sure, sureFigure } from "./sure.ts";

// The fifteen laws of the model. Each takes its formula as an argument, holds for ours, and does not hold for one with a planted
// mistake, so that no law can pass by asking nothing.

type Law<Formula> = {
  readonly seed: number;
  readonly ours: Formula;
  /** What is wrong with the other one, and it. */
  readonly mistake: string;
  readonly wrong: Formula;
  readonly property: (formula: Formula) => IRawProperty<unknown, false>;
};

function law<Formula>(name: string, { seed, ours, mistake, wrong, property }: Law<Formula>): void {
  describe(name, () => {
    it("holds", () => fc.assert(property(ours), { seed }));
    it(`and notices ${mistake}`, () => expect(fc.check(property(wrong), { seed }).failed).toBe(true));
  });
}

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });
const MORE = between(1, 1.5);

const STREAMS: fc.Arbitrary<Stream> = fc.record({
  windowBytes: fc.integer({ min: 1000, max: 6_291_456 }),
  mssBytes: fc.integer({ min: 536, max: 8948 }),
  rttSeconds: between(1e-4, 2),
  delaySeconds: fc.oneof(fc.constant(0), between(1e-3, 5)),
  loss: fc.oneof(fc.constant(0), between(1e-6, 0.1)),
  linkBytesPerSecond: fc.integer({ min: 1000, max: 1.25e9 }),
});

const throughput = (stream: Stream): number => sure(streamBounds(stream)).bytesPerSecond;

law("P1: throughput never gains from delay or loss, and never loses from window, segment or link", {
  seed: 1,
  ours: throughput,
  mistake: "a delay that is subtracted",
  wrong: (stream: Stream) =>
    throughput({ ...stream, delaySeconds: 0, rttSeconds: Math.max(1e-5, stream.rttSeconds - stream.delaySeconds) }),
  property: (of) =>
    fc.property(STREAMS, MORE, (stream, more) => {
      const at = (change: Partial<Stream>): number => of({ ...stream, ...change });
      const [now, link] = [at({}), stream.linkBytesPerSecond ?? 1];
      const worse = [{ delaySeconds: stream.delaySeconds * more + (more - 1) }, { loss: stream.loss * more }];
      const better = [
        { windowBytes: stream.windowBytes * more },
        { mssBytes: stream.mssBytes * more },
        { linkBytesPerSecond: link * more },
      ];
      return (
        worse.every((each) => at(each) <= now * (1 + 1e-9)) && better.every((each) => at(each) >= now * (1 - 1e-9))
      );
    }),
});

law("P2: throughput is the least of its bounds, and names it", {
  seed: 2,
  ours: (stream: Stream) => sure(streamBounds(stream)),
  mistake: "a forgotten bound",
  wrong: (stream: Stream) => sure(streamBounds({ ...stream, linkBytesPerSecond: Number.MAX_SAFE_INTEGER })),
  property: (of) =>
    fc.property(STREAMS, (stream) => {
      const { bytesPerSecond, binding, bounds } = of(stream);
      const queue = netemQueueCap(1000, stream.mssBytes, stream.delaySeconds);
      const known = [
        stream.windowBytes / (stream.rttSeconds + stream.delaySeconds),
        stream.linkBytesPerSecond ?? Number.POSITIVE_INFINITY,
        ...(typeof queue === "number" ? [queue] : []),
      ];
      const named = bounds.find(({ name }) => name === binding)?.bytesPerSecond;
      return named === bytesPerSecond && known.every((bound) => bytesPerSecond <= bound);
    }),
});

law("P3: as many times the window over as many times the round trip is the same throughput", {
  seed: 3,
  ours: (window: number, rtt: number) => sure(windowThroughput(window, rtt)).bytesPerSecond,
  mistake: "a round trip that starts at a constant",
  wrong: (window: number, rtt: number) => window / (rtt + 0.001),
  property: (of) =>
    fc.property(fc.integer({ min: 1, max: 1e8 }), between(1e-4, 10), between(0.1, 10), (window, rtt, k) => {
      return Math.abs(of(k * window, k * rtt) / of(window, rtt) - 1) < 1e-9;
    }),
});

const pftkAt = (p: number, b: 1 | 2, model = pftkApproximate): number =>
  sureFigure(model({ rttSeconds: 0.1, rtoSeconds: 0.4, loss: p, packetsPerAck: b, maxWindowPackets: 1e9 }));
const rootLaw = (p: number, b: 1 | 2): number => Math.sqrt(3 / (2 * b)) / (0.1 * Math.sqrt(p));

law("P4: four times the loss halves Mathis, which PFTK stays below and meets where losses are rare", {
  seed: 4,
  ours: (p: number) => sure(mathisThroughput(1, 0.1, p)).value,
  mistake: "throughput that falls with p instead of its root",
  wrong: (p: number) => 1 / (0.1 * p),
  property: (of) =>
    fc.property(between(1e-7, 0.005), fc.constantFrom(1 as const, 2 as const), (p, b) => {
      const meets = pftkAt(1e-5, b) / rootLaw(1e-5, b);
      return (
        Math.abs(of(4 * p) / of(p) - 0.5) < 1e-9 &&
        Math.abs(of(p) / rootLaw(p, 1) - 1) < 1e-9 &&
        pftkAt(p, b) <= rootLaw(p, b) &&
        meets > 0.99 &&
        meets <= 1
      );
    }),
});

law("P5: CUBIC falls with 1/R up to its crossover, without a step there, and with R^(-1/4) beyond", {
  seed: 5,
  ours: (p: number, rtt: number) => sureFigure(cubicWindow(p, rtt)) / rtt,
  mistake: "Reno's response in every region",
  wrong: (p: number, rtt: number) => sureFigure(renoWindow(p)) / rtt,
  property: (of) =>
    fc.property(between(1e-7, 1e-2), between(1e-3, 5), (p, rtt) => {
      const crossover = sureFigure(cubicCrossoverSeconds(p));
      fc.pre(rtt > crossover || rtt * 1.01 < crossover);
      const exponent = Math.log(of(p, rtt * 1.01) / of(p, rtt)) / Math.log(1.01);
      const step = of(p, crossover * (1 + 1e-9)) / of(p, crossover * (1 - 1e-9));
      const inverse = sureFigure(cubicLossFor(sureFigure(cubicWindow(p, rtt)), rtt));
      return (
        Math.abs(exponent - (rtt > crossover ? -0.25 : -1)) < 1e-6 &&
        Math.abs(step - 1) < 1e-6 &&
        Math.abs(inverse / p - 1) < 1e-6
      );
    }),
});

law("P6: a fault of nothing changes nothing", {
  seed: 6,
  ours: throughput,
  mistake: "netem's queue in the way of what is not delayed",
  wrong: (stream: Stream) =>
    Math.min(throughput(stream), sureFigure(netemQueueCap(1000, 1448, Math.max(0.1, stream.delaySeconds)))),
  property: (of) =>
    fc.property(STREAMS, (stream) => {
      const { windowBytes, rttSeconds, linkBytesPerSecond } = stream;
      const plain = sure(windowThroughput(windowBytes, rttSeconds, linkBytesPerSecond)).bytesPerSecond;
      return of({ ...stream, delaySeconds: 0, loss: 0 }) === plain;
    }),
});

law("P7: turning a stream round leaves its delay what it was, and its loss not", {
  seed: 7,
  ours: streamLoss,
  mistake: "a loss that meets both ways",
  wrong: (loss: number) => ({ kind: "loss" as const, data: loss, acknowledgements: loss }),
  property: (of) =>
    fc.property(STREAMS, between(1e-4, 0.1), fc.constantFrom("to" as const, "from" as const), (stream, loss, way) => {
      const [sent, received] = [sure(of(loss, way, "sends")), sure(of(loss, way, "receives"))];
      const at = (data: number): number => throughput({ ...stream, loss: data });
      const mirrored = sent.data === received.acknowledgements && sent.acknowledgements === received.data;
      return mirrored && Math.max(at(sent.data), at(received.data)) === at(0) && sent.data !== received.data;
    }),
});

law("P8: Erlang B is the sum that defines it, between the fluid limit and Erlang C, which nears 1 with the load", {
  seed: 8,
  ours: erlangB as (slots: number, load: number) => Figure,
  mistake: "a recurrence that begins with nobody blocked",
  wrong: (slots: number, load: number) => (slots < 1 ? 0 : load / (slots + load)),
  property: (of) =>
    fc.property(fc.integer({ min: 1, max: 20 }), between(0.01, 0.999), (slots, use) => {
      const load = use * slots;
      const terms = Array.from({ length: slots + 1 }, (_, k) => power(load, k));
      const sum = terms.reduce((total, term) => total + term, 0);
      const blocked = sureFigure(of(slots, load));
      const waits = sureFigure(erlangC({ servers: slots, ratePerSecond: load, serviceSeconds: 1 }));
      const full = sureFigure(erlangC({ servers: slots, ratePerSecond: slots * 0.999_999, serviceSeconds: 1 }));
      const overloaded = sureFigure(of(slots, 3 * slots));
      return (
        Math.abs(blocked - (terms.at(-1) ?? 0) / sum) < 1e-12 &&
        waits >= blocked - 1e-12 &&
        waits <= 1 &&
        full > 0.999 &&
        overloaded >= 1 - 1 / 3 &&
        overloaded <= 1
      );
    }),
});

const POOLS: fc.Arbitrary<Saturation> = fc.record({
  size: fc.integer({ min: 1, max: 500 }),
  ratePerSecond: fc.integer({ min: 1, max: 2000 }),
  serviceSeconds: between(0, 0.2),
  fraction: between(0.01, 1),
  addedSeconds: between(0.001, 5),
});

law(
  "P9: a pool fills if and only if it lacks slots, sooner with more requests, later with more slots, within the delay",
  {
    seed: 9,
    ours: (pool: Saturation) => fullAfterSeconds("network", pool),
    mistake: "a share of faulted calls that is left out of the time",
    wrong: (pool: Saturation) => {
      const full = fullAfterSeconds("network", pool);
      return typeof full === "number" ? full * pool.fraction ** 2 * pool.size : full;
    },
    property: (of) =>
      fc.property(POOLS, (pool) => {
        fc.pre((pool.ratePerSecond + 1) * pool.serviceSeconds < pool.size);
        fc.pre(Math.abs(sureFigure(threadsNeeded(pool)) / pool.size - 1) > 1e-6);
        const at = (change: Partial<Saturation>): number => {
          const full = of({ ...pool, ...change });
          return typeof full === "number" ? full : Number.POSITIVE_INFINITY;
        };
        const balance = pool.ratePerSecond * (pool.serviceSeconds + pool.fraction * at({}));
        return (
          (at({}) === Number.POSITIVE_INFINITY) === sureFigure(threadsNeeded(pool)) < pool.size &&
          (at({}) === Number.POSITIVE_INFINITY || Math.abs(balance / pool.size - 1) < 1e-9) &&
          at({ size: pool.size + 1 }) >= at({}) &&
          at({ ratePerSecond: pool.ratePerSecond + 1 }) <= at({}) + 1e-9 &&
          (at({ fraction: 1 }) === Number.POSITIVE_INFINITY || at({ fraction: 1 }) <= pool.addedSeconds + 1e-9)
        );
      }),
  },
);

const GROWTH = { mssBytes: 1460, factor: 2 } as const;

law("P10: more bytes take no fewer rounds, and a delay costs exactly itself for each round trip", {
  seed: 10,
  ours: (bytes: number, rttSeconds: number) =>
    sureFigure(transferSeconds({ ...GROWTH, bytes, rttSeconds, handshake: "tls1.3", serverSeconds: 0 })),
  mistake: "a handshake that is free",
  wrong: (bytes: number, rttSeconds: number) =>
    sureFigure(transferSeconds({ ...GROWTH, bytes, rttSeconds, handshake: "open", serverSeconds: 0 })),
  property: (of) =>
    fc.property(fc.integer({ min: 1, max: 1e9 }), between(1, 3), between(0, 10), (bytes, more, delay) => {
      const rounds = sureFigure(slowStartRounds(bytes, GROWTH));
      const added = of(bytes, 0.002 + delay) - of(bytes, 0.002);
      return (
        rounds <= sureFigure(slowStartRounds(Math.ceil(bytes * more), GROWTH)) &&
        Math.abs(added - delay * (HANDSHAKE_ROUNDS["tls1.3"] + rounds)) < 1e-9
      );
    }),
});

law("P11: retries make between one and r + 1 calls of one, more where more fail", {
  seed: 11,
  ours: (failure: number, retries: number) => sureFigure(expectedAttempts(failure, retries)),
  mistake: "a series without an end",
  wrong: (failure: number) => 1 / (1 - Math.min(failure, 0.999)),
  property: (of) =>
    fc.property(between(0, 1), between(0, 1), fc.integer({ min: 0, max: 10 }), (a, b, retries) => {
      const [few, many] = [of(Math.min(a, b), retries), of(Math.max(a, b), retries)];
      return few >= 1 && few <= many && many <= retries + 1;
    }),
});

law("P12: as many are inside on average as arrive in the time that one stays", {
  seed: 12,
  ours: (rate: number, seconds: number) =>
    sureFigure(
      threadsNeeded({ size: 1e6, ratePerSecond: rate, serviceSeconds: seconds, addedSeconds: 0, fraction: 0 }),
    ),
  mistake: "a time counted twice",
  wrong: (rate: number, seconds: number) => 2 * rate * seconds,
  property: (of) =>
    fc.property(
      fc.integer({ min: 5, max: 50 }),
      between(0.1, 2),
      fc.integer({ min: 1, max: 1e6 }),
      (rate, stay, seed) => {
        // 20,000 arrivals: four standard errors of the mean number inside, which is Poisson, sampled over this many stays.
        const expected = of(rate, stay);
        const error = 4 * Math.sqrt((expected * 2 * stay * rate) / 20_000);
        return Math.abs(simulateNumberInSystem(rate, stay, 20_000, seed) - expected) < error + 0.02 * expected;
      },
    ),
});

law("P13: a quantity is the same in every unit that it can be typed in", {
  seed: 13,
  ours: { seconds: parseSeconds, link: parseLink },
  mistake: "bits that are taken for bytes",
  wrong: { seconds: parseSeconds, link: (text: string) => parseLink(text.replace("bit/s", "B/s")) },
  property: ({ seconds, link }) =>
    fc.property(fc.integer({ min: 1, max: 100_000_000 }), (amount) => {
      return (
        seconds(`${amount}ms`) === seconds(`${(amount / 1000).toFixed(3)}s`) &&
        link(`${8 * amount}bit/s`) === link(`${amount}B/s`) &&
        link(`${amount}kbit/s`) === link(`${125 * amount}B/s`)
      );
    }),
});

const ANY = fc.oneof(between(0, 1), fc.integer({ min: 0, max: 2000 }), between(0, Number.MAX_VALUE), fc.constant(0));

law("P14: no figure is negative, infinite or no number, whatever is asked (every formula: domain.test.ts)", {
  seed: 14,
  ours: (p: number, rtt: number) => cubicWindow(p, rtt),
  mistake: "a formula without a domain",
  wrong: (p: number, rtt: number): Figure => 1.2 / Math.sqrt(p) / rtt,
  property: (of) =>
    fc.property(ANY, ANY, (p, rtt) => {
      const found = of(p, rtt);
      return typeof found !== "number" || (Number.isFinite(found) && found >= 0);
    }),
});

const GUARD: Guard = { windowSeconds: 60, threshold: 0.02, scrapeSeconds: 5, pollSeconds: 5 };

law("P15: a guard aborts within one scrape and one poll of the predicted moment", {
  seed: 15,
  ours: (errors: number) => sure(detection(GUARD, errors)),
  mistake: "a threshold that must be met by the last second alone",
  wrong: () => ({ kind: "detected" as const, earliestSeconds: 0, latestSeconds: 1 }),
  property: (of) =>
    fc.property(between(0.03, 1), between(0, 0.999), between(0, 0.999), (errors, scrape, poll) => {
      const found = of(errors);
      const aborted = simulateGuard(GUARD, errors, scrape, poll);
      return (
        found.kind === "detected" && aborted >= found.earliestSeconds - 1e-9 && aborted <= found.latestSeconds + 1e-9
      );
    }),
});

describe("the laws' oracles", () => {
  it("has PFTK's full form stay below the root law as well", () => {
    fc.assert(
      fc.property(between(1e-6, 0.2), (p) => pftkAt(p, 2, pftkFull) <= rootLaw(p, 2)),
      { seed: 16 },
    );
  });
});

/** a^k / k! without overflow. */
function power(a: number, k: number): number {
  let term = 1;
  for (let step = 1; step <= k; step++) term *= a / step;
  return term;
}
