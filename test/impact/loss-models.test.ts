import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bbrThroughput } from "../../src/impact/bbr.ts";
import {
  cubicCrossoverSeconds,
  cubicLossFor,
  cubicWindow,
  hstcpLossFor,
  hstcpWindow,
  renoLossFor,
  renoWindow,
} from "../../src/impact/cubic.ts";
import { isFigure } from "../../src/impact/domain.ts";
import { type LossyPath, pftk, pftkApproximate, pftkFull } from "../../src/impact/pftk.ts";

const PATH: LossyPath = { rttSeconds: 0.1, rtoSeconds: 0.4, loss: 0.01, packetsPerAck: 2, maxWindowPackets: 1e4 };

/** A figure where the formula must give one. */
function sure(figure: ReturnType<typeof pftk>): number {
  if (!isFigure(figure)) throw new Error(figure.why);
  return figure;
}

describe("PFTK", () => {
  it.each([
    { p: 1e-5, approximate: 2738.37, full: 2735.88 },
    { p: 1e-4, approximate: 865.25, full: 862.79 },
    { p: 1e-3, approximate: 271.42, full: 269.09 },
    { p: 0.01, approximate: 79.43, full: 77.85 },
    { p: 0.02, approximate: 51.79, full: 50.85 },
    { p: 0.05, approximate: 26.06, full: 26.71 },
    { p: 0.1, approximate: 12.52, full: 15.15 },
    { p: 0.2, approximate: 4.27, full: 7.78 },
  ])("gives $approximate packets/s, in full $full, at a loss of $p", ({ p, approximate, full }) => {
    const path = { ...PATH, loss: p };
    expect(sure(pftkApproximate(path))).toBeCloseTo(approximate, 2);
    expect(sure(pftkFull(path))).toBeCloseTo(full, 2);
    expect(pftk(path)).toBe(p > 0.05 ? pftkFull(path) : pftkApproximate(path));
  });

  it.each([
    { name: "the approximate form", model: pftkApproximate },
    { name: "the full form", model: pftkFull },
  ])("never gains from a longer round trip, more loss or a smaller window in $name", ({ model }) => {
    const paths = fc.record({
      rttSeconds: fc.double({ min: 1e-3, max: 2, noNaN: true }),
      loss: fc.double({ min: 1e-6, max: 0.1, noNaN: true }),
      maxWindowPackets: fc.integer({ min: 8, max: 1e5 }),
    });
    fc.assert(
      fc.property(paths, fc.double({ min: 1, max: 2, noNaN: true }), (drawn, more) => {
        const path = { ...PATH, ...drawn };
        const now = sure(model(path)) * (1 + 1e-9);
        const worse: readonly LossyPath[] = [
          { ...path, rttSeconds: path.rttSeconds * more },
          { ...path, loss: path.loss * more },
          { ...path, maxWindowPackets: path.maxWindowPackets / more },
        ];
        return worse.every((each) => sure(model(each)) <= now);
      }),
      { seed: 52 },
    );
  });

  it("leaves the window alone to bind without loss, and says nothing above a loss of 0.2", () => {
    expect(pftk({ ...PATH, loss: 0 })).toBe(1e5);
    expect(pftkFull({ ...PATH, loss: 0 })).toBe(1e5);
    expect(pftk({ ...PATH, loss: 0.21 })).toEqual({
      kind: "not-predictable",
      why: "loss is 0.21, and the formula holds for at least 0 and at most 0.2",
    });
  });
});

describe("RFC 9438", () => {
  it.each([
    { rtt: 0.1, p: 1e-2, cells: [12, 12, 12, 12, 12] },
    { rtt: 0.1, p: 1e-3, cells: [38, 38, 38, 38, 59] },
    { rtt: 0.1, p: 1e-4, cells: [120, 263, 120, 187, 333] },
    { rtt: 0.1, p: 1e-5, cells: [379, 1795, 593, 1054, 1874] },
    { rtt: 0.1, p: 1e-6, cells: [1200, 12280, 3332, 5926, 10538] },
    { rtt: 0.1, p: 1e-7, cells: [3795, 83981, 18740, 33325, 59261] },
    { rtt: 0.1, p: 1e-8, cells: [12000, 574356, 105383, 187400, 333250] },
    { rtt: 0.01, p: 1e-2, cells: [12, 12, 12, 12, 12] },
    { rtt: 0.01, p: 1e-3, cells: [38, 38, 38, 38, 38] },
    { rtt: 0.01, p: 1e-4, cells: [120, 263, 120, 120, 120] },
    { rtt: 0.01, p: 1e-5, cells: [379, 1795, 379, 379, 379] },
    { rtt: 0.01, p: 1e-6, cells: [1200, 12280, 1200, 1200, 1874] },
    { rtt: 0.01, p: 1e-7, cells: [3795, 83981, 3795, 5926, 10538] },
    { rtt: 0.01, p: 1e-8, cells: [12000, 574356, 18740, 33325, 59261] },
  ])("tables 1 and 2 have $cells for a loss of $p and a round trip of $rtt s", ({ rtt, p, cells }) => {
    const cubics = [0.04, 0.4, 4].map((c) => cubicWindow(p, rtt, c));
    expect([renoWindow(p), hstcpWindow(p), ...cubics].map((window) => Math.round(sure(window)))).toEqual(cells);
  });

  it.each([
    { mbps: 1, window: 8.3, losses: ["2.0e-2", "2.0e-2", "2.0e-2"] },
    { mbps: 10, window: 83.3, losses: ["2.0e-4", "3.9e-4", "2.9e-4"] },
    { mbps: 100, window: 833.3, losses: ["2.0e-6", "2.5e-5", "1.4e-5"] },
    { mbps: 1000, window: 8333.3, losses: ["2.0e-8", "1.5e-6", "6.3e-7"] },
    { mbps: 10_000, window: 83_333.3, losses: ["2.0e-10", "1.0e-7", "2.9e-8"] },
  ])(
    "table 3 has losses of $losses for $mbps Mbit/s, within one unit of the last digit",
    ({ mbps, window, losses }) => {
      const segments = (mbps * 1e6 * 0.1) / (8 * 1500);
      expect(segments).toBeCloseTo(window, 1);
      const found = [renoLossFor(segments), hstcpLossFor(segments), cubicLossFor(segments, 0.1)].map(sure);
      for (const [column, cell] of losses.entries()) {
        const unit = 10 ** (Number(cell.split("e")[1]) - 1);
        expect(Math.abs((found[column] ?? Number.NaN) - Number(cell))).toBeLessThanOrEqual(unit);
      }
    },
  );

  it.each([
    { p: 1e-4, milliseconds: 55 },
    { p: 1e-3, milliseconds: 119 },
    { p: 1e-2, milliseconds: 256 },
  ])("is continuous where CUBIC's own region begins, at $milliseconds ms for a loss of $p", ({ p, milliseconds }) => {
    const crossover = sure(cubicCrossoverSeconds(p));
    expect(Math.round(crossover * 1000)).toBe(milliseconds);
    expect(sure(cubicWindow(p, crossover * (1 + 1e-9))) / sure(renoWindow(p))).toBeCloseTo(1, 6);
  });

  it("gives no window without loss", () => {
    expect([renoWindow(0), hstcpWindow(0), cubicWindow(0, 0.1), cubicWindow(0.1, 0)].map(isFigure)).not.toContain(true);
  });
});

describe("BBR", () => {
  const path = { version: 1, linkBytesPerSecond: 1e6, maxWindowBytes: 1e6, rttSeconds: 0.1, loss: 0.1 } as const;

  it("keeps what loss leaves of the link until the window binds", () => {
    expect(bbrThroughput(path)).toEqual({
      kind: "range",
      value: 900_000,
      low: 720_000,
      high: 1_002_000,
      binding: "link",
    });
    expect(bbrThroughput({ ...path, rttSeconds: 2 })).toMatchObject({ high: 500_000, binding: "window" });
  });

  it("is not predicted above the loss at which its version gives way", () => {
    expect(bbrThroughput({ ...path, loss: 0.16 })).toMatchObject({ kind: "not-predictable" });
    expect(bbrThroughput({ ...path, version: 3 })).toMatchObject({ kind: "not-predictable" });
  });
});
