import { describe, expect, it } from "vitest";
import { netemLimitNeeded, netemQueueCap } from "../../src/impact/netem-queue.ts";
import { type Stream, streamBounds } from "../../src/impact/stream-bound.ts";
import { windowThroughput } from "../../src/impact/tcp.ts";
import { sure } from "./sure.ts";

const STREAM: Stream = { windowBytes: 65_536, mssBytes: 1448, rttSeconds: 0.002, delaySeconds: 0, loss: 0 };

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
      expect(sure(windowThroughput(window, rtt)).bytesPerSecond * 8).toBeCloseTo(rate, 3);
      const link = { linkBytesPerSecond: rate / 8 };
      expect(sure(streamBounds({ ...STREAM, ...link, windowBytes: window - 1, rttSeconds: rtt })).binding).toBe(
        "window",
      );
      expect(sure(streamBounds({ ...STREAM, ...link, windowBytes: window + 1, rttSeconds: rtt })).binding).toBe("link");
    },
  );

  it("is capped by the queue that turns delay into loss, and not predicted above a loss of 0.2", () => {
    expect(sure(streamBounds({ ...STREAM, windowBytes: 6e6, delaySeconds: 0.1 }))).toMatchObject({
      binding: "queue",
      bytesPerSecond: 14_480_000,
    });
    expect(streamBounds({ ...STREAM, loss: 0.3 })).toMatchObject({ kind: "not-predictable" });
  });
});
