import { describe, expect, it } from "vitest";
import { renderRunCheck, renderRunComment } from "../../src/review/run-report.ts";
import type { RunReport } from "../../src/run/report.ts";
import { aRun, aRunningRun, aVictim, ERRORS, readings } from "./a-run.ts";

const RESILIENT = aRun({
  verdict: "resilient",
  because: "every objective held for 30 s",
  readings: aRun().readings.filter(({ kind }) => kind === "ok"),
});

const LEFT = aRun({
  verdict: "inconclusive",
  because: "a part was lost: node-1: the daemon did not answer",
  rollback: "failed",
  undoFailures: ["could not revert fault f0 on node-1: connection refused"],
  residue: { checkedAt: aRun().updatedAt, found: ["nft table inet chaosgate in pod checkout-2"] },
});

const REFUSED = aRun({
  verdict: "refused",
  because: "checkout error rate is 1.20 % before any fault, and the baseline must be below 0.1 %",
  rollback: "not-needed",
  victims: [],
  readings: [...readings(ERRORS, "baseline", 2, [0.012, 0.012])],
  measured: [],
});

const members = (report: RunReport) => renderRunComment(report, { audience: "members" });

describe("the comment of a run", () => {
  it.each([
    { name: "watching", report: aRunningRun() },
    { name: "violated", report: aRun() },
    { name: "resilient", report: RESILIENT },
    { name: "left-behind", report: LEFT },
    { name: "refused", report: REFUSED },
  ])("reads as in golden/review/run-$name.md", async ({ name, report }) => {
    await expect(`${members(report)}\n`).toMatchFileSnapshot(`../golden/review/run-${name}.md`);
  });

  it("for the public reads as in golden/review/run-public.md, without a name of a pod or node", async () => {
    const markdown = renderRunComment(LEFT, { audience: "public" });
    expect(markdown).not.toMatch(/checkout-2|payment-1|node-1/);
    await expect(`${markdown}\n`).toMatchFileSnapshot("../golden/review/run-public.md");
  });

  it("shows a poll without an answer as a dot and counts it, and never as a zero", () => {
    expect(members(aRun())).toContain("(1 × no-data)");
    expect(members(aRun())).toMatch(/P99.*·/);
  });

  it("stays under the limit and keeps every fence and fold closed, whatever the length", () => {
    const many = aRun({
      victims: Array.from({ length: 400 }, (_, index) => aVictim({ pod: `pod-${"x".repeat(200)}-${index}` })),
      timeline: Array.from({ length: 200 }, (_, at) => ({ at, what: `\`\`\`${"y".repeat(490)}` })),
    });
    const markdown = members(many);
    expect(markdown.length).toBeLessThan(60_000);
    expect((markdown.match(/^```/gm) ?? []).length % 2).toBe(0);
    expect((markdown.match(/<details/g) ?? []).length).toBe((markdown.match(/<\/details>/g) ?? []).length);
    expect(markdown).toContain("did not fit");
  });

  it("lets no text of a cluster act", () => {
    const hostile = "@everyone #1 <img src=x onerror=alert(1)> https://evil.example | `x` \u202e";
    const markdown = members(aRun({ because: hostile, hypothesis: hostile, requester: hostile }));
    expect(markdown.replace(/`[^`]*`/g, "")).not.toMatch(/<img|@everyone|#1|https:\/\/evil/);
    expect(markdown).not.toContain("\u202e");
  });
});

describe("the check of a run", () => {
  it.each([
    { verdict: "resilient", rollback: "verified", conclusion: "success" },
    { verdict: "resilient", rollback: "expired", conclusion: "failure" },
    { verdict: "resilient", rollback: "failed", conclusion: "failure" },
    { verdict: "violated", rollback: "verified", conclusion: "failure" },
    { verdict: "aborted", rollback: "verified", conclusion: "cancelled" },
    { verdict: "inconclusive", rollback: "verified", conclusion: "action_required" },
    { verdict: "refused", rollback: "not-needed", conclusion: "action_required" },
  ] as const)("of $verdict with rollback $rollback is $conclusion", ({ verdict, rollback, conclusion }) => {
    expect(renderRunCheck(aRun({ verdict, rollback }), { audience: "members" }).conclusion).toBe(conclusion);
  });

  it("has no conclusion while the run goes on, and says what it does", () => {
    const { conclusion, title } = renderRunCheck(aRunningRun(), { audience: "members" });
    expect({ conclusion, title }).toEqual({
      conclusion: undefined,
      title: "Watching the objectives under the fault",
    });
  });

  it("says in its title what was found", () => {
    expect(renderRunCheck(aRun(), { audience: "members" }).title).toBe(
      "Violated: checkout error rate 2.34 % is not below 2 %, 13.0 s after the fault",
    );
  });
});
