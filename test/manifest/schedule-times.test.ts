import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";

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
