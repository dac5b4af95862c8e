import { describe, expect, it } from "vitest";
import { calibrate, type MeasuredFigure } from "../../src/impact/calibrate.ts";
import { correctSettings } from "../../src/settings/correct.ts";
import { parseSettings } from "../../src/settings.ts";

const BLOCK = `version: 1
services:
  checkout: # the web tier
    namespace: staging
    rate: 200/s # by the dashboard
    calls:
      - to: payment
        rtt: 2ms
        timeout: 2s # by contract
`;
const FLOW = `version: 1
services:
  checkout:
    namespace: staging
    calls:
      - { to: payment, timeout: 2s, rtt: 2ms }
`;
const ABOUT = [{ subject: "checkout -> payment" }];

function measured(values: Readonly<Record<string, number>>): readonly MeasuredFigure[] {
  return Object.entries(values).map(([id, value]) => ({ id, value, unit: "", how: `measured ${id}` }));
}

function corrected(text: string, values: Readonly<Record<string, number>>): string {
  const parsed = parseSettings(text);
  if ("problems" in parsed) throw new Error(parsed.problems[0]?.message);
  return correctSettings(text, calibrate(parsed.settings.services, ABOUT, measured(values)));
}

describe("the settings after a run", () => {
  it("have what was measured in place of what was written, and everything else as it was", () => {
    expect(corrected(BLOCK, { "arrival-rate": 260, "round-trip": 0.31, "service-time": 5.2 })).toBe(
      BLOCK.replace("200/s", "260/s")
        .replace("rtt: 2ms", "rtt: 310us")
        .replace("timeout: 2s", "timeout: 2s\n        serviceTime: 5.2ms"),
    );
  });

  it("keep flow maps on their line", () => {
    expect(corrected(FLOW, { "arrival-rate": 260, "service-time": 5 })).toBe(
      FLOW.replace("namespace: staging", "namespace: staging\n    rate: 260/s").replace(
        "rtt: 2ms }",
        "rtt: 2ms, serviceTime: 5ms }",
      ),
    );
  });

  it("have the window that carried the throughput over the measured round trip", () => {
    const found = corrected(FLOW, { "window-throughput": 130_000, "round-trip": 2, "added-latency": 500 });
    expect(found).toContain("window: 65260");
    expect(corrected(FLOW, { "window-throughput": 130_000, "round-trip": 2 })).toBe(FLOW);
  });

  it("stay as they are where they agree within 10 %, or where the run was about something else", () => {
    expect(corrected(BLOCK, { "arrival-rate": 210, "round-trip": 2.1 })).toBe(BLOCK);
    const parsed = parseSettings(BLOCK);
    const services = "settings" in parsed ? parsed.settings.services : [];
    const others = [{ subject: "catalog -> search" }];
    expect(calibrate(services, others, measured({ "arrival-rate": 1 }))).toEqual([]);
  });

  it("can be read again, and then need no correction", () => {
    const values = { "arrival-rate": 260, "round-trip": 0.31, "service-time": 5.2 };
    const once = corrected(BLOCK, values);
    expect(corrected(once, values)).toBe(once);
  });
});
