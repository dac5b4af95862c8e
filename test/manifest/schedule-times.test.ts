import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";

const PAGES = resolve(import.meta.dirname, "../../docs/rules");
const CODES = [
  "schedule-never-fires",
  "schedule-overlaps-itself",
  "schedule-stalls",
  "schedule-may-miss-too-much",
  "schedule-zone-undeclared",
  "template-unreachable",
  "template-cycle",
  "children-outlive-parent",
  "same-victims-in-parallel",
] as const;

function schedule(cron: string, rest: string): readonly string[] {
  const text = `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: { name: nightly, namespace: shop }
spec:
  schedule: "${cron}"
  historyLimit: 1
  ${rest}
  type: PodChaos
  podChaos: { action: pod-failure, mode: one, duration: 5m, selector: { namespaces: [shop], labelSelectors: { app: a } } }
`;
  const [document] = parseManifestFile("s.yaml", text).documents;
  expect(document?.answer).toBe("accept");
  return document?.findings.map(({ code }) => code) ?? [];
}

describe("the times of a Schedule", () => {
  it.each([
    { cron: "@every 5m", rest: "concurrencyPolicy: Forbid", codes: ["schedule-stalls"] },
    { cron: "@every 301s", rest: "concurrencyPolicy: Forbid", codes: [] },
    { cron: "@every 4m", rest: "concurrencyPolicy: Allow", codes: ["schedule-overlaps-itself"] },
    { cron: "0 * * * *", rest: "concurrencyPolicy: Forbid", codes: [] },
    { cron: "0,4 3 * * *", rest: "concurrencyPolicy: Forbid", codes: ["schedule-stalls", "schedule-zone-undeclared"] },
    {
      cron: "0 0 31 4 *",
      rest: "concurrencyPolicy: Forbid",
      codes: ["schedule-never-fires", "schedule-zone-undeclared"],
    },
    { cron: "TZ=UTC 0 0 29 2 *", rest: "concurrencyPolicy: Forbid", codes: [] },
    {
      cron: "@every 10s",
      rest: "concurrencyPolicy: Allow",
      codes: ["schedule-overlaps-itself", "schedule-may-miss-too-much"],
    },
    { cron: "@every 10s", rest: "startingDeadlineSeconds: 60", codes: ["schedule-stalls"] },
  ])("$cron with $rest brings $codes", ({ cron, rest, codes }) => {
    expect(schedule(cron, rest)).toEqual(codes);
  });
});

/** The pages hold the examples of each rule; the rule's own page is its test. */
describe("the page of", () => {
  it.each(CODES)("%s shows one manifest that is wrong and one that is right", (code) => {
    const page = readFileSync(resolve(PAGES, `${code}.md`), "utf8");
    const [wrong, right] = [...page.matchAll(/```yaml\n(.*?)```/gs)].map((fence) => fence[1] ?? "");
    const codesOf = (text: string) =>
      parseManifestFile("e.yaml", text).documents.flatMap(({ problems, findings }) =>
        [...problems, ...findings].map((said) => said.code),
      );
    expect(codesOf(wrong ?? "")).toEqual([code]);
    expect(codesOf(right ?? "")).toEqual([]);
  });
});
