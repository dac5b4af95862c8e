import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PodFact, Snapshot } from "../../src/selector/snapshot.ts";
import { chaosgateIn, chaosgateOnTerminal, type Result } from "./command-line.ts";

const SEED = resolve(import.meta.dirname, "../fixtures/seed");

const FIXED = resolve(SEED, "../../golden/manifest/network-delay-fixed.yaml");

const KILL = `apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: { name: old-kill, namespace: staging }
spec: { action: pod-kill, mode: one, selector: { namespaces: [staging], labelSelectors: { app: old } } }
`;

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chaosgate-cli-"));
  cpSync(SEED, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function chaosgate(words: readonly string[], input = ""): Promise<Result> {
  return chaosgateIn(folder, words, input);
}

describe("chaosgate lint", () => {
  it("prints every problem at its line and says how many were refused", async () => {
    const { code, out } = await chaosgate(["lint", "."]);
    expect(code).toBe(1);
    expect(out.match(/^network-delay\.yaml:\d+:\d+ refused /gm)).toHaveLength(3);
    expect(out).toContain("1 accepted, 1 refused\n");
  });

  it("exits with 0 when there is nothing to complain about", async () => {
    expect(await chaosgate(["lint", "clock-skew.yaml"])).toEqual({ code: 0, out: "1 accepted, 0 refused\n", err: "" });
  });

  it("lets no manifest write to the terminal", async () => {
    const text = 'apiVersion: chaos-mesh.org/v1alpha1\nkind: "Pod\\e[2JChaos\\u202e"\n';
    const { out } = await chaosgate(["lint", "-"], text);
    expect(out).toContain("kind-unknown");
    expect([...out].filter((letter) => letter !== "\n" && (letter < " " || letter === "\u202e"))).toEqual([]);
  });
});

const POD_FAILURE = `apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: { name: x, namespace: shop }
spec:
  action: pod-failure
  mode: one
  duration: 5m
  selector: { namespaces: [shop], labelSelectors: { app: checkout } }
`;

describe("chaosgate fix", () => {
  it("prints the repaired text of standard input, and what it assumed beside it", async () => {
    const { code, out, err } = await chaosgate(["fix", "-"], readFileSync(join(folder, "network-delay.yaml"), "utf8"));
    expect(code).toBe(0);
    expect(out).toBe(readFileSync(FIXED, "utf8"));
    expect(err).toContain("assumed: 30 percent of the pods were meant");
    expect(err).toContain("changed in meaning: Version 1 also fired once at creation");
  });

  it("writes the file only when it is told to", async () => {
    const before = readFileSync(join(folder, "network-delay.yaml"), "utf8");
    await chaosgate(["fix", "network-delay.yaml"]);
    expect(readFileSync(join(folder, "network-delay.yaml"), "utf8")).toBe(before);
    await chaosgate(["fix", "--write", "network-delay.yaml"]);
    expect((await chaosgate(["lint", "network-delay.yaml"])).code).toBe(0);
  });

  it("shows a file's repair as a difference that patch would take", async () => {
    const { out } = await chaosgate(["fix", "network-delay.yaml"]);
    expect(out).toContain("-kind: NetworkChaos\n+kind: Schedule\n");
  });

  it("leaves a decision to its author, or takes the first answer with --yes", async () => {
    const text = POD_FAILURE.replace("duration: 5m", "duration: 30 # short");
    writeFileSync(join(folder, "broken.yaml"), text);
    const asked = await chaosgate(["fix", "broken.yaml"]);
    expect(asked).toMatchObject({ code: 1, out: "" });
    expect(asked.err).toContain("decide: write '30s', or write '30m', or write '30ms'");
    const taken = await chaosgate(["fix", "--write", "--yes", "broken.yaml"]);
    expect(taken.code).toBe(0);
    expect(readFileSync(join(folder, "broken.yaml"), "utf8")).toBe(text.replace("30 #", "'30s' #"));
  });

  it.skipIf(!existsSync("/usr/bin/script"))("asks on a terminal, again where the answer is none of them", async () => {
    writeFileSync(join(folder, "broken.yaml"), POD_FAILURE.replace("duration: 5m", "duration: 30"));
    const { out } = await chaosgateOnTerminal(folder, "fix --write broken.yaml", "9\n2\n");
    expect(out).toContain("2) write '30m'");
    expect(out).toContain("9 is none of them");
    expect(readFileSync(join(folder, "broken.yaml"), "utf8")).toBe(
      POD_FAILURE.replace("duration: 5m", "duration: '30m'"),
    );
  });

  it("exits with 1 for what it cannot repair, and says what is left", async () => {
    writeFileSync(
      join(folder, "broken.yaml"),
      "apiVersion: chaos-mesh.org/v1alpha1\nkind: PodChaos\nmetadata: { name: x }\nspec: {}\n",
    );
    const { code, err } = await chaosgate(["fix", "broken.yaml"]);
    expect(code).toBe(1);
    expect(err).toContain("still wrong: spec.action is missing");
  });
});

describe("chaosgate review", () => {
  it("says what another delay would do, and refuses a change that nobody can mean", async () => {
    const { out } = await chaosgate(["review", FIXED, "--what-if", "delay=200ms"]);
    expect(out).toContain("with delay 200 ms instead:\n");
    expect(out).toMatch(/500 ms -> +200 ms {2}Added latency per round trip/);
    expect((await chaosgate(["review", FIXED])).out).not.toContain("instead:");
    expect(await chaosgate(["review", FIXED, "--what-if", "delay=soon"])).toMatchObject({ code: 2 });
  });

  beforeEach(() => {
    cpSync(FIXED, join(folder, "network-delay.yaml"));
    writeFileSync(join(folder, "settings.yml"), SETTINGS);
    writeFileSync(join(folder, "snapshot.json"), JSON.stringify(snapshot()));
  });
  const reviewed = (...words: readonly string[]) =>
    chaosgate(["review", "network-delay.yaml", "--settings", "settings.yml", "--snapshot", "snapshot.json", ...words]);

  it("says which share of the pods is hit and what becomes of the throughput", async () => {
    const { code, out } = await reviewed();
    expect(out).toMatch(/3 of 10/);
    expect(out).toContain("130.55 kB/s");
    expect(code).toBe(0);
  });

  it("traces every figure with --explain, and only then", async () => {
    const { out } = await reviewed("--explain");
    expect(out).toContain("min(W / R, C)\n");
    expect(out).toContain("TCP window = 64 KiB (settings: services.checkout.calls[to: payment].window)\n");
    expect(out).toContain("replicas hit = 3 (live: pods drawn by spec.mode)\n");
    expect((await reviewed()).out).not.toContain("services.checkout");
  });

  it("prints what the pull request would show, or all of it as JSON", async () => {
    expect((await reviewed("--format", "markdown")).out).toMatch(/^### /);
    expect(JSON.parse((await reviewed("--format", "json")).out)).toMatchObject({
      outcome: "reviewed",
      environment: "staging",
    });
  });

  it("exits with 1 for what the policy of the settings refuses", async () => {
    writeFileSync(join(folder, "settings.yml"), SETTINGS.replace("pods: 5", "pods: 2"));
    expect((await reviewed()).code).toBe(1);
  });

  it("exits with 1 for a manifest that the cluster would refuse, and without settings and snapshot", async () => {
    cpSync(SEED, folder, { recursive: true });
    const { code, out } = await chaosgate(["review", "network-delay.yaml"]);
    expect(code).toBe(1);
    expect(out).toContain("[namespace-foreign]");
  });

  it("says with --base what differs from a commit, and what is gone since", async () => {
    const git = (...words: readonly string[]) =>
      execFileSync("git", ["-C", folder, "-c", "user.name=a", "-c", "user.email=a@example.com", ...words], {
        stdio: "pipe",
      });
    const path = join(folder, "network-delay.yaml");
    mkdirSync(join(folder, "old"));
    writeFileSync(join(folder, "old", "kill.yaml"), KILL);
    git("init", "-q", "-b", "main");
    git("add", ".");
    git("commit", "-q", "-m", "base");
    rmSync(join(folder, "old", "kill.yaml"));
    expect((await reviewed("--base", "main")).out).toContain("against the base, no experiment is added");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll("500ms", "200ms"));
    const { out } = await chaosgate(["review", ".", "--base", "main"]);
    expect(out).toContain("  fault: delay 500 ms ± 50 ms -> delay 200 ms ± 50 ms\n");
    expect(out).toContain("removed PodChaos old-kill\n");
    expect((await reviewed()).out).not.toContain("against the base");
    expect(await reviewed("--base", "--output=x")).toMatchObject({ code: 2 });
  });

  it.each([
    {
      name: "settings with a mistake",
      words: ["--settings", "network-delay.yaml"],
      says: "the settings cannot be used",
    },
    { name: "a snapshot of something else", words: ["--snapshot", "settings.yml"], says: "no snapshot" },
    {
      name: "an environment that is not there",
      words: ["--settings", "settings.yml", "--environment", "moon"],
      says: '"moon"',
    },
  ])("exits with 2 for $name", async ({ words, says }) => {
    const { code, err } = await chaosgate(["review", "network-delay.yaml", ...words]);
    expect(code).toBe(2);
    expect(err).toContain(says);
  });
});

const SETTINGS = `version: 1
environments:
  staging:
    namespaces: [staging]
    caps: { pods: 5, percent: 50, duration: 5m }
    objectives: [errors]
objectives:
  errors: { query: errors, freshness: "time() - max(timestamp(errors))", below: 0.02, scope: inside }
services:
  checkout:
    namespace: staging
    labels: { app: checkout-service }
    rate: 1000/s
    pool: 200
    calls: [{ to: payment, timeout: 300ms, serviceTime: 2ms, perRequest: 1, retries: 0, rtt: 2ms, window: 64KiB }]
  payment: { namespace: staging, labels: { app: payment-service } }
`;

function snapshot(): Snapshot {
  const names = [...Array.from({ length: 10 }, (_, index) => `checkout-${index}`), "payment-0"];
  return {
    clusterId: "test",
    takenAt: 0,
    namespaces: [{ name: "staging", labels: {} }],
    nodes: [{ name: "node", labels: {} }],
    budgets: [],
    pods: names.map(podNamed),
  };
}

function podNamed(name: string): PodFact {
  return {
    namespace: "staging",
    name,
    uid: name,
    labels: { app: `${name.split("-")[0]}-service` },
    annotations: {},
    node: "node",
    phase: "Running",
    ready: true,
    ip: "10.0.0.1",
    hostNetwork: false,
    workload: `Deployment/${name.split("-")[0]}`,
    containers: [{ name: "app" }],
  };
}

describe("chaosgate explain", () => {
  it.each([
    { room: "a manifest's problems", code: "value-not-a-count", says: "whole number above zero" },
    { room: "a manifest's findings", code: "no-duration", says: "until somebody deletes the object" },
    { room: "the policy", code: "namespace-foreign", says: "another team's pods" },
    { room: "the review", code: "no-objective", says: "when to stop" },
    { room: "the settings", code: "settings-unknown-key", says: "misspelt" },
  ])("says why a rule of $room exists, and lists it", async ({ code, says }) => {
    const { out } = await chaosgate(["explain", code]);
    expect(out.replaceAll("\n", " ")).toContain(says);
    expect(out).toMatch(/\nWrong\n\n {4}\S.*\nRight\n\n {4}\S/s);
    expect((await chaosgate(["explain"])).out.split("\n")).toContain(code);
  });
});

describe("a wrong command line", () => {
  it.each([
    { name: "no words", words: [], says: "chaosgate lint FILE" },
    { name: "an unknown command", words: ["destroy"], says: 'no command "destroy"' },
    { name: "a mistyped command", words: ["lnit", "."], says: "did you mean lint?" },
    { name: "an unknown flag", words: ["lint", "--force", "."], says: "lint has no flag --force" },
    { name: "a mistyped flag", words: ["fix", "--wirte", "."], says: "did you mean --write?" },
    {
      name: "a flag of another command",
      words: ["lint", "--snapshot", "s.json", "."],
      says: "lint has no flag --snapshot",
    },
    { name: "a flag without its value", words: ["lint", ".", "--format"], says: "--format" },
    { name: "a glob that matches nothing", words: ["lint", "none-*.yaml"], says: "no file matches none-*.yaml" },
    { name: "a shell that is not known", words: ["completion", "tcsh"], says: "bash, zsh, fish" },
    { name: "no file", words: ["lint"], says: "at least one file" },
    { name: "a file that is not there", words: ["lint", "nowhere.yaml"], says: "nowhere.yaml" },
    { name: "a format that is not there", words: ["lint", "--format", "xml", "."], says: "text, json" },
    { name: "a rule that is not there", words: ["explain", "toString"], says: 'no rule "toString"' },
    { name: "a rule that is nearly there", words: ["explain", "no-duraton"], says: "did you mean no-duration?" },
    { name: "nothing to fix", words: ["fix"], says: "at least one file" },
  ])("with $name exits with 2 and says why", async ({ words, says }) => {
    const { code, out, err } = await chaosgate(words);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(says);
  });

  it("prints help on standard output when it is asked for", async () => {
    expect(await chaosgate(["help"])).toMatchObject({ code: 0, err: "" });
    const [asked, flag] = [await chaosgate(["help", "fix"]), await chaosgate(["fix", "--help"])];
    expect(asked).toEqual(flag);
    expect(asked.out).toContain("--keep-namespace");
  });
});

describe("chaosgate calibrate", () => {
  const report = (value: number) => {
    const figure = { unit: "1/s", how: "mean of the baseline's polls", id: "arrival-rate", value };
    const subject = "checkout -> payment";
    const text = { id: "threads", subject, title: "", unit: "", binding: "", formula: "", source: "", sentence: "" };
    return JSON.stringify({ predictions: [{ ...text, value: 1, inputs: [] }], measured: [figure] });
  };
  beforeEach(() => writeFileSync(join(folder, "settings.yml"), SETTINGS));

  it("prints the change of the settings that a run's measurements ask for, and writes it when told to", async () => {
    writeFileSync(join(folder, "run.json"), report(640));
    const words = ["calibrate", "run.json", "--settings", "settings.yml"];
    const { code, out } = await chaosgate(words);
    expect(code).toBe(0);
    expect(out).toMatch(/^-.*rate: 1000\/s/m);
    expect(out).toMatch(/^\+.*rate: 640\/s/m);
    expect(readFileSync(join(folder, "settings.yml"), "utf8")).toBe(SETTINGS);
    await chaosgate([...words, "--write"]);
    expect(readFileSync(join(folder, "settings.yml"), "utf8")).toContain("rate: 640/s");
  });

  it("reads the journal of a runner, and proposes nothing where nothing differs", async () => {
    const entry = { at: 1, runId: "t-0", kind: "measured", data: JSON.parse(report(1000)) as unknown };
    writeFileSync(join(folder, "journal.jsonl"), `{"kind":"claimed"}\n${JSON.stringify(entry)}\n{"torn`);
    const { code, out, err } = await chaosgate(["calibrate", "journal.jsonl", "--settings", "settings.yml"]);
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(err).toContain("agree");
  });

  it.each([
    { name: "no settings", words: ["calibrate", "run.json"] },
    { name: "a file without measurements", words: ["calibrate", "settings.yml", "--settings", "settings.yml"] },
  ])("exits with 2 for $name", async ({ words }) => {
    expect((await chaosgate(words)).code).toBe(2);
  });
});
