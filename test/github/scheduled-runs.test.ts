import { describe, expect, it } from "vitest";
import {
  beganSentence,
  dueAt,
  endedSentence,
  lastBegun,
  runUnderWay,
  saidSince,
} from "../../src/github/scheduled-runs.ts";

const TICKET = `t${"0".repeat(20)}`;
const [FIRST, SECOND] = [`${TICKET}-100`, `${TICKET}-200`] as const;
const ABORT = "abort * by dan";

/** Written oldest first; GitHub gives them newest first. */
const said = (...texts: readonly string[]) => texts.map((description) => ({ description })).reverse();

describe("the statuses of a standing ticket", () => {
  it.each([
    ["nothing was said of a run", said("stands"), undefined, undefined],
    ["one has begun", said("stands", beganSentence(FIRST)), FIRST, FIRST],
    ["one has begun and was asked to end", said(beganSentence(FIRST), ABORT), FIRST, FIRST],
    ["one has ended", said(beganSentence(FIRST), endedSentence(FIRST, "resilient")), undefined, FIRST],
    [
      "another has begun since",
      said(beganSentence(FIRST), endedSentence(FIRST, "x"), beganSentence(SECOND)),
      SECOND,
      SECOND,
    ],
    ["the ticket was revoked meanwhile", said(beganSentence(FIRST), "revoked: a.yaml is gone from main"), FIRST, FIRST],
    ["somebody wrote something like it", said(`${beganSentence(FIRST)}!`), undefined, undefined],
  ])("say what goes on where %s", (_, statuses, underWay, last) => {
    expect(runUnderWay(statuses)).toBe(underWay);
    expect(lastBegun(statuses)).toBe(last);
  });

  it.each([
    ["before it began", said(ABORT, beganSentence(FIRST)), []],
    ["since it began", said(beganSentence(FIRST), ABORT), [ABORT]],
    [
      "between two words of its beginning",
      said(beganSentence(FIRST), ABORT, beganSentence(FIRST)),
      [beganSentence(FIRST), ABORT],
    ],
    ["of the run before it", said(beganSentence(FIRST), ABORT, beganSentence(SECOND)), []],
    ["to one that never began", said(ABORT), []],
  ])("keep from a run or tell it what was said %s", (name, statuses, expected) => {
    const run = name.endsWith("before it") ? SECOND : FIRST;
    expect(saidSince(statuses, run).map(({ description }) => description)).toEqual(expected);
  });

  it("name a run by the second it was due", () => {
    expect(dueAt(SECOND)).toBe(200);
  });
});
