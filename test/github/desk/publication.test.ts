import { describe, expect, it } from "vitest";
import { decidePublication } from "../../../src/github/desk/publication.ts";

const before = {
  deployment: 1,
  plan: "p",
  document: "0123456789abcdef",
  sequence: 5,
  phase: "watching",
  publishedAt: 100_000,
};

describe("a report", () => {
  it.each([
    { name: "the first of a run", before: undefined, sequence: 0, phase: "requested", at: 0, is: "publish" },
    { name: "of a new phase that lasts", before, sequence: 6, phase: "finished", at: 100_001, is: "publish" },
    { name: "of a new phase that passes", before, sequence: 6, phase: "rolling-back", at: 100_001, is: "wait" },
    {
      name: "of a phase that should have passed",
      before,
      sequence: 6,
      phase: "rolling-back",
      at: 103_000,
      is: "publish",
    },
    { name: "of the same phase soon after", before, sequence: 6, phase: "watching", at: 109_999, is: "wait" },
    { name: "of the same phase after ten seconds", before, sequence: 6, phase: "watching", at: 110_000, is: "publish" },
    { name: "that was taken before", before, sequence: 5, phase: "watching", at: 200_000, is: "old" },
    { name: "that is older, of an earlier phase", before, sequence: 2, phase: "baseline", at: 200_000, is: "old" },
    {
      name: "after the run has finished",
      before: { ...before, phase: "finished" },
      sequence: 99,
      phase: "watching",
      at: 200_000,
      is: "old",
    },
  ] as const)("$name: $is", ({ before: known, sequence, phase, at, is }) => {
    expect(decidePublication(known, { sequence, phase }, at)).toBe(is);
  });
});
