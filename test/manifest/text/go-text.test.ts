import { describe, expect, it } from "vitest";
import { complaintAboutCron } from "../../../src/manifest/text/cron.ts";
import { parseGoDuration } from "../../../src/manifest/text/go-duration.ts";
import { atoi, parseFloat32, parseUint } from "../../../src/manifest/text/go-number.ts";
import { nearest, sameLetters } from "../../../src/manifest/text/nearest.ts";

describe("a Go duration", () => {
  it.each([
    ["300ms", 300],
    ["1h30m", 5_400_000],
    ["-1.5h", -5_400_000],
    ["+5s", 5000],
    [".5s", 500],
    ["1.s", 1000],
    ["2us", 0.002],
    ["2µs", 0.002],
    ["0", 0],
    ["", undefined],
    ["5", undefined],
    ["1d", undefined],
    ["5 m", undefined],
    ["5M", undefined],
    [".s", undefined],
    ["3000000h", undefined],
  ])("of %j is %j milliseconds", (text, milliseconds) => {
    expect(parseGoDuration(text)).toBe(milliseconds);
  });
});

describe("a Go number", () => {
  it.each([
    ["30", 30],
    ["+5", 5],
    ["-1", -1],
    ["007", 7],
    ["1.5", undefined],
    ["30%", undefined],
    ["", undefined],
    [" 3", undefined],
    ["9223372036854775808", undefined],
  ])("Atoi of %j is %j", (text, value) => {
    expect(atoi(text)).toBe(value);
  });

  it.each([
    ["25", 25],
    ["-5", -5],
    [".5", 0.5],
    ["5.", 5],
    ["1e2", 100],
    ["0x1p3", 8],
    ["0x.8p1", 1],
    ["NaN", Number.NaN],
    ["-inf", Number.NEGATIVE_INFINITY],
    ["+Infinity", Number.POSITIVE_INFINITY],
    ["1_000", 1000],
    ["1e39", undefined],
    ["+nan", undefined],
    ["25%", undefined],
    ["0x10", undefined],
    ["", undefined],
  ])("ParseFloat of %j is %j", (text, value) => {
    expect(parseFloat32(text)).toEqual(value);
  });

  it("has no sign where it is unsigned", () => {
    expect([parseUint("18446744073709551615"), parseUint("18446744073709551616"), parseUint("+1")]).toEqual([
      2 ** 64,
      undefined,
      undefined,
    ]);
  });
});

describe("a cron expression", () => {
  it.each([
    "*/30 * * * *",
    "0 */5 * * * *",
    "0 9-17/2 * jan-mar MON,fri",
    "? ? ? ? ?",
    "@every 1h30m",
    "@midnight",
    "CRON_TZ=Europe/Berlin 0 6 * * ?",
    "TZ=UTC @hourly",
    "5/15 * * * *",
  ])("of %j is read", (expression) => {
    expect(complaintAboutCron(expression)).toBeUndefined();
  });

  it.each([
    ["", "empty"],
    ["* * * *", "4 fields"],
    ["60 * * * *", "0-59"],
    ["* * * * 7", "0-6"],
    ["*/0 * * * *", "step"],
    ["5-1 * * * *", "0-59"],
    ["1-2-3 * * * *", "hyphens"],
    ["1/2/3 * * * *", "slashes"],
    ["x * * * *", "number"],
    ["@reboot", "descriptor"],
    ["@every day", "duration"],
    ["TZ=Mars/Base * * * * *", "time zone"],
    ["TZ=UTC", "time zone"],
  ])("of %j is refused for its %s", (expression, reason) => {
    expect(complaintAboutCron(expression)).toContain(reason);
  });
});

describe("the word that was meant", () => {
  const words = ["one", "all", "fixed", "fixed-percent", "random-max-percent"];

  it("is certain where only case and separators differ", () => {
    expect(sameLetters("Fixed_Percent", words)).toBe("fixed-percent");
    expect(sameLetters("fixd", words)).toBeUndefined();
  });

  it.each([
    ["fixd", "fixed"],
    ["fixed-precent", "fixed-percent"],
    ["oen", "one"],
    ["percent", undefined],
    ["x", undefined],
    ["y".repeat(10_000), undefined],
  ])("instead of %j is %j", (written, meant) => {
    expect(nearest(written, words)).toBe(meant);
  });

  it("is nobody's guess where two are equally near", () => {
    expect(nearest("bat", ["cat", "hat"])).toBeUndefined();
  });
});
