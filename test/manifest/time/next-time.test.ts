import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cronTimes } from "../../../src/manifest/time/cron-times.ts";
import { nextTime, nextTimes } from "../../../src/manifest/time/next-time.ts";
import { wallTime } from "../../../src/manifest/time/zone.ts";

// Answers of robfig/cron v3.0.1, which Chaos Mesh uses, made by the program beside them.
const FIXTURE = resolve(import.meta.dirname, "../../fixtures/cron/times.jsonl");

type Row = {
  readonly expression: string;
  readonly zone: string;
  readonly after: string;
  readonly next: readonly string[];
};

const ROWS = readFileSync(FIXTURE, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Row);

function nextOf({ expression, zone, after, next }: Row): readonly string[] {
  const times = cronTimes(expression);
  const found = times === undefined ? [] : nextTimes(times, Date.parse(after), zone, Math.max(1, next.length));
  return found.map((instant) => new Date(instant).toISOString());
}

describe("the next times of a schedule", () => {
  it.each([...new Set(ROWS.map(({ expression }) => expression))])("are those of robfig/cron for %s", (expression) => {
    const rows = ROWS.filter((row) => row.expression === expression);
    const expected = rows.map(({ next }) => next.map((text) => new Date(text).toISOString()));
    expect(rows.map(nextOf)).toEqual(expected);
  });

  it("would be told from those of another zone", () => {
    const row = ROWS.find(({ expression, zone }) => expression === "0 9-17 * * 1-5" && zone === "Asia/Kolkata");
    expect(row && nextOf({ ...row, zone: "Europe/Berlin" })).not.toEqual(row && nextOf(row));
  });

  it("skip an hour that the clock skips, and come twice in an hour that it shows twice", () => {
    const berlin = (expression: string, after: string) => {
      const times = cronTimes(expression);
      return times && nextTimes(times, Date.parse(after), "Europe/Berlin", 2).map((at) => new Date(at).toISOString());
    };
    expect(berlin("30 2 * * *", "2026-03-28T12:00:00Z")).toEqual([
      "2026-03-30T00:30:00.000Z",
      "2026-03-31T00:30:00.000Z",
    ]);
    expect(berlin("30 2 * * *", "2026-10-24T12:00:00Z")).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
  });

  it("lie behind the instant, ascend, and show what the expression says", () => {
    const number = (most: number) => fc.integer({ min: 0, max: most }).map(String);
    const expression = fc.tuple(
      number(59),
      fc.oneof(number(23), fc.constant("*")),
      fc.oneof(fc.constant("*"), fc.constant("1-7")),
    );
    const zone = fc.constantFrom("UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney");
    const instant = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2028, 0) });
    fc.assert(
      fc.property(expression, zone, instant, ([minute, hour, day], where, after) => {
        const times = cronTimes(`${minute} ${hour} ${day} * *`);
        const next = times && nextTime(times, after, where);
        expect(next).toBeGreaterThan(after);
        const shown = wallTime(where, next ?? 0);
        expect([shown.minute, shown.second]).toEqual([Number(minute), 0]);
        if (hour !== "*") expect(shown.hour).toBe(Number(hour));
        if (day !== "*") expect(shown.day).toBeLessThanOrEqual(7);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});
