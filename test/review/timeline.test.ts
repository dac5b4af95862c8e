import mermaid from "mermaid";
import { describe, expect, it } from "vitest";
import { nextRunsOf } from "../../src/review/next-runs.ts";
import { timelineOf } from "../../src/review/parts/timeline.ts";
import { reviewManifests } from "../../src/review/review-manifests.ts";
import { renderTerminal } from "../../src/review/terminal.ts";
import { DEFAULT_SETTINGS } from "../../src/settings.ts";

const WORKFLOW = `apiVersion: chaos-mesh.org/v1alpha1
kind: Workflow
metadata: { name: story, namespace: shop }
spec:
  entry: all
  templates:
    - { name: all, templateType: Serial, children: [slow, breathe, kill] }
    - name: slow
      templateType: NetworkChaos
      deadline: 3m
      networkChaos: { action: delay, mode: all, selector: { namespaces: [shop] }, delay: { latency: 100ms } }
    - { name: breathe, templateType: Suspend, deadline: 30s }
    - name: kill
      templateType: PodChaos
      deadline: 1m
      podChaos: { action: pod-kill, mode: one, selector: { namespaces: [shop] } }
`;
const SCHEDULE = `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: { name: nightly, namespace: shop }
spec:
  schedule: CRON_TZ=Europe/Berlin 30 2 * * *
  concurrencyPolicy: Forbid
  historyLimit: 1
  type: PodChaos
  podChaos: { action: pod-failure, mode: one, duration: 5m, selector: { namespaces: [shop] } }
`;
/** The night before summer time begins in Europe, 02:00 to 03:00 missing. */
const NOW = Date.parse("2026-03-27T23:12:00Z");

function review(text: string) {
  const made = reviewManifests({
    files: [{ path: "chaos/a.yaml", text }],
    settings: DEFAULT_SETTINGS,
    environment: "default",
    seed: "00",
    headSha: "0".repeat(40),
    digest: (bytes) => String(bytes.length),
    now: NOW,
  });
  const [reviewed] = made.experiments;
  if (reviewed === undefined) throw new Error("one experiment");
  return { made, reviewed };
}

function chartIn(markdown: string): string {
  return /```mermaid\n(.*?)\n```/s.exec(markdown)?.[1] ?? "";
}

describe("the gantt chart of a review", () => {
  it("is one that mermaid can read, for a Workflow and for a Schedule", async () => {
    for (const text of [WORKFLOW, SCHEDULE])
      expect(await mermaid.parse(chartIn(timelineOf(review(text).reviewed)))).toMatchObject({ diagramType: "gantt" });
  });

  it("would not be read with a task that is none", async () => {
    await expect(mermaid.parse(`${chartIn(timelineOf(review(WORKFLOW).reviewed))}\n  :: x`)).rejects.toThrow();
  });

  it("takes nothing from a name but letters that mean nothing to mermaid", async () => {
    const { reviewed } = review(WORKFLOW);
    const bars = [{ name: "a:b\n%%{init}%%;```", what: "fault", type: "x", startMs: 0 }] as const;
    const hostile = { ...reviewed, experiment: { ...reviewed.experiment, timeline: { bars, notPlaced: ["`@all`"] } } };
    const markdown = timelineOf(hostile);
    expect(await mermaid.parse(chartIn(markdown))).toMatchObject({ diagramType: "gantt" });
    expect(markdown.match(/```/g)).toHaveLength(2);
    expect(markdown).not.toContain("@all");
  });
});

describe("the next runs of a Schedule", () => {
  it("are in its own zone, over the change to summer time", () => {
    const runs = nextRunsOf(review(SCHEDULE).reviewed.experiment, NOW);
    expect(runs).toMatchObject({ zone: "Europe/Berlin", isDeclared: true, lengthMs: 300_000 });
    expect(runs?.times.map(({ shown }) => shown).slice(0, 3)).toEqual([
      "2026-03-28 02:30:00",
      "2026-03-30 02:30:00",
      "2026-03-31 02:30:00",
    ]);
  });

  it("are the same until one has passed, so that a review is not written anew for nothing", () => {
    const { experiment } = review(SCHEDULE).reviewed;
    expect(nextRunsOf(experiment, NOW + 40 * 60_000)).toEqual(nextRunsOf(experiment, NOW));
  });

  it.each([
    { cron: "*/10 * * * *", now: "12:31:00", first: "12:40:00" },
    { cron: "*/10 * * * *", now: "12:40:00", first: "12:50:00" },
    { cron: "@every 5m", now: "12:31:10", first: "12:37:00" },
    { cron: "@hourly", now: "12:59:59", first: "13:00:00" },
  ])("of $cron are all after $now", ({ cron, now, first }) => {
    const { experiment } = review(SCHEDULE.replace(/schedule: .*/, `schedule: "${cron}"`)).reviewed;
    const [next] = nextRunsOf(experiment, Date.parse(`2026-03-27T${now}Z`))?.times ?? [];
    expect(next?.shown).toBe(`2026-03-27 ${first}`);
  });

  it("say whose zone it is where the schedule names none", () => {
    const { reviewed } = review(SCHEDULE.replace("CRON_TZ=Europe/Berlin ", ""));
    expect(timelineOf(reviewed)).toContain("in UTC, the zone of Chaos Mesh's controller");
  });
});

it("draws a Workflow in a terminal as bars of equal scale", () => {
  const lines = renderTerminal(review(WORKFLOW).made).split("\n");
  const bars = lines.filter((line) => /[█░]/.test(line));
  expect(
    bars.map((line) =>
      line
        .replace(/ {2,}/g, " ")
        .trim()
        .replace(/([█░])+/g, "$1"),
    ),
  ).toEqual(["slow █ 0:00-3:00", "breathe ░ 3:00-3:30", "kill █ 3:30-3:30"]);
  expect(lines.join("\n")).toContain("It takes 4:30, never two faults at once.");
});
