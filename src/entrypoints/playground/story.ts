// What the story says while it goes on, and what it writes down: every figure with the raw instants it was made from.

import { writeFileSync } from "node:fs";

export type Fact = { readonly step: string; readonly at: number; readonly what: string; readonly value?: unknown };

/** A figure of a scenario, predicted before its run and measured under it. */
export type Outcome = {
  readonly scenario: string;
  readonly figure: string;
  readonly unit: string;
  readonly predicted: number;
  /** Unix ms. */
  readonly predictedAt: number;
  readonly interval?: readonly [low: number, high: number];
  readonly measured: number;
  readonly measuredAt: number;
  /** (measured - predicted) / predicted. */
  readonly error: number;
};

export type Check = {
  readonly step: string;
  readonly name: string;
  readonly ok: boolean;
  readonly measured: unknown;
  readonly expected: string;
};

export type Story = {
  /** Starts a step: a headline on the terminal. */
  step(id: string, headline: string): void;
  /** One line for people, kept as a fact. */
  tell(what: string, value?: unknown): void;
  /** Something that must hold; a failed one ends the story with a non-zero exit, after everything has been written. */
  check(name: string, ok: boolean, measured: unknown, expected: string): void;
  readonly checks: readonly Check[];
  /** Keeps what was predicted beside what was measured, for the report's `scenarios`. */
  keep(outcome: Outcome): void;
  save(file: string, more?: Readonly<Record<string, unknown>>): void;
};

/** A story told to `print`; `now` gives Unix milliseconds. */
export function newStory(print: (line: string) => void, now: () => number): Story {
  const startedAt = now();
  const facts: Fact[] = [];
  const checks: Check[] = [];
  const scenarios: Outcome[] = [];
  let current = "0";
  const seconds = (): string => `${((now() - startedAt) / 1000).toFixed(1).padStart(6)} s`;
  return {
    checks,
    keep: (outcome) => void scenarios.push(outcome),
    step(id, headline) {
      current = id;
      print(`\n${seconds()}  (${id}) ${headline}`);
      facts.push({ step: id, at: now(), what: headline });
    },
    tell(what, value) {
      print(`${seconds()}      ${what}`);
      facts.push({ step: current, at: now(), what, ...(value === undefined ? {} : { value }) });
    },
    check(name, ok, measured, expected) {
      print(`${seconds()}      ${ok ? "ok  " : "FAIL"} ${name}: ${show(measured)} (expected: ${expected})`);
      checks.push({ step: current, name, ok, measured, expected });
    },
    save(file, more = {}) {
      const report = {
        version: 1,
        startedAt,
        endedAt: now(),
        passed: checks.every(({ ok }) => ok),
        checks,
        facts,
        scenarios,
        ...more,
      };
      writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
    },
  };
}

function show(measured: unknown): string {
  if (typeof measured === "number") return String(Math.round(measured * 1000) / 1000);
  return typeof measured === "string" ? measured : JSON.stringify(measured);
}
