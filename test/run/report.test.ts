import { describe, expect, it } from "vitest";
import { isReportsRequest } from "../../src/channel/message-shapes.ts";
import { MAX_BODY_BYTES } from "../../src/channel/protocol.ts";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { begin } from "../../src/run/step.ts";
import { emptyStory, read, tell } from "../../src/run/story.ts";
import type { Reading } from "../../src/slo/objective.ts";
import { aDelay } from "../fakes/experiment.ts";
import { aWorld, someTerms } from "../fakes/run.ts";

const ENDLESS = "x".repeat(10_000);

describe("a report", () => {
  it("is taken by the bot whatever the world says, phase by phase", async () => {
    const world = aWorld();
    const { inject, revert } = world.faults;
    world.faults.inject = async (node, request) => {
      const receipt = await inject(node, request);
      return { ...receipt, felt: { ...receipt.felt, how: ENDLESS } };
    };
    world.faults.revert = async (...call) => ({ ...(await revert(...call)), failures: [ENDLESS] });
    world.faults.residue = async () => Array(5_000).fill(ENDLESS);
    const probe = { connectTimes: async () => Promise.reject(new Error(ENDLESS)) };
    const terms = someTerms({ experiment: aDelay({ hypothesis: ENDLESS }) });
    await world.journal.claim(terms.runId, 0);
    await drive({ step: begin(terms), events: 0 }, { ...world, probe }, createInbox());
    expect(new Set(world.reports.sent.map(({ phase }) => phase)).size).toBeGreaterThan(5);
    for (const report of world.reports.sent)
      expect(isReportsRequest(JSON.parse(JSON.stringify({ report })))).toBe(true);
    const largest = Math.max(...world.reports.sent.map((report) => JSON.stringify({ report }).length));
    expect(largest).toBeLessThan(MAX_BODY_BYTES);
  });
});

describe("a story", () => {
  const reading = (at: number, kind: Reading["kind"] = "ok"): Reading => ({
    objective: "checkout-errors",
    scope: "inside",
    at,
    kind,
    bound: { kind: "below", value: 0.02 },
    detail: "",
  });

  it("thins the older watching readings of a long run, and keeps the baseline, every breach and the newest", () => {
    let story = read(emptyStory(0), 0, "baseline", [reading(0)]);
    for (let at = 1; at <= 10_000; at += 1)
      story = read(story, at, "watching", [reading(at, at === 500 ? "breach" : "ok")]);
    expect(story.readings.length).toBeLessThanOrEqual(1_200);
    const times = story.readings.map(({ at }) => at);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    expect(times).toEqual(expect.arrayContaining([0, 500, 9_998, 9_999, 10_000]));
  });

  it("keeps the beginning and the end of a long timeline", () => {
    let story = emptyStory(0);
    for (let at = 0; at < 1_000; at += 1) story = tell(story, at, `${at}`);
    expect(story.timeline).toHaveLength(200);
    expect([story.timeline[0]?.what, story.timeline.at(-1)?.what]).toEqual(["0", "999"]);
  });
});
