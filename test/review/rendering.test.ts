import { describe, expect, it } from "vitest";
import { renderReviewCheck } from "../../src/review/check.ts";
import { renderComment } from "../../src/review/comment.ts";
import { renderJson } from "../../src/review/json.ts";
import { renderTerminal } from "../../src/review/terminal.ts";
import { aClusterWith, pods } from "../fakes/snapshot.ts";
import { BROKEN, FIXED, reviewOf, reviewOfFiles, SHOP, settingsWith } from "./a-review.ts";

const MEMBERS = { audience: "members" } as const;
const REVIEWED = reviewOf(FIXED, { snapshot: SHOP });
const NOW = Date.parse("2026-03-27T12:00:00Z");
const PARTITION = FIXED.replace("action: delay", "action: partition")
  .replace(/ {2}delay: .*\n/, "")
  .replace("5m", "20s");
const SPEC = FIXED.slice(FIXED.indexOf("spec:\n") + "spec:\n".length);
const WORKFLOW = `apiVersion: chaos-mesh.org/v1alpha1
kind: Workflow
metadata: { name: slow-then-gone, namespace: staging }
spec:
  entry: story
  templates:
    - { name: story, templateType: Serial, children: [slow, breathe, gone] }
    - { name: slow, templateType: Parallel, children: [slow-payment, skewed-payment] }
    - name: slow-payment
      templateType: NetworkChaos
      deadline: 3m
      networkChaos:
${SPEC.replace(/^ {2}duration: .*\n/m, "")
  .replace(/^/gm, "      ")
  .trimEnd()}
    - name: skewed-payment
      templateType: TimeChaos
      deadline: 2m
      timeChaos: { mode: all, timeOffset: 1m, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
    - { name: breathe, templateType: Suspend, deadline: 30s }
    - name: gone
      templateType: PodChaos
      deadline: 1m
      podChaos: { action: pod-kill, mode: one, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
`;
const SCHEDULE = `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: { name: every-night, namespace: staging }
spec:
  schedule: CRON_TZ=Europe/Berlin 30 2 * * 1-5
  concurrencyPolicy: Forbid
  historyLimit: 3
  type: NetworkChaos
  networkChaos:
${SPEC.replace(/^/gm, "  ").trimEnd()}
`;
const SEVERAL = [
  { path: "chaos/delay.yaml", text: FIXED },
  { path: "chaos/night.yaml", text: SCHEDULE },
  { path: "chaos/kill.yaml", text: BROKEN.replaceAll("network-delay", "old-delay") },
];

/** Three pods of a workload, one of its canary, and a budget over them. */
const CHECKOUT = { labels: { app: "checkout-service" } };
const CANARY = aClusterWith(
  [
    ...pods("checkout", 3, { ...CHECKOUT, node: "node-1" }),
    ...pods("checkout-canary", 1, { ...CHECKOUT, node: "node-2", workload: "Deployment/checkout-canary" }),
    ...pods("payment", 1, { labels: { app: "payment-service" }, workload: "Deployment/payment" }),
  ],
  { budgets: [{ namespace: "staging", name: "checkout", matchLabels: CHECKOUT.labels, disruptionsAllowed: 1 }] },
);

describe("the comment", () => {
  it.each([
    { name: "problems", review: reviewOf(BROKEN) },
    { name: "reviewed", review: REVIEWED },
    { name: "waiting", review: reviewOf(FIXED, { selectionMissing: "the runner of staging has not answered yet" }) },
    { name: "refused", review: reviewOf(FIXED.replace("'30'", "'60'"), { snapshot: SHOP }) },
    { name: "approval", review: reviewOf(FIXED, { snapshot: SHOP, settings: settingsWith({ runOnMerge: true }) }) },
    {
      name: "kill",
      review: reviewOf(
        FIXED.replace("NetworkChaos", "PodChaos")
          .replace("action: delay", "action: pod-kill")
          .replace(/ {2}direction[\s\S]*$/, ""),
        { snapshot: SHOP },
      ),
    },
    { name: "partition", review: reviewOf(PARTITION, { snapshot: SHOP }) },
    { name: "foreign-namespace", review: reviewOf(FIXED.replaceAll("staging", "kube-system")) },
    { name: "workflow", review: reviewOf(WORKFLOW, { snapshot: SHOP, now: NOW }) },
    { name: "schedule", review: reviewOf(SCHEDULE, { snapshot: SHOP, now: NOW }) },
    { name: "several", review: reviewOfFiles(SEVERAL, { snapshot: SHOP, now: NOW }) },
    { name: "nobody", review: reviewOf(FIXED.replaceAll("checkout-service", "check-out"), { snapshot: SHOP }) },
    { name: "not-yaml", review: reviewOf("apiVersion: chaos-mesh.org/v1alpha1\n  kind: [PodChaos\n") },
  ])("reads as in golden/review/comment-$name.md", async ({ name, review }) => {
    await expect(`${renderComment(review, MEMBERS)}\n`).toMatchFileSnapshot(`../golden/review/comment-${name}.md`);
  });

  it("says what any draw may hit: workloads, nodes and budgets, and what would be left", async () => {
    const markdown = renderComment(reviewOf(FIXED.replace("'30'", "'50'"), { snapshot: CANARY }), MEMBERS);
    expect(markdown).toContain("single-point");
    await expect(`${markdown}\n`).toMatchFileSnapshot("../golden/review/comment-reach.md");
  });

  it("for the public has counts, and no name of a pod or workload", async () => {
    const markdown = renderComment(REVIEWED, { audience: "public" });
    expect(markdown).not.toMatch(/checkout-\d|payment-\d|Deployment/);
    expect(renderComment(REVIEWED, MEMBERS)).toMatch(/checkout-\d/);
    await expect(`${markdown}\n`).toMatchFileSnapshot("../golden/review/comment-public.md");
  });

  it("stays under the limit with fences and folds closed, however much there is to say", () => {
    const text = Array.from({ length: 60 }, (_, index) => FIXED.replace("network-delay", `delay-${index}`)).join(
      "---\n",
    );
    const big = aClusterWith([
      ...SHOP.pods,
      ...pods(`checkout-${"x".repeat(200)}`, 90, { labels: { app: "checkout-service" } }),
    ]);
    const markdown = renderComment(reviewOf(text, { snapshot: big }), MEMBERS);
    expect(markdown.length).toBeLessThan(60_000);
    expect((markdown.match(/^```/gm) ?? []).length % 2).toBe(0);
    expect((markdown.match(/<details/g) ?? []).length).toBe((markdown.match(/<\/details>/g) ?? []).length);
  });

  it("draws at most 60 nodes with plain labels", () => {
    const big = aClusterWith(pods("checkout", 400, { labels: { app: "checkout-service" } }));
    const markdown = renderComment(reviewOf(FIXED.replace("'30'", "'50'"), { snapshot: big }), MEMBERS);
    const labels = [...markdown.matchAll(/^ {4}\w+\["([^"]*)"\]$/gm)].map(([, label]) => label ?? "");
    expect(labels.length).toBeGreaterThan(10);
    expect(labels.length).toBeLessThanOrEqual(60);
    expect(labels.filter((label) => !/^[A-Za-z0-9_.-]+$/.test(label))).toEqual([]);
  });
});

describe("the check", () => {
  it("stands at the lines of the manifest, with the fix and what is meant", () => {
    const { conclusion, title, annotations } = renderReviewCheck(reviewOf(BROKEN), MEMBERS);
    expect({ conclusion, title }).toEqual({
      conclusion: "failure",
      title: "The cluster would refuse this: 3 problems",
    });
    expect(annotations[0]).toMatchObject({
      path: "chaos/network-delay.yaml",
      start_line: 9,
      end_line: 9,
      annotation_level: "failure",
      title: "value-not-a-count",
    });
  });

  it.each([
    { name: "reviewed", review: REVIEWED, conclusion: "success" },
    { name: "invalid", review: reviewOf(BROKEN), conclusion: "failure" },
    { name: "refused", review: reviewOf(FIXED.replaceAll("staging", "kube-system")), conclusion: "failure" },
    { name: "without an experiment", review: reviewOf("a: 1\n"), conclusion: "skipped" },
  ])("of a review that is $name is $conclusion", ({ review, conclusion }) => {
    expect(renderReviewCheck(review, MEMBERS).conclusion).toBe(conclusion);
  });

  it("fits GitHub's limits and its columns", () => {
    const { title, text, annotations } = renderReviewCheck(reviewOf(BROKEN), MEMBERS);
    expect(title.length).toBeLessThanOrEqual(140);
    expect(text.length).toBeLessThan(65_535);
    for (const { start_line, end_line, start_column = 1, end_column = start_column } of annotations) {
      expect(end_line).toBeGreaterThanOrEqual(start_line);
      expect(end_column).toBeGreaterThanOrEqual(start_column);
    }
  });
});

describe("the terminal and JSON", () => {
  it("say whom the draw may hit as in golden/review/terminal-reach.txt, and nothing without a cluster", async () => {
    const text = renderTerminal(reviewOf(FIXED.replace("'30'", "'50'"), { snapshot: CANARY }));
    expect(renderTerminal(reviewOf(FIXED))).not.toContain("reaches");
    await expect(text).toMatchFileSnapshot("../golden/review/terminal-reach.txt");
  });

  it("show ten workloads and how many more, whatever their names would do to a screen", () => {
    const many = Array.from({ length: 14 }, (_, at) =>
      pods(`checkout-${at}`, 1, { labels: { app: "checkout-service" }, workload: `Deployment/\u001b[2J\u202e${at}` }),
    );
    const text = renderTerminal(reviewOf(FIXED, { snapshot: aClusterWith(many.flat()) }));
    expect(text.match(/^.*Deployment\/.*its only pod$/gm)).toHaveLength(10);
    expect(text).toContain("          and 4 more\n");
    expect([...text].filter((letter) => letter !== "\n" && (letter < " " || letter === "\u202e"))).toEqual([]);
  });

  it("say the same as in golden/review/terminal.txt", async () => {
    const text = renderTerminal(REVIEWED) + renderTerminal(reviewOf(BROKEN));
    await expect(text).toMatchFileSnapshot("../golden/review/terminal.txt");
  });

  it("carry the whole review", () => {
    expect(JSON.parse(renderJson(REVIEWED))).toMatchObject({ version: 1, plan: REVIEWED.plan, outcome: "reviewed" });
  });
});
