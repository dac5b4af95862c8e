import { describe, expect, it } from "vitest";
import { type LastRun, occasionOf, type Timetable } from "../../src/run/timetable.ts";

const at = (text: string) => Date.parse(`2026-11-26T${text}Z`);
const NOON = at("12:00:00");

function timetable(over: Partial<Timetable> = {}): Timetable {
  return { cron: "0 12 * * *", standsSince: at("06:00:00"), standsUntil: at("23:00:00"), durationMs: 30_000, ...over };
}

const HOURS = { days: ["thu"], fromMinute: 9 * 60, toMinute: 12 * 60, zone: "UTC" } as const;

describe("a schedule", () => {
  it.each<{ name: string; table?: Partial<Timetable>; last?: LastRun; now: number; is: string }>([
    { name: "waits for its time", now: NOON - 1, is: "none" },
    { name: "runs at its time", now: NOON, is: "due 12:00:00" },
    { name: "runs a little late where nobody was there", now: NOON + 59_000, is: "due 12:00:00" },
    { name: "is missed for good after a minute", now: NOON + 61_000, is: "none" },
    {
      name: "may be later where its manifest says so",
      table: { startingDeadlineSeconds: 300 },
      now: NOON + 299_000,
      is: "due 12:00:00",
    },
    {
      name: "and never later than ten minutes",
      table: { startingDeadlineSeconds: 86_400 },
      now: NOON + 601_000,
      is: "none",
    },
    { name: "runs once", last: { at: NOON, endedAt: NOON + 40_000 }, now: NOON + 50_000, is: "none" },
    { name: "counts nothing before it stood", table: { standsSince: NOON + 1_000 }, now: NOON + 2_000, is: "none" },
    { name: "runs no longer than it stands", table: { standsUntil: NOON }, now: NOON + 2_000, is: "none" },
    {
      name: "follows its own zone",
      table: { cron: "CRON_TZ=Europe/Berlin 0 13 * * *" },
      now: NOON,
      is: "due 12:00:00",
    },
    {
      name: "of several missed runs makes up for the last",
      table: { cron: "*/10 * * * * *" },
      now: at("12:00:47"),
      is: "due 12:00:40",
    },
    {
      name: "counts @every from when it began to stand",
      table: { cron: "@every 5s", standsSince: at("11:59:58") },
      now: at("12:00:07"),
      is: "due 12:00:03",
    },
    {
      name: "has no time for @every at the very beginning",
      table: { cron: "@every 5s", standsSince: NOON },
      now: NOON + 4_999,
      is: "none",
    },
    {
      name: "never begins while the run before goes on",
      table: { cron: "@every 5s", standsSince: at("11:59:55") },
      last: { at: at("11:59:57") },
      now: NOON,
      is: "skipped 12:00:00 the run before it is still under way",
    },
    {
      name: "makes up for nothing that the run before covered",
      table: { cron: "@every 5s", standsSince: at("11:59:55") },
      last: { at: at("11:59:57"), endedAt: NOON + 1_000 },
      now: NOON + 2_000,
      is: "skipped 12:00:00 the run before it was still under way then",
    },
    {
      name: "is passed over outside of its windows",
      table: { times: { windows: [HOURS], blackouts: [] } },
      now: NOON,
      is: "skipped 12:00:00 it is outside of the windows thu 09:00-12:00 UTC",
    },
    {
      name: "is passed over when it would not end within its window",
      table: { cron: "0 59 11 * * *", durationMs: 120_000, times: { windows: [HOURS], blackouts: [] } },
      now: at("11:59:00"),
      is: "skipped 11:59:00 before it ends, it is outside of the windows thu 09:00-12:00 UTC",
    },
    {
      name: "runs within its window, also when it is looked at after it",
      table: { cron: "0 59 11 * * *", times: { windows: [HOURS], blackouts: [] } },
      now: at("11:59:40"),
      is: "due 11:59:00",
    },
    {
      name: "is passed over in a blackout",
      table: {
        times: { windows: [], blackouts: [{ from: "2026-11-26", to: "2026-11-26", zone: "UTC", why: "sale" }] },
      },
      now: NOON,
      is: "skipped 12:00:00 2026-11-26 to 2026-11-26 is a blackout (sale)",
    },
    { name: "that cannot be read never runs", table: { cron: "often" }, now: NOON, is: "none" },
  ])("$name", ({ table = {}, last, now, is }) => {
    expect(said(occasionOf(timetable(table), last, now))).toBe(is);
  });

  it("asked every second of an hour, runs at each of its times once, whoever asks", () => {
    const ran: number[] = [];
    for (let now = at("12:00:01"); now <= at("13:00:00"); now += 1_000) {
      const last = ran.at(-1);
      const table = timetable({ cron: "*/7 * * * *" });
      const occasion = occasionOf(table, last === undefined ? undefined : { at: last, endedAt: last + 30_000 }, now);
      if (occasion.kind === "due") ran.push(occasion.at);
    }
    const shown = ran.map((time) => new Date(time).toISOString().slice(11, 16));
    expect(shown).toEqual(["12:00", "12:07", "12:14", "12:21", "12:28", "12:35", "12:42", "12:49", "12:56", "13:00"]);
  });
});

function said(occasion: ReturnType<typeof occasionOf>): string {
  if (occasion.kind === "none") return "none";
  const time = new Date(occasion.at).toISOString().slice(11, 19);
  return [occasion.kind, time, ...(occasion.kind === "skipped" ? [occasion.why] : [])].join(" ");
}
