import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../../src/manifest/parse.ts";
import { type Bar, largestOverlapOf, type Timeline } from "../../../src/manifest/time/timeline.ts";

const FAULT = "timeChaos: { mode: all, timeOffset: 1m, selector: { namespaces: [shop], labelSelectors: { app: a } } }";

function timelineOf(...templates: readonly string[]): Timeline {
  const text = `apiVersion: chaos-mesh.org/v1alpha1
kind: Workflow
metadata: { name: story, namespace: shop }
spec:
  entry: all
  templates:
${templates.map((template) => `    - { ${template} }`).join("\n")}
`;
  const [document] = parseManifestFile("w.yaml", text).documents;
  expect(document?.problems).toEqual([]);
  const timeline = document?.experiment?.timeline;
  if (timeline === undefined) throw new Error("a Workflow has a timeline");
  return timeline;
}

function fault(name: string, seconds?: number): string {
  const deadline = seconds === undefined ? "" : `, deadline: ${seconds}s`;
  return `name: ${name}, templateType: TimeChaos${deadline}, ${FAULT}`;
}

const wait = (name: string, seconds: number) => `name: ${name}, templateType: Suspend, deadline: ${seconds}s`;
const group = (name: string, type: "Serial" | "Parallel", children: string, seconds?: number) =>
  `name: ${name}, templateType: ${type}, children: [${children}]${seconds === undefined ? "" : `, deadline: ${seconds}s`}`;

/** `name start-end` in seconds; `?` is an end that nobody knows. */
function drawn({ bars }: Timeline): readonly string[] {
  return bars.map(
    ({ name, startMs, endMs }) => `${name} ${startMs / 1000}-${endMs === undefined ? "?" : endMs / 1000}`,
  );
}

describe("the timeline of a Workflow", () => {
  it.each([
    {
      what: "runs the children of a Serial one after the other",
      templates: [group("all", "Serial", "a, w, b"), fault("a", 10), wait("w", 5), fault("b", 20)],
      bars: ["a 0-10", "w 10-15", "b 15-35"],
      totalMs: 35_000,
    },
    {
      what: "starts those of a Parallel together, and ends with the last",
      templates: [group("all", "Parallel", "a, b"), fault("a", 10), fault("b", 20)],
      bars: ["a 0-10", "b 0-20"],
      totalMs: 20_000,
    },
    {
      what: "cuts at the deadline above",
      templates: [group("all", "Serial", "a, b, c", 25), fault("a", 10), fault("b", 20), fault("c", 1)],
      bars: ["a 0-10", "b 10-25"],
      totalMs: 25_000,
    },
    {
      what: "places nothing behind a fault that nothing ends",
      templates: [group("all", "Serial", "a, b"), fault("a"), fault("b", 20)],
      bars: ["a 0-?"],
      totalMs: undefined,
    },
    {
      what: "ends with the deadline of a parent what nothing else ends",
      templates: [group("all", "Serial", "p, b"), group("p", "Parallel", "a", 30), fault("a"), fault("b", 20)],
      bars: ["a 0-30", "b 30-50"],
      totalMs: 50_000,
    },
    {
      what: "places a template in its own children once",
      templates: [group("all", "Serial", "a, all"), fault("a", 10)],
      bars: ["a 0-10"],
      totalMs: 10_000,
    },
  ])("$what", ({ templates, bars, totalMs }) => {
    const timeline = timelineOf(...templates);
    expect(drawn(timeline)).toEqual(bars);
    expect(timeline.totalMs).toBe(totalMs);
  });

  it("names what begins at a time that nobody knows", () => {
    const check =
      "name: check, templateType: StatusCheck, statusCheck: { mode: Synchronous, type: HTTP, http: { url: http://a } }";
    const timeline = timelineOf(group("all", "Serial", "check, a"), check, fault("a", 10));
    expect(timeline.notPlaced).toEqual(["a"]);
  });

  it("finds the moment at which most faults are active", () => {
    const timeline = timelineOf(
      group("all", "Parallel", "a, later"),
      group("later", "Serial", "w, both"),
      group("both", "Parallel", "b, c"),
      fault("a", 60),
      wait("w", 30),
      fault("b", 10),
      fault("c", 40),
    );
    expect(timeline.largestOverlap).toEqual({ atMs: 30_000, names: ["a", "b", "c"] });
  });

  it("stays small however often templates name each other", () => {
    const levels = Array.from({ length: 20 }, (_, at) => group(`l${at}`, "Parallel", `l${at + 1}, l${at + 1}`));
    const timeline = timelineOf(group("all", "Parallel", "l0, l0"), ...levels, fault("l20", 5));
    expect(timeline.bars.length).toBeLessThanOrEqual(200);
    expect(timeline.totalMs).toBeUndefined();
  });
});

describe("the largest overlap", () => {
  const bar = fc.record({ start: fc.nat(50), length: fc.integer({ min: 1, max: 30 }) }).map(
    ({ start, length }): Bar => ({
      name: "f",
      what: "fault",
      type: "TimeChaos",
      startMs: start,
      endMs: start + length,
    }),
  );

  it("is what counting at every moment finds", () => {
    fc.assert(
      fc.property(fc.array(bar, { maxLength: 12 }), (bars) => {
        const activeAt = (moment: number) =>
          bars.filter(({ startMs, endMs = 0 }) => startMs <= moment && moment < endMs).length;
        const counts = Array.from({ length: 100 }, (_, moment) => activeAt(moment));
        const most = Math.max(...counts);
        const found = largestOverlapOf(bars);
        expect(found?.names.length ?? most).toBe(most);
        expect(found === undefined).toBe(most < 2);
        if (found !== undefined) expect(found.atMs).toBe(counts.indexOf(most));
      }),
      { numRuns: 500, seed: 11 },
    );
  });
});
