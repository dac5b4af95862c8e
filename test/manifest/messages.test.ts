import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import type { Problem } from "../../src/manifest/problem.ts";
import { experimentOf, judge, networkChaos, podChaos } from "./manifests.ts";
import { CORPUS_IS_HERE, corpusRows } from "./support/corpus.ts";

// What a new user needs of a message: which field, on which line, and what to write instead.

describe("the message of a refusal", () => {
  it.each([
    {
      name: "names the field of a malformed text",
      text: networkChaos("delay: { latency: 1s500ms }"),
      says: 'spec.delay.latency: "1s500ms"',
      fix: "Write '1500ms'.",
    },
    {
      name: "lists what a small map can have",
      text: experimentOf("StressChaos", "stressors: { disk: {} }"),
      says: "spec.stressors can have memory, cpu.",
      fix: "Remove it.",
    },
    {
      name: "says where a field belongs",
      text: networkChaos("latency: 5ms"),
      says: "spec.latency is not a field here",
      fix: "Move it into spec.delay, or remove it.",
    },
    {
      name: "says what can stand in a map",
      text: experimentOf("StressChaos", "stressors: { cpu: 2 }"),
      says: "spec.stressors.cpu is a number",
      fix: "Write its fields below it, which are workers, load, options.",
    },
    {
      name: "writes the name that is meant",
      text: podChaos().replace("slow-payment", "Slow Payment"),
      says: "metadata.name is",
      fix: "Write slow-payment.",
    },
    {
      name: "asks for the unit",
      text: podChaos("duration: 30"),
      says: "spec.duration is the number 30",
      fix: "Say in which unit: '30s', '30m' or '30ms'.",
    },
  ])("$name", ({ text, says, fix }) => {
    const found = judge(text).problems.find(({ message }) => message.includes(says));
    expect(found?.fix).toBe(fix);
  });

  it("stands at the key of a block that should not be one", () => {
    const [problem] = judge(experimentOf("HTTPChaos", "abort:", "  httpStatus: 500")).problems;
    expect(problem).toMatchObject({ code: "wrong-type", path: "spec.abort" });
    expect(lineOf(problem, experimentOf("HTTPChaos", "abort:", "  httpStatus: 500"))).toBe("  abort:");
  });

  it.skipIf(!CORPUS_IS_HERE)(
    "names field, line and fix in the whole corpus (skipped where it is not beside the repository)",
    () => {
      const poor = corpusRows().flatMap(({ id, text }) => {
        const { documents } = parseManifestFile(id, text);
        const problems = documents.flatMap((document) => document.problems);
        return problems.filter((problem) => !isHelpful(problem, text)).map(({ message }) => `${id}: ${message}`);
      });
      expect(poor).toEqual([]);
    },
  );

  it("would be found poor without a field, and on another line", () => {
    const text = podChaos("mode: some");
    const [problem] = judge(text).problems;
    if (problem === undefined) throw new Error("mode: some was not refused");
    expect(isHelpful(problem, text)).toBe(true);
    expect(isHelpful({ ...problem, message: "It is wrong." }, text)).toBe(false);
    expect(isHelpful({ ...problem, place: { line: 1, column: 1 } }, text)).toBe(false);
  });
});

/** The message has the field's name, and its line has that name, its value's, or the name of the map in which it is missing. */
function isHelpful(problem: Problem, text: string): boolean {
  const steps = problem.path.split(/[.[\]]+/).filter((step) => step !== "");
  const field = steps.at(-1) ?? "";
  const line = lineOf(problem, text);
  const value = /"([^"]{1,20})/.exec(problem.message)?.[1] ?? field;
  const key = /^\s*(?:- )?([\w-]+):/.exec(line)?.[1] ?? "";
  const names = steps.slice(-3).some((step) => line.includes(step)) || problem.message.includes(key);
  const around = (names && key !== "") || line.includes(value) || /^\s*- /.test(line);
  return problem.fix !== "" && problem.message.includes(field) && (around || problem.path === "metadata.name");
}

function lineOf(problem: Problem | undefined, text: string): string {
  return text.split("\n")[(problem?.place.line ?? 0) - 1] ?? "";
}
