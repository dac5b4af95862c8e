import { describe, expect, it } from "vitest";
import type { Check } from "../../src/github/checks.ts";
import { writeReviewMark } from "../../src/github/marks.ts";
import { shownBy, withShown } from "../../src/github/shown.ts";
import type { Prediction } from "../../src/impact/prediction.ts";
import type { Review } from "../../src/review/review.ts";
import { anExperiment, aReview } from "./facts.ts";

const PREDICTION: Prediction = {
  id: "threads",
  subject: "checkout",
  title: "threads",
  value: 500,
  unit: "threads",
  binding: "pool",
  formula: "rate x time",
  source: "Little 1961",
  inputs: [],
  sentence: "500 threads --> and no comment end",
};

function seen(prediction = PREDICTION): Review {
  const selection = { matched: [], selected: [], peers: [], count: { least: 0, most: 0 }, workloads: [] };
  const impact = { predictions: [prediction], notPredictable: [] };
  return aReview({ experiments: [{ ...anExperiment(), selection, impact }] });
}

function checkWith(text: string, plan = "p1"): Check {
  const externalId = writeReviewMark({ plan, environment: "staging", reviewedAt: 1 });
  return {
    id: 1,
    name: "chaos / review",
    headSha: "abc",
    externalId,
    completed: true,
    text,
    title: "",
    annotationCount: 0,
  };
}

describe("what a review has shown", () => {
  it("is found again in the text of its check, where nobody sees it", () => {
    const text = withShown(seen(), "the text");
    expect(text.endsWith("the text")).toBe(true);
    expect(text.match(/-->/g)).toHaveLength(1);
    expect(shownBy([checkWith(text)], aReview())).toEqual({ "chaos/delay.yaml#0": { predictions: [PREDICTION] } });
  });

  it("keeps whom the review saw, for the ticket", () => {
    const reviewedSelection = { matched: 3, workloads: { "00c0ffee00c0ffee": 3 } };
    const [experiment] = seen().experiments;
    const text = withShown(aReview({ experiments: [{ ...(experiment ?? anExperiment()), reviewedSelection }] }), "");
    expect(shownBy([checkWith(text)], aReview())["chaos/delay.yaml#0"]?.selection).toEqual(reviewedSelection);
  });

  it("names no node and no query, which anybody could unpack", () => {
    const rate = { name: "arrival rate", value: 640, unit: "1/s" };
    const live = { ...rate, from: "live", at: "sum(rate(secret[1m]))" } as const;
    const own = { ...rate, from: "settings", at: "services.checkout.rate" } as const;
    const text = withShown(seen({ ...PREDICTION, inputs: [live, own] }), "the text");
    const [found] = shownBy([checkWith(text)], aReview())["chaos/delay.yaml#0"]?.predictions ?? [];
    expect(found?.inputs).toEqual([{ ...rate, from: "live" }, own]);
  });

  it("counts for its own plan only", () => {
    const text = withShown(seen(), "the text");
    expect(shownBy([checkWith(text, "p0")], aReview())).toEqual({});
  });

  it("is nothing before a runner has answered", () => {
    expect(withShown(aReview(), "the text")).toBe("the text");
    expect(shownBy([checkWith("the text")], aReview())).toEqual({});
  });

  it("gives way to a text that needs all the room there is", () => {
    const long = "x".repeat(65_500);
    expect(withShown(seen(), long)).toBe(long);
  });
});
