import { describe, expect, it } from "vitest";
import type { ExperimentChange } from "../../src/review/changes.ts";
import { renderComment } from "../../src/review/comment.ts";
import { verdictOf } from "../../src/review/parts/verdict.ts";
import { renderTerminal } from "../../src/review/terminal.ts";
import { FIXED, reviewOfFiles, SHOP } from "./a-review.ts";

const MEMBERS = { audience: "members" } as const;
const PATH = "chaos/delay.yaml";
const KILL = `apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: { name: kill, namespace: staging }
spec: { action: pod-kill, mode: one, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
`;
const SKEW = `apiVersion: chaos-mesh.org/v1alpha1
kind: TimeChaos
metadata: { name: skew, namespace: staging }
spec: { mode: one, timeOffset: 1m, duration: 30s, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
`;
const NAMES = `apiVersion: chaos-mesh.org/v1alpha1
kind: DNSChaos
metadata: { name: names, namespace: staging }
spec: { action: error, mode: one, duration: 30s, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
`;

type Files = Parameters<typeof reviewOfFiles>[0];
const file = (text: string, path = PATH) => ({ path, text });
const review = (base: Files, files: Files) => reviewOfFiles(files, { base, snapshot: SHOP });

const words = (one: ExperimentChange) =>
  one.change === "changed"
    ? one.differences.map(({ what, before, now }) => `${one.name} ${what}: ${before} -> ${now}`)
    : [`${one.name} ${one.change}`];
const changes = (base: Files, files: Files) => (review(base, files).changes ?? []).flatMap(words);

const NAME = "network-delay-checkout-to-payment";

describe("against the base, a review says", () => {
  it.each([
    { name: "nothing of what is the same", now: FIXED, says: [] },
    { name: "nothing of comments and order", now: `# a comment\n${FIXED}`, says: [] },
    {
      name: "another fault",
      now: FIXED.replace("500ms", "200ms"),
      says: [`${NAME} fault: delay 500 ms ± 50 ms -> delay 200 ms ± 50 ms`],
    },
    { name: "another duration", now: FIXED.replace("5m", "30s"), says: [`${NAME} duration: 5 min -> 30 s`] },
    {
      name: "another mode with its pods",
      now: FIXED.replace("'30'", "'50'"),
      says: [
        `${NAME} mode: 30 % of the matching pods, rounded up, drawn at the run -> 50 % of the matching pods, rounded up, drawn at the run`,
        `${NAME} pods: 3 of 10 matching pods (30 %), drawn at the run -> 5 of 10 matching pods (50 %), drawn at the run`,
      ],
    },
    {
      name: "other pods",
      now: FIXED.replace("checkout-service", "payment-service"),
      says: [
        `${NAME} pods: 3 of 10 matching pods (30 %), drawn at the run -> 1 of 2 matching pods (50 %), drawn at the run`,
      ],
    },
    { name: "that something else differs", now: FIXED.replace("to\n", "from\n"), says: [`${NAME} other fields:  -> `] },
    {
      name: "that the cluster would now refuse it",
      now: FIXED.replace("'30'", "'x'"),
      says: [`${NAME} the cluster: accepts it -> refuses it`],
    },
  ])("$name", ({ now, says }) => {
    expect(changes([file(FIXED)], [file(now)])).toEqual(says);
  });

  it("what is new and what is gone, and nothing of a file that is moved", () => {
    expect(changes([], [file(FIXED)])).toEqual([`${NAME} added`]);
    expect(changes([file(FIXED), file(KILL, "chaos/kill.yaml")], [file(FIXED, "chaos/moved.yaml")])).toEqual([
      "kill removed",
    ]);
  });

  it("that a kind which is not modelled differs, though not how", () => {
    expect(changes([file(NAMES)], [file(NAMES.replace("error", "random"))])).toEqual(["names other fields:  -> "]);
    expect(changes([file(NAMES)], [file(NAMES)])).toEqual([]);
  });

  it("by how much a clock is shifted", () => {
    expect(changes([file(SKEW)], [file(SKEW.replace("1m", "2m"))])).toEqual([
      "skew fault: clock +1 min -> clock +2 min",
    ]);
    expect(changes([file(SKEW)], [file(SKEW)])).toEqual([]);
  });

  it("in its first sentence that experiments are removed, where that is all", () => {
    expect(verdictOf(review([file(KILL)], [])).sentence).toBe("1 chaos experiment is removed, and none is changed");
    expect(verdictOf(review([], [])).sentence).toBe("No chaos experiment is changed");
  });

  it("all of it in a short table, as in golden/review/comment-changes.md", async () => {
    const base = [file(`${FIXED}---\n${SKEW}`), file(KILL, "chaos/kill.yaml")];
    const now = [
      file(FIXED.replace("500ms", "200ms").replace("5m", "30s").replace("'30'", "'50'")),
      file(KILL.replace("name: kill", "name: kill-one"), "chaos/kill.yaml"),
    ];
    const found = review(base, now);
    expect(renderTerminal(found)).toContain(
      `changed NetworkChaos ${NAME}\n  fault: delay 500 ms ± 50 ms -> delay 200 ms`,
    );
    await expect(`${renderComment(found, MEMBERS)}\n`).toMatchFileSnapshot("../golden/review/comment-changes.md");
  });

  it("nothing at all where nobody looked at the base, and mentions nobody", () => {
    expect(renderComment(reviewOfFiles([file(FIXED)]), MEMBERS)).not.toMatch(/base,|What changes/);
    const hostile = KILL.replace("name: kill", 'name: "@acme/all | <b>"');
    const markdown = renderComment(review([file(hostile), file(FIXED)], [file(FIXED)]), MEMBERS);
    expect(markdown).toContain("@acme/all");
    expect(markdown.replace(/`[^`\n]*`/g, "")).not.toContain("@acme");
  });

  it("of a hundred changes twenty rows, and how many more", () => {
    const many = (latency: string) =>
      Array.from({ length: 100 }, (_, at) =>
        file(FIXED.replace("500ms", latency).replace("name: network", `name: d${at}`), `chaos/${at}.yaml`),
      );
    const markdown = renderComment(review(many("500ms"), many("200ms")), MEMBERS);
    expect(markdown).toContain("_and 80 more_");
    expect(markdown.length).toBeLessThan(60_000);
  });
});
