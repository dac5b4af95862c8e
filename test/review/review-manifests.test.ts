import { describe, expect, it } from "vitest";
import { remarksOf } from "../../src/review/parts/remarks.ts";
import { DEFAULT_SETTINGS } from "../../src/settings.ts";
import { BROKEN, FIXED, reviewOf, SHOP, settingsWith } from "./a-review.ts";

const remarks = (text: string, over: Parameters<typeof reviewOf>[1] = {}) =>
  remarksOf(reviewOf(text, over)).map(({ severity, code, place }) => `${place.line} ${severity} ${code}`);

const [HEAD = "", REST = ""] = FIXED.split("  direction: to\n");
const TAIL = REST.slice(REST.indexOf("  duration:"));
const SKEW = `${HEAD.replace("NetworkChaos", "TimeChaos").replace("  action: delay\n", "")}  timeOffset: 150ms\n${TAIL}`;
const NAMES = `${HEAD.replace("NetworkChaos", "DNSChaos").replace("action: delay", "action: error")}${TAIL}`;
const FAILURE = `${HEAD.replace("NetworkChaos", "PodChaos").replace("action: delay", "action: pod-failure")}${TAIL}`;

describe("a review", () => {
  it("of the seed's manifest names its mistakes and the foreign namespace at their lines", () => {
    expect(reviewOf(BROKEN).outcome).toBe("invalid");
    expect(remarks(BROKEN)).toEqual([
      "9 problem value-not-a-count",
      "16 problem field-missing",
      "27 problem scheduler-of-version-1",
      "12 error namespace-foreign",
      "19 error namespace-foreign",
    ]);
  });

  it("of the repaired manifest hits 3 of 10 pods for the capped 30 seconds", () => {
    const review = reviewOf(FIXED, { snapshot: SHOP });
    const [reviewed] = review.experiments;
    expect(review.outcome).toBe("reviewed");
    expect(reviewed?.selection?.selected).toHaveLength(3);
    expect(reviewed).toMatchObject({ effectiveDurationMs: 30_000, cappedFromMs: 300_000 });
    expect(remarks(FIXED, { snapshot: SHOP })).toEqual([
      "21 warning pool-saturates",
      "21 notice spurious-retransmission",
      "22 notice duration-capped",
    ]);
  });

  it("carries the seed's numbers exactly", () => {
    const sentences = reviewOf(FIXED, { snapshot: SHOP }).experiments[0]?.impact.predictions.map(
      ({ sentence }) => sentence,
    );
    const said = sentences?.join("\n") ?? "";
    for (const number of ["32.77 MB/s", "130.55 kB/s", "99.60 %", "500 threads", "200 ms"])
      expect(said).toContain(number);
  });

  it("without a snapshot judges the manifest alone and says what is missing", () => {
    const [reviewed] = reviewOf(FIXED, { selectionMissing: "the runner has not answered yet" }).experiments;
    expect(reviewed?.selection).toBeUndefined();
    expect(reviewed?.selectionMissing).toBe("the runner has not answered yet");
  });

  it.each([
    { name: "a protected namespace", text: FIXED.replaceAll("staging", "kube-system"), code: "namespace-protected" },
    { name: "more pods than the cap", text: FIXED.replace("'30'", "'60'"), code: "pods-over-cap" },
    {
      name: "an objective that nobody defined",
      text: FIXED.replace(
        "chaosgate.dev/hypothesis: C",
        "chaosgate.dev/objectives: x\n    chaosgate.dev/hypothesis: C",
      ),
      code: "objective-unknown",
    },
  ])("refuses $name", ({ text, code }) => {
    const review = reviewOf(text, { snapshot: SHOP });
    expect(review.outcome).toBe("refused");
    expect(review.experiments[0]?.findings.map((finding) => finding.code)).toContain(code);
  });

  it("leaves a fault without a duration to the cap, and refuses it where there is none", () => {
    const endless = FIXED.replace("  duration: 5m\n", "");
    expect(remarks(endless)).toContain("8 notice duration-from-cap");
    const { staging } = settingsWith().environments;
    if (staging === undefined) throw new Error("the settings have staging");
    const settings = settingsWith({ environments: { staging: { ...staging, caps: {} } } });
    expect(remarks(endless, { settings })).toContain("8 error duration-unbounded");
  });

  it("warns where nothing would stop a run", () => {
    const { staging } = settingsWith().environments;
    if (staging === undefined) throw new Error("the settings have staging");
    const settings = settingsWith({ environments: { staging: { ...staging, objectives: [] } } });
    expect(remarks(FIXED, { settings })).toContain("6 warning no-objective");
  });

  it.each([
    { name: "another kind", text: NAMES, refused: true },
    { name: "pod-failure", text: FAILURE, refused: false },
  ])("says whether a run of $name would be refused", ({ text, refused }) => {
    expect(remarks(text).join().includes("warning not-run-by-chaosgate")).toBe(refused);
  });

  it("says nothing of the kind where a clock is shifted, which is run", () => {
    expect(remarks(SKEW)).toEqual(["15 notice duration-capped"]);
  });

  it("warns where a clock that counts from boot is shifted by more than a wait, and refuses more than the settings let", () => {
    const boot = (offset: string) =>
      SKEW.replace("timeOffset: 150ms", `timeOffset: ${offset}\n  clockIds: [CLOCK_MONOTONIC]`);
    const { staging } = settingsWith().environments;
    if (staging === undefined) throw new Error("the settings have staging");
    const settings = settingsWith({
      environments: { staging: { ...staging, caps: { ...staging.caps, clockShiftMs: 60_000 } } },
    });
    expect(remarks(boot("-1s")).join()).not.toContain("clock-shift");
    expect(remarks(boot("-5s")).join()).toContain("warning clock-shift-felt-by-waits");
    expect(remarks(boot("-1m")).join()).toContain("error clock-shift-over-cap");
    expect(remarks(boot("-1m"), { settings }).join()).toContain("warning clock-shift-felt-by-waits");
  });

  it("of files without an experiment is none, and never a success by silence", () => {
    expect(reviewOf("kind: ConfigMap\napiVersion: v1\n").outcome).toBe("no-experiments");
    expect(reviewOf("kind: NetworkChaos\nspec: [").outcome).toBe("invalid");
  });

  it("works without settings, with running off", () => {
    const review = reviewOf(FIXED, { settings: DEFAULT_SETTINGS, environment: "default" });
    expect(review).toMatchObject({ outcome: "reviewed", execution: { state: "off" } });
  });

  it("finds the lines of an experiment inside a Schedule", () => {
    const [head = "", spec = ""] = FIXED.replace("kind: NetworkChaos", "kind: Schedule").split("spec:\n");
    const scheduled = `${head}spec:\n  schedule: '*/30 * * * *'\n  type: NetworkChaos\n  networkChaos:\n${spec.replace(/^/gm, "  ")}`;
    expect(remarks(scheduled)).toContain("25 notice duration-capped");
  });
});

describe("a plan", () => {
  const plan = (over: Parameters<typeof reviewOf>[1] = {}, text = FIXED) => reviewOf(text, over).plan;

  it("is the same for the same content at another commit, with and without the live pods", () => {
    expect(plan({ headSha: "f".repeat(40), baseSha: "e".repeat(40) })).toBe(plan());
    expect(plan({ snapshot: SHOP })).toBe(plan());
    expect(plan()).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    { name: "one byte of a manifest", other: () => plan({}, `${FIXED}#`) },
    { name: "the settings", other: () => plan({ settings: settingsWith({ runOnMerge: true }) }) },
    { name: "the environment", other: () => plan({ environment: "production" }) },
    {
      name: "a file more",
      other: () =>
        plan({
          files: [
            { path: "chaos/network-delay.yaml", text: FIXED },
            { path: "chaos/other.yaml", text: FIXED.replace("network-delay", "other") },
          ],
        }),
    },
    {
      name: "the name of a file",
      other: () => plan({ files: [{ path: "chaos/renamed.yaml", text: FIXED }] }),
    },
  ])("is another with $name changed", ({ other }) => {
    expect(other()).not.toBe(plan());
  });

  it("does not exist where the cluster would refuse something", () => {
    expect(plan({}, BROKEN)).toBeUndefined();
  });
});
