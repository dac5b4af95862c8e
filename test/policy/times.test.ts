import { describe, expect, it } from "vitest";
import {
  longestWindowMs,
  type Times,
  WEEKDAYS,
  type Window,
  whyClosed,
  whyNotThrough,
} from "../../src/policy/times.ts";
import { parseSettings, policyOf } from "../../src/settings.ts";

const HOUR = 3_600_000;
const at = (instant: string) => Date.parse(instant);
const window = (changes: Partial<Window> = {}): Window => ({
  days: ["mon", "tue", "wed", "thu"],
  fromMinute: 9 * 60,
  toMinute: 16 * 60,
  zone: "Europe/Berlin",
  ...changes,
});
const open = (changes: Partial<Window> = {}): Times => ({ windows: [window(changes)], blackouts: [] });
const holidays: Times = {
  windows: [],
  blackouts: [{ from: "2026-12-20", to: "2027-01-03", zone: "Europe/Berlin", why: "holidays" }],
};

describe("a window", () => {
  it.each([
    { name: "opens on its minute in winter", instant: "2026-11-26T08:00:00Z", isOpen: true },
    { name: "is closed a minute before", instant: "2026-11-26T07:59:59Z", isOpen: false },
    { name: "opens an hour earlier by UTC in summer", instant: "2026-07-02T07:00:00Z", isOpen: true },
    { name: "is closed when it ends", instant: "2026-11-26T15:00:00Z", isOpen: false },
    { name: "is closed on other days", instant: "2026-11-27T10:00:00Z", isOpen: false },
  ])("$name", ({ instant, isOpen }) => expect(whyClosed(open(), at(instant)) === undefined).toBe(isOpen));

  it.each([
    { name: "in the evening", instant: "2026-11-26T22:30:00Z", isOpen: true },
    { name: "in the morning after", instant: "2026-11-27T03:00:00Z", isOpen: true },
    { name: "but not in the morning before the first day", instant: "2026-11-23T03:00:00Z", isOpen: false },
  ])("over midnight is open $name", ({ instant, isOpen }) => {
    const night = open({ fromMinute: 22 * 60, toMinute: 5 * 60, zone: "UTC" });
    expect(whyClosed(night, at(instant)) === undefined).toBe(isOpen);
  });

  it("lets begin what it sees the end of, and nothing longer", () => {
    const two = at("2026-11-26T13:00:00Z");
    expect(whyNotThrough(open(), two, two + 2 * HOUR)).toBeUndefined();
    expect(whyNotThrough(open(), two, two + 2 * HOUR + 60_001)).toContain("before it ends");
    expect(longestWindowMs(open())).toBe(7 * HOUR);
    expect(longestWindowMs(holidays)).toBeUndefined();
  });

  it("that never closes lets a fault of days through, and one of weekdays does not", () => {
    const always = open({ days: WEEKDAYS, fromMinute: 0, toMinute: 24 * 60 });
    const monday = at("2026-11-23T12:00:00Z");
    expect(whyNotThrough(always, monday, monday + 100 * HOUR)).toBeUndefined();
    expect(whyNotThrough(open({ fromMinute: 0, toMinute: 24 * 60 }), monday, monday + 100 * HOUR)).toContain("outside");
  });
});

describe("a blackout", () => {
  it("closes its days by the clock of its zone", () => {
    expect(whyClosed(holidays, at("2026-12-19T22:59:00Z"))).toBeUndefined();
    expect(whyClosed(holidays, at("2026-12-19T23:00:00Z"))).toContain("(holidays)");
    expect(whyClosed(holidays, at("2027-01-03T23:00:00Z"))).toBeUndefined();
  });

  it("stops a fault from beginning that would reach into it", () => {
    const before = at("2026-12-19T20:00:00Z");
    expect(whyNotThrough(holidays, before, before + HOUR)).toBeUndefined();
    expect(whyNotThrough(holidays, before, before + 48 * HOUR)).toContain("blackout");
  });
});

describe("the settings of times", () => {
  const environment = (lines: string) => `version: 1\nenvironments:\n  staging:\n    namespaces: [shop]\n${lines}`;
  const saysOf = (lines: string) => {
    const parsed = parseSettings(environment(lines));
    return "problems" in parsed ? parsed.problems.map(({ place, message }) => `${place.line}: ${message}`) : [];
  };

  it("reach the policy", () => {
    const parsed = parseSettings(environment("    windows: [{ from: '09:00', to: '16:00', zone: UTC }]\n"));
    const times = "settings" in parsed ? policyOf("staging", parsed.settings).times : undefined;
    expect(times).toEqual({ windows: [window({ days: WEEKDAYS, zone: "UTC" })], blackouts: [] });
  });

  it.each([
    {
      name: "another day",
      lines: "    windows: [{ days: [monday], from: '09:00', to: '10:00', zone: UTC }]",
      says: "5: days are not all weekdays",
    },
    {
      name: "another hour",
      lines: "    windows: [{ from: '25:00', to: '10:00', zone: UTC }]",
      says: "5: environments.staging.windows[0].from is not a time of day",
    },
    {
      name: "another zone",
      lines: "    windows: [{ from: '09:00', to: '10:00', zone: Berlin }]",
      says: "5: Berlin is no time zone",
    },
    {
      name: "no time at all",
      lines: "    windows: [{ from: '09:00', to: '09:00', zone: UTC }]",
      says: "5: the window ends when it begins",
    },
    {
      name: "dates the wrong way round",
      lines: "    blackouts: [{ from: 2026-12-24, to: 2026-12-01, zone: UTC }]",
      says: "5: the blackout ends before it begins",
    },
    {
      name: "a date of no calendar",
      lines: "    blackouts: [{ from: 2026-13-40, to: 2026-12-01, zone: UTC }]",
      says: "5: 2026-13-40 is no date",
    },
  ])("are refused with $name", ({ lines, says }) => expect(saysOf(lines)).toContain(says));
});
