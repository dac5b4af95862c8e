import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";

// Answers of a real API server with Chaos Mesh, kept outside the repository: the manifests have owners of their own.

const CORPUS = resolve(import.meta.dirname, "../../../shared/corpus");
const MODELLED = /^(NetworkChaos|PodChaos|Schedule of (NetworkChaos|PodChaos))$/;

type Row = { readonly id: string; readonly text: string; readonly verdict: string };

describe.skipIf(!existsSync(CORPUS))(
  "the API server's answers (skipped where the corpus is not beside the repository)",
  () => {
    it("are ours for every NetworkChaos and PodChaos, scheduled or not", () => {
      const rows = everyRow().filter(({ text }) => MODELLED.test(kindOf(text)));
      expect(rows.length).toBeGreaterThan(300);
      expect(rows.filter(disagrees).map(({ id }) => id)).toEqual([]);
    });

    it("would be told from wrong ones", () => {
      const [row] = everyRow().filter(({ text }) => MODELLED.test(kindOf(text)));
      expect(row && disagrees({ ...row, verdict: row.verdict === "accept" ? "reject" : "accept" })).toBe(true);
    });

    it("are never an acceptance where we refuse a kind that is only recognised", () => {
      const refusedByUsAlone = everyRow().filter(
        (row) => !MODELLED.test(kindOf(row.text)) && row.verdict === "accept" && answerTo(row) === "reject",
      );
      expect(refusedByUsAlone.map(({ id }) => id)).toEqual([]);
    });
  },
);

function everyRow(): Row[] {
  const read = (name: string) => readFileSync(resolve(CORPUS, name), "utf8");
  const found = read("verdicts.tsv").trimEnd().split("\n").slice(1);
  const made = read("mutants.jsonl").trimEnd().split("\n");
  return [
    ...found.map((line) => {
      const [file = "", , verdict = ""] = line.split("\t");
      return { id: file, text: read(`manifests/${file}`), verdict };
    }),
    ...made.map((line) => {
      const { id, manifest, verdict } = JSON.parse(line) as { id: string; manifest: string; verdict: string };
      return { id, text: manifest, verdict };
    }),
  ];
}

/** By search and not by our own reader, so that a reader that loses a document cannot hide it. */
function kindOf(text: string): string {
  const kind = /^kind: *["']?(\w+)/m.exec(text)?.[1] ?? "";
  const type = /^ {2,4}["']?type["']?: *["']?(\w+)/m.exec(text)?.[1] ?? "";
  return kind === "Schedule" ? `Schedule of ${type}` : kind;
}

function answerTo({ id, text }: Row): string {
  const { problems, documents } = parseManifestFile(id, text);
  return problems.length > 0 ? "reject" : (documents[0]?.answer ?? "not read");
}

function disagrees(row: Row): boolean {
  return answerTo(row) !== row.verdict;
}
