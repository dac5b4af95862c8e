import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { netemLimitNeeded, netemQueueCap } from "../../src/impact/netem-queue.ts";
import { type Stream, type StreamBounds, streamBounds } from "../../src/impact/stream-bound.ts";
import { windowThroughput } from "../../src/impact/tcp.ts";

const STREAM: Stream = { windowBytes: 65_536, mssBytes: 1448, rttSeconds: 0.002, delaySeconds: 0, loss: 0 };

const STREAMS: fc.Arbitrary<Stream> = fc.record({
  windowBytes: fc.integer({ min: 1, max: 6_291_456 }),
  mssBytes: fc.integer({ min: 536, max: 8948 }),
  rttSeconds: fc.double({ min: 1e-4, max: 2, noNaN: true }),
  delaySeconds: fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 5, noNaN: true })),
  loss: fc.oneof(fc.constant(0), fc.double({ min: 1e-6, max: 0.15, noNaN: true })),
  linkBytesPerSecond: fc.integer({ min: 1000, max: 1.25e9 }),
});

function sure(stream: Stream): StreamBounds {
  const bounds = streamBounds(stream);
  if (bounds.kind === "not-predictable") throw new Error(bounds.why);
  return bounds;
}

describe("netem's queue", () => {
  it("passes 10,000 packets per second, 15 MB/s, at 100 ms and its default limit", () => {
    expect(netemQueueCap(1000, 1500, 0.1)).toBe(15_000_000);
    expect(netemLimitNeeded(10_000, 0.1)).toBe(1500);
  });

  it("caps nothing that is not delayed", () => {
    expect(netemQueueCap(1000, 1500, 0)).toMatchObject({ kind: "not-predictable" });
  });
});

describe("a stream", () => {
  it.each([
    { rate: 1.536e6, rtt: 0.02, window: 3840 },
    { rate: 1.536e6, rtt: 0.1, window: 19_200 },
    { rate: 44.21e6, rtt: 0.025, window: 138_156.25 },
    { rate: 1e8, rtt: 0.005, window: 62_500 },
    { rate: 1e9, rtt: 0.0005, window: 62_500 },
    { rate: 1e10, rtt: 0.0003, window: 375_000 },
  ])(
    "fills $rate bit/s at $rtt s with a window of $window bytes, and not with one less (RFC 6349)",
    ({ rate, rtt, window }) => {
      expect(windowThroughput(window, rtt).bytesPerSecond * 8).toBeCloseTo(rate, 3);
      const link = { linkBytesPerSecond: rate / 8 };
      expect(sure({ ...STREAM, ...link, windowBytes: window - 1, rttSeconds: rtt }).binding).toBe("window");
      expect(sure({ ...STREAM, ...link, windowBytes: window + 1, rttSeconds: rtt }).binding).toBe("link");
    },
  );

  it("carries no more than each of its bounds, and names the smallest", () => {
    fc.assert(
      fc.property(STREAMS, (stream) => {
        const { bytesPerSecond, binding, bounds } = sure(stream);
        const named = bounds.find(({ name }) => name === binding);
        return (
          named?.bytesPerSecond === bytesPerSecond && bounds.every((bound) => bytesPerSecond <= bound.bytesPerSecond)
        );
      }),
      { seed: 54 },
    );
  });

  it("never gains from delay and loss, and never loses from a larger window, segment or link", () => {
    fc.assert(
      fc.property(STREAMS, fc.double({ min: 1, max: 1.3, noNaN: true }), (stream, more) => {
        const link = stream.linkBytesPerSecond ?? 0;
        const now = sure(stream).bytesPerSecond;
        const worse = [{ delaySeconds: stream.delaySeconds * more + (more - 1) }, { loss: stream.loss * more }];
        const better = [
          { windowBytes: stream.windowBytes * more },
          { mssBytes: stream.mssBytes * more },
          { linkBytesPerSecond: link * more },
        ];
        const at = (change: Partial<Stream>): number => sure({ ...stream, ...change }).bytesPerSecond;
        return (
          worse.every((each) => at(each) <= now * (1 + 1e-9)) && better.every((each) => at(each) >= now * (1 - 1e-9))
        );
      }),
      { seed: 55 },
    );
  });

  it("is what it was when the fault does nothing", () => {
    fc.assert(
      fc.property(STREAMS, (stream) => {
        const quiet = { ...stream, delaySeconds: 0, loss: 0 };
        const { bytesPerSecond } = windowThroughput(quiet.windowBytes, quiet.rttSeconds, quiet.linkBytesPerSecond);
        return sure(quiet).bytesPerSecond === bytesPerSecond;
      }),
      { seed: 56 },
    );
  });

  it("is capped by the queue that turns delay into loss, and not predicted above a loss of 0.2", () => {
    expect(sure({ ...STREAM, windowBytes: 6e6, delaySeconds: 0.1 })).toMatchObject({
      binding: "queue",
      bytesPerSecond: 14_480_000,
    });
    expect(streamBounds({ ...STREAM, loss: 0.3 })).toMatchObject({ kind: "not-predictable" });
  });
});
