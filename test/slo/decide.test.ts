import { describe, expect, it } from "vitest";
import { judgeBaseline } from "../../src/slo/baseline.ts";
import { decide } from "../../src/slo/decide.ts";
import type { Reading } from "../../src/slo/objective.ts";
import { meanOf, worstOf } from "../../src/slo/worst.ts";
import { anObjective, OUTSIDE } from "../fakes/ticket.ts";

type Kind = Reading["kind"];

/** One reading per second of the objective inside the radius, or of another. */
function readings(kinds: readonly Kind[], { objective = "checkout-errors", everyMs = 1_000 } = {}): readonly Reading[] {
  const scope = objective === OUTSIDE.name ? "outside" : "inside";
  return kinds.map((kind, index) => ({
    objective,
    scope,
    at: index * everyMs,
    kind,
    bound: { kind: "below", value: 0.02 },
    detail: kind,
  }));
}

describe("after a poll a run", () => {
  it.each<{ name: string; kinds: readonly Kind[]; everyMs?: number; why: string | undefined }>([
    { name: "goes on while all is ok", kinds: ["ok", "ok"], why: undefined },
    { name: "stops at once at a breach", kinds: ["ok", "breach"], why: "breach" },
    { name: "goes on after a breach that a baseline would have refused", kinds: ["breach", "ok"], why: undefined },
    { name: "bears two blind polls", kinds: ["ok", "no-data", "stale"], why: undefined },
    { name: "stops at the third", kinds: ["ok", "no-data", "stale", "query-error"], why: "blind" },
    {
      name: "stops after ten seconds of blindness, however few the polls",
      kinds: ["ok", "stale", "stale"],
      everyMs: 10_000,
      why: "blind",
    },
    { name: "counts blindness anew after an ok", kinds: ["stale", "stale", "ok", "stale", "stale"], why: undefined },
    {
      name: "is not calmed by too little traffic",
      kinds: ["not-enough-traffic", "not-enough-traffic", "not-enough-traffic"],
      why: "blind",
    },
    { name: "goes on before anything was read", kinds: [], why: undefined },
  ])("$name", ({ kinds, everyMs = 1_000, why }) => {
    const decision = decide(readings(kinds, { everyMs }));
    expect(decision.kind === "stop" ? decision.why : undefined).toBe(why);
  });

  it("says that the blast radius was exceeded when something outside it breaches, whatever happens inside", () => {
    const both = [...readings(["breach"]), ...readings(["breach"], { objective: OUTSIDE.name })];
    expect(decide(both)).toMatchObject({ why: "spillover", objective: OUTSIDE.name });
    expect(decide(readings(["breach"]))).toMatchObject({ why: "breach" });
  });

  it("is not kept from stopping by another objective that is ok", () => {
    const blind = readings(["stale", "stale", "stale"]);
    const fine = readings(["ok", "ok", "ok"], { objective: OUTSIDE.name });
    expect(decide([...blind, ...fine])).toMatchObject({ why: "blind", objective: "checkout-errors" });
  });
});

describe("a baseline", () => {
  const objectives = [anObjective()];

  it.each<{ name: string; kinds: readonly Kind[]; kind: string }>([
    { name: "waits for its window", kinds: ["ok", "ok"], kind: "wait" },
    { name: "is met after it", kinds: ["ok", "ok", "ok"], kind: "met" },
    { name: "starts anew after a blind poll", kinds: ["ok", "ok", "stale", "ok", "ok"], kind: "wait" },
    { name: "is refused at the first breach", kinds: ["ok", "breach"], kind: "refused" },
    { name: "waits out blindness, which endangers nobody yet", kinds: ["stale", "stale", "stale"], kind: "wait" },
    { name: "is refused when it stays blind", kinds: Array(12).fill("stale"), kind: "refused" },
    {
      name: "is refused when it is never steady",
      kinds: Array.from({ length: 12 }, (_, index) => (index % 2 === 0 ? "ok" : "stale")),
      kind: "refused",
    },
  ])("$name", ({ kinds, kind }) => {
    expect(judgeBaseline(readings(kinds), objectives, 3).kind).toBe(kind);
  });

  it("waits for every objective", () => {
    const two = [anObjective(), OUTSIDE];
    expect(judgeBaseline(readings(["ok", "ok", "ok"]), two, 3).kind).toBe("wait");
    const both = [...readings(["ok", "ok", "ok"]), ...readings(["ok", "ok", "ok"], { objective: OUTSIDE.name })];
    expect(judgeBaseline(both, two, 3).kind).toBe("met");
  });

  it("is never met without an objective", () => {
    expect(judgeBaseline([], [], 3).kind).not.toBe("met");
  });
});

describe("figures of an objective", () => {
  const [blind] = readings(["stale"]);
  const values = [0.01, 0.03].flatMap((value) => readings(["ok"]).map((reading) => ({ ...reading, value })));

  it("leave out what was not read", () => {
    const all = blind === undefined ? [] : [blind, ...values];
    expect(meanOf(all, anObjective())).toBe(0.02);
    expect(worstOf(all, anObjective())).toBe(0.03);
    expect(meanOf([], anObjective())).toBeUndefined();
  });

  it("are worst at the low end when the promise is `above`", () => {
    expect(worstOf(values, anObjective({ bound: { kind: "above", value: 1 } }))).toBe(0.01);
  });
});
