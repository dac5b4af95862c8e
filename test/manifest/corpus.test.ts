import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import type { Problem } from "../../src/manifest/problem.ts";
import { CORPUS_IS_HERE, corpusRows, type Row } from "./support/corpus.ts";
import { linesOf, meansTheSame, pathsNamedIn, wordsOf } from "./support/server-paths.ts";
import { objectIn, spellingsOf } from "./support/spellings.ts";

/** What is asked for; what is reached is printed. */
const AGREEMENT = 0.995;

/** The kinds that are modelled, with how many answers there are at least. */
const MODELLED = [
  { kind: "NetworkChaos", answers: 239 },
  { kind: "PodChaos", answers: 108 },
  { kind: "IOChaos", answers: 72 },
  { kind: "TimeChaos", answers: 29 },
  { kind: "StressChaos", answers: 51 },
  { kind: "HTTPChaos", answers: 45 },
  { kind: "DNSChaos", answers: 23 },
  { kind: "JVMChaos", answers: 20 },
  { kind: "KernelChaos", answers: 19 },
  { kind: "StatusCheck", answers: 19 },
  { kind: "Workflow", answers: 24 },
  { kind: "Schedule", answers: 17 },
  { kind: "BlockChaos", answers: 2 },
  { kind: "AWSChaos", answers: 4 },
  { kind: "AzureChaos", answers: 2 },
  { kind: "GCPChaos", answers: 1 },
  { kind: "PhysicalMachineChaos", answers: 7 },
  { kind: "PhysicalMachine", answers: 3 },
  { kind: "RemoteCluster", answers: 2 },
];

describe.skipIf(!CORPUS_IS_HERE)(
  "the API server's answers (skipped where the corpus is not beside the repository)",
  () => {
    it.each(["manifests", "mutants"] as const)("are ours for 99.5 % of the %s", (from) => {
      const rows = corpusRows().filter((row) => row.from === from);
      const others = rows.filter((row) => answerTo(row) !== row.verdict);
      const share = 1 - others.length / rows.length;
      process.stdout.write(
        `agreement on ${from}: ${rows.length - others.length} of ${rows.length} (${percent(share)})\n`,
      );
      for (const row of others) process.stdout.write(`  ${row.id}: the server says ${row.verdict}. ${row.message}\n`);
      expect(share).toBeGreaterThanOrEqual(AGREEMENT);
    });

    it.each(MODELLED)("are ours for each of the $answers manifests of kind $kind", ({ kind, answers }) => {
      const rows = corpusRows().filter((row) => row.kind === kind);
      expect(rows.length).toBeGreaterThanOrEqual(answers);
      expect(rows.filter((row) => answerTo(row) !== row.verdict).map(({ id }) => id)).toEqual([]);
    });

    it.each(["json", "yaml", "reversed", "renamed"])(
      "are ours when the object is written otherwise: %s",
      (spelling) => {
        const rows = corpusRows().map((row) => ({ row, object: objectIn(row.text) }));
        const readable = rows.flatMap(({ row, object }) => (object === undefined ? [] : [{ row, object }]));
        expect(readable.length).toBeGreaterThan(rows.length * 0.98);
        const changed = readable.filter(
          ({ row, object }) => answerTo({ ...row, text: spellingsOf(object)[spelling] ?? "" }) !== answerTo(row),
        );
        expect(changed.map(({ row }) => row.id)).toEqual([]);
      },
    );

    it("come with a problem at the place that the server names, and at the line where it stands", () => {
      const refused = corpusRows().filter((row) => row.verdict === "reject" && pathsNamedIn(row.message).length > 0);
      const elsewhere = refused.filter((row) => !problemsOf(row).some((problem) => isThePlace(problem, row)));
      const share = 1 - elsewhere.length / refused.length;
      process.stdout.write(
        `place agrees for ${refused.length - elsewhere.length} of ${refused.length} (${percent(share)})\n`,
      );
      expect(elsewhere.map(({ id, message }) => `${id}: ${message}`)).toEqual([]);
    });

    it("come with a message that names the field, and with what to do", () => {
      const refused = corpusRows().filter((row) => row.verdict === "reject");
      const mute = refused.filter(
        (row) => !problemsOf(row).some((problem) => namesItsField(problem) && problem.fix !== ""),
      );
      expect(mute.map(({ id }) => id)).toEqual([]);
    });

    it("are not in the source: no word of the corpus that is not one of the schema", () => {
      const source = globSync("src/**/*.ts", { cwd: ROOT }).map((path) => readFileSync(resolve(ROOT, path), "utf8"));
      const code = source.join("\n");
      const words = distinctiveWords(corpusRows());
      expect(words.length).toBeGreaterThan(400);
      expect(words.filter((word) => code.includes(word))).toEqual([]);
    });
  },
);

describe.skipIf(!CORPUS_IS_HERE)("these tests, were something wrong (skipped where the corpus is not there)", () => {
  it.each(["manifests", "mutants"] as const)("would fail for %s with one answer in a hundred turned round", (from) => {
    const rows = corpusRows().filter((row) => row.from === from);
    const wrong = rows.filter((row, index) => (answerTo(row) === row.verdict) === (index % 100 === 0));
    expect(1 - wrong.length / rows.length).toBeLessThan(AGREEMENT);
  });

  it.each([
    { from: "manifests", code: "field-unknown" },
    { from: "mutants", code: "value-not-a-percentage" },
  ])("would fail for $from without the rule $code", ({ from, code }) => {
    const rows = corpusRows().filter((row) => row.from === from);
    const wrong = rows.filter(
      (row) => (problemsOf(row).some((problem) => problem.code !== code) ? "reject" : "accept") !== row.verdict,
    );
    expect(1 - wrong.length / rows.length).toBeLessThan(AGREEMENT);
  });

  it("would see a problem at another place or line", () => {
    const text = "kind: PodChaos\nspec:\n  mode: fixed\n";
    const row = { text, message: "Spec.PodSelector.value: Invalid value" } as Row;
    const problem = { path: "spec.mode", place: { line: 3, column: 3 } } as Problem;
    expect(isThePlace({ ...problem, path: "spec.value" }, row)).toBe(true);
    expect(isThePlace(problem, row)).toBe(false);
    expect(isThePlace({ ...problem, path: "spec.value", place: { line: 1, column: 1 } }, row)).toBe(false);
    expect(isThePlace(problem, { ...row, message: "spec.mode: Unsupported value" })).toBe(true);
    expect(
      isThePlace({ ...problem, place: { line: 2, column: 1 } }, { ...row, message: "spec.mode: Unsupported value" }),
    ).toBe(false);
  });
});

function namesItsField({ path, message }: Problem): boolean {
  return message.toLowerCase().includes(wordsOf(path).at(-1) ?? "");
}

const ROOT = resolve(import.meta.dirname, "../..");

function problemsOf({ id, text }: Row): readonly Problem[] {
  const { problems, documents } = parseManifestFile(id, text);
  return [...problems, ...documents.flatMap((document) => document.problems)];
}

function answerTo({ id, text }: Row): string {
  const { problems, documents } = parseManifestFile(id, text);
  return problems.length > 0 ? "reject" : (documents[0]?.answer ?? "not read");
}

function isThePlace({ path, place }: Problem, { text, message }: Row): boolean {
  const { first, last } = linesOf(text, path);
  const isNamed = pathsNamedIn(message).some((theirs) => meansTheSame(theirs, path));
  return isNamed && place.line >= first && place.line <= last;
}

/** Words of Kubernetes, Chaos Mesh, GitHub and the requirements that our code needs and that CRDs do not spell out. */
const TERMS = [
  "chaos-mesh.org/v1alpha1",
  "experiment.chaos-mesh.org/pause",
  "app.kubernetes.io/name",
  "creationTimestamp",
  "generateName",
  "api.github.com",
  // The service that the requirements themselves name; the demo's shop has it.
  "payment-service",
];

/** Texts and keys of twelve characters and more that neither the CRDs nor Kubernetes have. */
function distinctiveWords(rows: readonly Row[]): readonly string[] {
  const crds = globSync("../shared/crds/*.yaml", { cwd: ROOT }).map((path) =>
    readFileSync(resolve(ROOT, path), "utf8"),
  );
  const schema = crds.join("\n");
  const words = new Set(rows.flatMap((row) => wordsIn(objectIn(row.text) ?? null)));
  return [...words].filter((word) => word.length >= 12 && !schema.includes(word) && !TERMS.includes(word));
}

function wordsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(wordsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => [key, ...wordsIn(child)]);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
