import { describe, expect, it } from "vitest";
import {
  correctedDuration,
  correctedLatency,
  correctedPercentage,
  correctedRate,
} from "../../../src/manifest/text/corrected.ts";

describe("a quantity in other words", () => {
  it.each([
    ["5 minutes", "5m"],
    ["5M", "5m"],
    ["1 hour 30 min", "1h30m"],
    ["1 hour and 30 minutes", "1h30m"],
    ["2d", "48h"],
    ["1.5 days", "36h"],
    ["1 week", "168h"],
    ["250 msec", "250ms"],
    ["10µs", "10us"],
    ["0.3d", undefined],
    ["5", undefined],
    ["five minutes", undefined],
    ["5 minutes or so", undefined],
    ["", undefined],
  ])("%s is the duration %s", (written, corrected) => expect(correctedDuration(written)).toBe(corrected));

  it.each([
    ["1m30s", "90s"],
    ["1s500ms", "1500ms"],
    ["1ms500us", "1500us"],
    ["1.5 seconds", "1.5s"],
    ["1ns1h", undefined],
  ])("%s is the latency %s", (written, corrected) => expect(correctedLatency(written)).toBe(corrected));

  it.each([
    ["25%", "25"],
    ["2.5 percent", "2.5"],
    ["a quarter", undefined],
  ])("%s is the percentage %s", (written, corrected) => expect(correctedPercentage(written)).toBe(corrected));

  it.each([
    ["1 Mbit/s", "1mbit"],
    ["10Mb/s", "10mbit"],
    ["10MB/s", "10mbps"],
    ["1.5mbit", "1500kbit"],
    ["0.25 Gbit/s", "250mbit"],
    ["100 kbits", "100kbit"],
    ["1.5mbps", undefined],
    ["10M", undefined],
    ["fast", undefined],
  ])("%s is the rate %s", (written, corrected) => expect(correctedRate(written)).toBe(corrected));
});
