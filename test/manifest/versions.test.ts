import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { VERSIONS } from "../../src/manifest/version-names.ts";
import { DIFFERENCES } from "../../src/manifest/versions.ts";
import { reviewManifests } from "../../src/review/review-manifests.ts";
import { DEFAULT_SETTINGS } from "../../src/settings.ts";

// What the webhooks and CRDs of v2.7.3 and v2.8.3 answered, both asked behind a real API server.

function one(kind: string, spec: string): string {
  return `apiVersion: chaos-mesh.org/v1alpha1\nkind: ${kind}\nmetadata: { name: a, namespace: shop }\nspec: ${spec}\n`;
}

const PODS = "selector: { namespaces: [shop], labelSelectors: { app: a } }, mode: one, duration: 5m";
const delay = (block: string) => one("NetworkChaos", `{ action: delay, ${PODS}, delay: ${block} }`);
const jvm = (fields: string) =>
  one("JVMChaos", `{ action: return, class: A, method: b, ${PODS.replace("mode: one", fields)} }`);
const io = (mistake: string) =>
  one("IOChaos", `{ action: mistake, volumePath: /data, ${PODS}, mistake: { filling: zero, ${mistake} } }`);
const schedule = (fields: string) =>
  one("Schedule", `{ schedule: "@daily", type: PodChaos, podChaos: { action: pod-kill, ${PODS} }, ${fields} }`);
const task = (fields: string) =>
  one(
    "Workflow",
    `{ entry: a, templates: [{ name: a, templateType: Task, task: { container: { name: c, image: i }, ${fields} } }] }`,
  );
const check = (fields: string) =>
  one(
    "StatusCheck",
    `{ mode: Synchronous, type: HTTP, http: { url: "http://a/", criteria: { statusCode: '200' } }, ${fields} }`,
  );
const http = (fields: string) => one("HTTPChaos", `{ target: Request, port: 80, path: "/", ${PODS}, ${fields} }`);
const scheduled = (fields: string, block = "{ latency: 5ms }") =>
  one(
    "Workflow",
    `{ entry: a, templates: [{ name: a, templateType: Schedule, deadline: 1m, schedule: { schedule: "@daily", type: NetworkChaos, networkChaos: { action: delay, ${PODS}, delay: ${block} }, ${fields} } }] }`,
  );
const inWorkflow = (latency: string) =>
  one(
    "Schedule",
    `{ schedule: "@daily", historyLimit: 1, type: Workflow, workflow: { entry: a, templates: [{ name: a, templateType: NetworkChaos, deadline: 1m, networkChaos: { action: delay, ${PODS.replace(", duration: 5m", "")}, delay: { latency: ${latency} } } }] } }`,
  );

const CASES = [
  { what: "a latency of two units", text: delay("{ latency: 1m30s }"), answers: ["accept", "reject"] },
  { what: "a latency of one unit", text: delay("{ latency: 90s }"), answers: ["accept", "accept"] },
  { what: "a latency that is no duration", text: delay("{ latency: abc }"), answers: ["reject", "reject"] },
  { what: "one that no webhook sees", text: inWorkflow("abc"), answers: ["accept", "reject"] },
  { what: "a delay without a latency", text: delay("{ jitter: 5ms }"), answers: ["accept", "reject"] },
  {
    what: "what a JVM method returns, as 2.8 has it",
    text: jvm("mode: one, returnValue: x"),
    answers: ["reject", "accept"],
  },
  { what: "what a JVM method returns, as 2.7 has it", text: jvm("mode: one, value: x"), answers: ["accept", "reject"] },
  {
    what: "a mode with a value in a JVMChaos",
    text: jvm("mode: fixed, value: '1', returnValue: x"),
    answers: ["reject", "accept"],
  },
  { what: "labels of a task", text: task("labels: { a: b }"), answers: ["reject", "accept"] },
  { what: "a task without labels", text: task("volumes: []"), answers: ["accept", "accept"] },
  {
    what: "an image as a volume",
    text: task("volumes: [{ name: v, image: { reference: r } }]"),
    answers: ["reject", "accept"],
  },
  { what: "a zero of a mistake", text: io("maxLength: 0, maxOccurrences: 1"), answers: ["accept", "reject"] },
  { what: "a mistake without zeros", text: io("maxLength: 1, maxOccurrences: 1"), answers: ["accept", "accept"] },
  {
    what: "a negative number of a mistake",
    text: io("maxLength: -1, maxOccurrences: 1"),
    answers: ["reject", "reject"],
  },
  { what: "a history of none", text: schedule("historyLimit: 0"), answers: ["accept", "reject"] },
  { what: "an empty policy", text: schedule("historyLimit: 1, concurrencyPolicy: ''"), answers: ["accept", "reject"] },
  { what: "a timeout of zero", text: check("timeoutSeconds: 0"), answers: ["accept", "reject"] },
  {
    what: "a filling of nothing",
    text: io("filling: '', maxLength: 1, maxOccurrences: 1").replace("filling: zero, ", ""),
    answers: ["accept", "reject"],
  },
  { what: "occurrences of zero", text: io("maxLength: 1, maxOccurrences: 0"), answers: ["accept", "reject"] },
  { what: "an interval of zero", text: check("intervalSeconds: 0"), answers: ["accept", "reject"] },
  { what: "a failure threshold of zero", text: check("failureThreshold: 0"), answers: ["accept", "reject"] },
  { what: "a success threshold of zero", text: check("successThreshold: 0"), answers: ["accept", "reject"] },
  { what: "a limit of records of zero", text: check("recordsHistoryLimit: 0"), answers: ["accept", "reject"] },
  { what: "an empty body", text: http("replace: { body: '' }"), answers: ["accept", "reject"] },
  {
    what: "a hook that sleeps",
    text: task("volumes: []").replace("image: i", "image: i, lifecycle: { preStop: { sleep: { seconds: 1 } } }"),
    answers: ["reject", "accept"],
  },
  {
    what: "an empty policy inside a template",
    text: scheduled("historyLimit: 1, concurrencyPolicy: ''"),
    answers: ["reject", "reject"],
  },
  {
    what: "a delay without a latency inside a template",
    text: scheduled("historyLimit: 1, concurrencyPolicy: Forbid", "{ jitter: 5ms }"),
    answers: ["accept", "reject"],
  },
] as const;

function answerTo(text: string, version: (typeof VERSIONS)[number]): string {
  const [document] = parseManifestFile("a.yaml", text, { version }).documents;
  return document?.answer ?? "not read";
}

describe("what differs between 2.7 and 2.8", () => {
  it.each(CASES)("$what: $answers", ({ text, answers }) => {
    expect(VERSIONS.map((version) => answerTo(text, version))).toEqual(answers);
  });

  it("is known by commit and pull request, and said in a sentence", () => {
    for (const { source, says } of DIFFERENCES) {
      expect(source).toMatch(/^[0-9a-f]{9}, #\d+/);
      expect(says).toMatch(/\.$/);
    }
  });

  it("is nothing where nobody names a version", () => {
    for (const { text } of CASES)
      expect(parseManifestFile("a.yaml", text).documents[0]?.answer).toBe(answerTo(text, "2.8"));
  });

  it("are traps, too: only 2.8 hands the text of a latency on", () => {
    const codes = (version: (typeof VERSIONS)[number]) =>
      parseManifestFile("a.yaml", delay("{ latency: 0.5s }"), { version }).documents[0]?.findings.map(
        ({ code }) => code,
      );
    expect(codes("2.8")).toContain("latency-read-as-none");
    expect(codes("2.7")).not.toContain("latency-read-as-none");
  });
});

it("is asked in a review as the settings say", () => {
  const outcomeIn = (chaosMesh: "2.7" | "2.8") =>
    reviewManifests({
      files: [{ path: "a.yaml", text: delay("{ latency: 1m30s }") }],
      settings: { ...DEFAULT_SETTINGS, chaosMesh },
      environment: "default",
      seed: "00",
      headSha: "0".repeat(40),
      digest: (text) => String(text.length),
    }).outcome;
  expect([outcomeIn("2.7") === "invalid", outcomeIn("2.8") === "invalid"]).toEqual([false, true]);
});
