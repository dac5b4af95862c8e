import { describe, expect, it } from "vitest";
import { bytesPerSecond } from "../../src/manifest/text/rate.ts";

describe("a rate", () => {
  it.each([
    { text: "1bps", bytes: 1 },
    { text: "1mbps", bytes: 1_048_576 },
    { text: " 10 KBPS ", bytes: 10_240 },
    { text: "8bit", bytes: 1 },
    { text: "1mbit", bytes: 125_000 },
    { text: "10gbit", bytes: 1_250_000_000 },
  ])("$text is $bytes bytes per second", ({ text, bytes }) => {
    expect(bytesPerSecond(text)).toBe(bytes);
  });

  it.each(["", "1", "1.5mbps", "-1bps", "mbps", "1 mbps extra"])("%j is none", (text) => {
    expect(bytesPerSecond(text)).toBeUndefined();
  });
});
