import { describe, expect, it } from "vitest";
import { networkChaos, plain, problemCodes, schedule } from "./manifests.ts";

const FAULT = "action: delay, mode: one, selector: {}";

/** The same NetworkChaos by itself, in a Schedule, in a template, in a template's schedule and in a Schedule's workflow. */
function holding(fields: string): Readonly<Record<string, string>> {
  const block = `networkChaos: { ${FAULT}, ${fields} }`;
  const timed = `schedule: { schedule: '@hourly', concurrencyPolicy: Forbid, type: NetworkChaos, ${block} }`;
  const templates = `templates: [{ name: a, templateType: NetworkChaos, deadline: 5s, ${block} }]`;
  return {
    alone: networkChaos(...fields.split("; ")),
    scheduled: schedule("type: NetworkChaos", "-podChaos", block),
    template: plain("Workflow", "entry: a", templates),
    "template's schedule": plain("Workflow", "entry: a", `templates: [{ name: a, templateType: Schedule, ${timed} }]`),
    "scheduled workflow": schedule("type: Workflow", "-podChaos", `workflow: { entry: a, ${templates} }`),
  };
}

describe("an empty text that a default replaces", () => {
  it.each(["alone", "template", "template's schedule"])(
    "is accepted where a webhook writes the default: %s",
    (where) => {
      expect(problemCodes(holding("direction: ''")[where] ?? "")).toEqual([]);
    },
  );

  it.each(["scheduled", "scheduled workflow"])("is refused where none does: %s", (where) => {
    expect(problemCodes(holding("direction: ''")[where] ?? "")).toEqual(["value-not-listed"]);
  });

  it("is refused as a Schedule's own policy", () => {
    expect(problemCodes(schedule("concurrencyPolicy: ''"))).toEqual(["value-not-listed"]);
  });
});
