import { describe, expect, it } from "vitest";
import { questionsIn, withChoice } from "../../src/manifest/fix/question.ts";
import { withSuggestions } from "../../src/manifest/fix.ts";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import type { Problem, Suggestion } from "../../src/manifest/problem.ts";
import { experimentOf, networkChaos, plain, podChaos } from "./manifests.ts";
import { CORPUS_IS_HERE, corpusRows } from "./support/corpus.ts";

// A suggestion is a click in a pull request: taken alone, it must end the problem that it stands at.

const SLOW = ["- name: Slow_Step", "  templateType: StressChaos", "  stressChaos:", "    duration: 5m # long"];
const STRESS = ["    mode: one", "    stressors: { cpu: { workers: 1 } }", "    selector: { namespaces: [shop] }"];
const WORKFLOW = plain(
  "Workflow",
  "entry: Slow_Step",
  "templates:",
  ...[...SLOW, ...STRESS].map((line) => `  ${line}`),
);

describe("each problem that can be repaired", () => {
  it.each([
    { name: "a scheduler", text: podChaos("action: pod-kill", "-duration", "scheduler:", "  cron: '@hourly'") },
    { name: "a share as a fixed number", text: podChaos("mode: fixed", "value: 30%") },
    { name: "a word of another tool", text: podChaos("action: kill", "-duration") },
    { name: "one value for a list", text: podChaos("action: container-kill", "-duration", "containerNames: app") },
    { name: "a delay with a latency in it", text: experimentOf("IOChaos", "delay:", "  latency: 5ms # short") },
    { name: "an action that the block names", text: networkChaos("-action") },
    { name: "an action of a kind that does one thing", text: experimentOf("StressChaos", "action: stress-cpu") },
    { name: "a pause of version 1", text: podChaos("paused: true") },
    { name: "a lapsed pause of version 1", text: podChaos("paused: false") },
    { name: "a name in capitals", text: podChaos().replace("slow-payment", "Slow_Payment") },
    { name: "a duration in a Workflow, and a name in capitals", text: WORKFLOW },
  ])("brings a suggestion: $name", ({ text }) => {
    const suggestions = suggestionsIn(text);
    expect(suggestions.length).toBe(problemsIn(text));
    for (const suggestion of suggestions) expect(problemsIn(taken(suggestion, text))).toBeLessThan(problemsIn(text));
  });

  it("says what it takes for granted", () => {
    expect(suggestionsIn(podChaos("mode: percent", "value: '30'"))).toMatchObject([
      { assumes: expect.stringContaining("fixed-percent was meant") },
    ]);
  });

  it("keeps what stands beside it", () => {
    const [duration] = suggestionsIn(experimentOf("IOChaos", "delay:", "  latency: 5ms # short"));
    expect(duration?.replacement).toBe("  delay: 5ms # short");
  });

  it.skipIf(!CORPUS_IS_HERE)("ends it in the whole corpus (skipped where it is not beside the repository)", () => {
    const useless = corpusRows().filter(({ text }) =>
      problemsWith(text).some(({ code, path, suggestion }) => {
        const after = suggestion === undefined ? [] : problemsWith(taken(suggestion, text));
        return after.some((problem) => problem.code === code && problem.path === path);
      }),
    );
    expect(useless.map(({ id }) => id)).toEqual([]);
  });
});

describe("a question", () => {
  it.each([
    {
      name: "the unit of a bare number",
      text: podChaos("duration: 30"),
      offers: ["write '30s'", "write '30m'", "write '30ms'"],
    },
    { name: "a mode that is missing", text: podChaos("-mode"), offers: ["add mode: one", "add mode: all"] },
    {
      name: "a number that is not whole",
      text: podChaos("mode: fixed", "value: '1.5'"),
      offers: ["write '1'", "write '2'"],
    },
    { name: "more than everything", text: podChaos("mode: fixed-percent", "value: '130'"), offers: ["write '100'"] },
    { name: "a field that nobody knows", text: podChaos("percentage: 50 # half"), offers: ["remove percentage"] },
    {
      name: "what a rate counts",
      text: experimentOf("NetworkChaos", "action: netem", "rate: { rate: 10M }"),
      offers: ["write 10mbit", "write 10mbps"],
    },
  ])("is asked about $name, with ways out that all help", ({ text, offers }) => {
    const [question] = questionsIn(text);
    expect(question?.choices.map(({ what }) => what)).toEqual(offers);
    for (const choice of question?.choices ?? [])
      expect(problemsIn(withChoice(text, choice))).toBeLessThan(problemsIn(text));
  });

  it("is not asked where every way leads to another mistake, nor about what is accepted", () => {
    expect([...questionsIn(experimentOf("StressChaos", "stressors: {}"))]).toEqual([]);
    expect([...questionsIn(podChaos())]).toEqual([]);
  });
});

function problemsWith(text: string): readonly Problem[] {
  return withSuggestions(parseManifestFile("x", text), text).documents.flatMap(({ problems }) => problems);
}

function suggestionsIn(text: string): readonly Suggestion[] {
  return problemsWith(text).flatMap(({ suggestion }) => suggestion ?? []);
}

/** The text after a click on the suggestion. */
function taken({ line, endLine, replacement }: Suggestion, text: string): string {
  const lines = text.split("\n");
  return [...lines.slice(0, line - 1), ...(replacement === "" ? [] : [replacement]), ...lines.slice(endLine)].join(
    "\n",
  );
}

function problemsIn(text: string): number {
  const { problems, documents } = parseManifestFile("x", text);
  return problems.length + documents.flatMap((document) => document.problems).length;
}
