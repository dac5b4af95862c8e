import { describe, expect, it } from "vitest";
import { fixManifest } from "../../src/manifest/fix.ts";
import { experimentOf, networkChaos, podChaos, problemCodes } from "./manifests.ts";

const withScheduler = (...lines: readonly string[]) => podChaos("action: pod-kill", "-duration", ...lines);

describe("fixing a manifest", () => {
  it.each([
    { name: "quotes a number", line: "value: 3", mode: "fixed", becomes: "value: '3'" },
    { name: "takes the sign from a percentage", line: "value: 30%", mode: "fixed-percent", becomes: "value: '30'" },
    { name: "makes a share of a fixed number", line: "value: 30%", mode: "fixed", becomes: "value: '30'" },
  ])("$name", ({ line, mode, becomes }) => {
    const { fixed, unresolved } = fixManifest(networkChaos(`mode: ${mode}`, line));
    expect(fixed).toContain(`  ${becomes}\n`);
    expect(unresolved).toEqual([]);
  });

  it.each([
    { name: "a kind", from: "NetworkChaos", to: "NetworkChoas" },
    { name: "a kind in another case", from: "NetworkChaos", to: "networkchaos" },
    { name: "an action", from: "action: delay", to: "action: dealy" },
    { name: "a field", from: "duration: 5m", to: "duratoin: 5m" },
    { name: "a unit", from: "duration: 5m", to: "duration: 5 minutes", back: "duration: '5m'" },
    { name: "the group before 1.0", from: "chaos-mesh.org/v1alpha1", to: "pingcap.com/v1alpha1" },
  ])("corrects $name", ({ from, to, back }) => {
    const original = networkChaos();
    const { fixed, changes } = fixManifest(original.replace(from, to));
    expect(fixed).toBe(back === undefined ? original : original.replace(from, back));
    expect(changes).toHaveLength(1);
  });

  it.each([
    { name: "minutes of latency", from: "latency: 100ms", with: "latency: 1.5m", to: "latency: 90s" },
    { name: "a latency that begins with 0", from: "latency: 100ms", with: "latency: 0.5s", to: "latency: 500ms" },
    { name: "a latency in thousandths", from: "latency: 100ms", with: "latency: 0.25ms", to: "latency: 250us" },
  ])("writes $name so that it is felt", ({ from, with: written, to }) => {
    const text = networkChaos();
    expect(fixManifest(text.replace(from, written)).fixed).toBe(text.replace(from, to));
  });

  it.each([
    { name: "nothing", line: "action:", becomes: "action: delay" },
    { name: "a tilde", line: "action: ~", becomes: "action: delay" },
    { name: "null and a comment", line: "action: null # which?", becomes: "action: delay # which?" },
    { name: "a comment alone", line: "action: # which?", becomes: "action: delay # which?" },
    { name: "a key in quotes and nothing", line: '"action":', becomes: '"action": delay' },
  ])("fills in an action where $name is written", ({ line, becomes }) => {
    const text = networkChaos();
    for (const lineBreak of ["\n", "\r\n"]) {
      const wrong = text.replace("action: delay", line).replaceAll("\n", lineBreak);
      const { fixed, changes } = fixManifest(wrong);
      expect(fixed).toBe(text.replace("action: delay", becomes).replaceAll("\n", lineBreak));
      expect(changes).toHaveLength(1);
    }
  });

  it.each([
    { name: "its own lines", written: "\n  annotations:", becomes: "\n  annotations: { PAUSE }" },
    {
      name: "its own lines, behind a comment",
      written: "\n  annotations: # none",
      becomes: "\n  annotations: { PAUSE } # none",
    },
  ])("puts the annotation that pauses into annotations that hold nothing, on $name", ({ written, becomes }) => {
    const [text, name] = [networkChaos(), "\n  name: slow-payment"];
    const { fixed } = fixManifest(networkChaos("paused: true").replace(name, `${name}${written}`));
    const pause = becomes.replace("PAUSE", "experiment.chaos-mesh.org/pause: 'true'");
    expect(fixed).toBe(text.replace(name, `${name}${pause}`));
  });

  it("leaves an action that holds nothing in a way that it does not understand", () => {
    for (const written of ["&a null", "!!null ''", "\n    ~"]) {
      const text = networkChaos().replace("action: delay", `action: ${written}`);
      expect(fixManifest(text)).toMatchObject({ fixed: text, changes: [] });
    }
  });

  it("writes a duration that TimeChaos admits and cannot read", () => {
    const text = experimentOf("TimeChaos", "duration: 5 minutes # short");
    expect(fixManifest(text).fixed).toBe(text.replace("5 minutes", "'5m'"));
  });

  it("corrects several mistakes on one line and several lines at once", () => {
    const text = networkChaos("delay: { latency: 100ms, correlation: 5% , jitter: 5 ms }", "loss: { loss: 5 }");
    expect(problemCodes(fixManifest(text).fixed)).toEqual([]);
  });

  it("never guesses between a misspelled field and one that is there already", () => {
    const text = networkChaos("duratoin: 7m");
    expect(fixManifest(text)).toMatchObject({ fixed: text, changes: [], unresolved: [{ code: "field-unknown" }] });
  });

  it("keeps line breaks of Windows", () => {
    const { fixed } = fixManifest(withScheduler("scheduler:", "  cron: '@hourly'").replaceAll("\n", "\r\n"));
    expect(problemCodes(fixed)).toEqual([]);
    expect(fixed.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("leaves a block alone whose key follows a lone carriage return", () => {
    const text = withScheduler("scheduler:", "  cron: '@hourly'").replace("\nspec:", "\rspec:");
    expect(fixManifest(text).fixed).toBe(text);
  });

  it("leaves text that is not YAML alone", () => {
    const text = "kind: PodChaos\napiVersion: [";
    expect(fixManifest(text)).toMatchObject({ fixed: text, changes: [], unresolved: [{ code: "yaml-broken" }] });
  });

  it("leaves the documents of others alone", () => {
    const service = "apiVersion: v1\nkind: Service\nmetadata: { name: 7 }\n";
    expect(fixManifest(`${service}---\n${podChaos("mode: One")}`).fixed).toBe(
      `${service}---\n${podChaos("mode: one")}`,
    );
  });
});

describe("version 1's scheduler", () => {
  it("may stand in the middle, with comments of its own", () => {
    const text = withScheduler(
      "# every hour",
      "scheduler: # from 2020",
      "  # on the hour",
      "  cron: '@hourly' # UTC",
      "# how many",
      "value: ''",
    );
    const { fixed, unresolved } = fixManifest(text);
    expect(unresolved).toEqual([]);
    expect(fixed).toContain(
      [
        "spec:",
        "  # every hour",
        "  # from 2020",
        "  # on the hour",
        "  schedule: '@hourly' # UTC",
        "  concurrencyPolicy: Forbid",
        "  historyLimit: 1",
        "  type: PodChaos",
        "  podChaos:",
        "    mode: one",
        "    action: pod-kill",
        "    # how many",
        "    value: ''",
        "    selector:",
      ].join("\n"),
    );
  });

  it.each([
    { name: "in braces", text: withScheduler("scheduler: { cron: '@hourly' }") },
    {
      name: "as the last words of a file without a line break",
      text: withScheduler("selector: {}", "scheduler:", "  cron: '@hourly'").trimEnd(),
    },
    { name: "before another document", text: `${withScheduler("scheduler:", "  cron: '@hourly'")}---\n${podChaos()}` },
    {
      name: "with a block text beside it",
      text: withScheduler("scheduler:", "  cron: '@hourly'", "remoteCluster: |", "  far", "", "  away"),
    },
  ])("is moved $name", ({ text }) => {
    const { fixed, unresolved } = fixManifest(text);
    expect(unresolved).toEqual([]);
    expect(fixed).toContain("kind: Schedule");
  });

  it("without a cron expression stays, and is said to stay", () => {
    const text = withScheduler("scheduler: {}");
    expect(fixManifest(text)).toMatchObject({ fixed: text, unresolved: [{ code: "scheduler-of-version-1" }] });
  });
});

describe("a target without a mode", () => {
  it.each([
    { name: "in a block", target: ["target:", "  selector: { namespaces: [shop] }"] },
    { name: "in braces", target: ["target: { selector: { namespaces: [shop] } }"] },
  ])("$name gets mode all", ({ target }) => {
    const { fixed, changes, unresolved } = fixManifest(networkChaos(...target));
    expect(unresolved).toEqual([]);
    expect(fixed).toContain("mode: all");
    expect(changes).toMatchObject([{ what: "spec.target.mode: added mode: all" }]);
  });
});
