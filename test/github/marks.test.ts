import { describe, expect, it } from "vitest";
import {
  readApprovalMark,
  readProgressMark,
  readReviewMark,
  readStopMark,
  writeApprovalMark,
  writeProgressMark,
  writeReviewMark,
  writeStopMark,
} from "../../src/github/marks.ts";

describe("a mark", () => {
  it("is read as it was written, whatever its values hold", () => {
    const review = {
      plan: "p;1=2",
      environment: "staging%",
      pusher: "ada-l",
      reviewedAt: 1_700_000_000_123,
      settings: "0f",
    };
    expect(readReviewMark(writeReviewMark(review))).toEqual(review);
    const approval = { plan: "p1", environment: "staging", login: "grace", comment: 7 };
    expect(readApprovalMark(writeApprovalMark(approval))).toEqual(approval);
    const progress = {
      deployment: 12,
      plan: "p1",
      document: "0123456789abcdef",
      sequence: -1,
      phase: "rolling-back",
      publishedAt: 1_700_000_000_000,
    };
    expect(readProgressMark(`${writeProgressMark(progress)}\ntext`)).toEqual(progress);
    const before = "<!-- chaosgate:progress 12 p1 -1 rolling-back 1700000000000 -->";
    expect(readProgressMark(before)).toEqual({ ...progress, document: "" });
    const stop = { kind: "abort", runId: "t0123456789abcdef0123-0", by: "grace" } as const;
    expect(readStopMark(writeStopMark(stop))).toEqual(stop);
  });

  it("without a pusher stays without one", () => {
    expect(readReviewMark(writeReviewMark({ plan: "p", environment: "e", reviewedAt: 1 }))?.pusher).toBeUndefined();
  });

  it.each([
    { name: "an empty id", text: "" },
    { name: "another kind of mark", text: "chaosgate:approval;plan=p;environment=e;reviewedAt=1" },
    { name: "a time that is none", text: "chaosgate:review;plan=p;environment=e;reviewedAt=soon" },
    { name: "a broken escape", text: "chaosgate:review;plan=%zz;environment=e;reviewedAt=1" },
  ])("is not made of $name", ({ text }) => {
    expect(readReviewMark(text)).toBeUndefined();
  });

  it("that stops a run stays within GitHub's 140 characters", () => {
    const mark = { kind: "abort", runId: `t${"0".repeat(20)}-9999`, by: "a".repeat(39) } as const;
    expect(writeStopMark(mark).length).toBeLessThanOrEqual(140);
  });
});
