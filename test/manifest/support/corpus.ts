import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

// Answers of a real API server with Chaos Mesh, kept outside the repository: the manifests have owners of their own.

const CORPUS = process.env.CHAOSGATE_CORPUS ?? resolve(import.meta.dirname, "../../../../shared/corpus");

export const CORPUS_IS_HERE = existsSync(CORPUS);

export type Row = {
  readonly id: string;
  readonly from: "manifests" | "mutants";
  readonly kind: string;
  readonly text: string;
  readonly verdict: string;
  /** What the server said where it refused. */
  readonly message: string;
};

/** Every manifest and every mutant with the server's answer. */
export function corpusRows(): Row[] {
  const read = (name: string) => readFileSync(resolve(CORPUS, name), "utf8");
  const found = read("verdicts.tsv").trimEnd().split("\n").slice(1);
  const made = read("mutants.jsonl").trimEnd().split("\n");
  return [
    ...found.map((line): Row => {
      const [file = "", kind = "", verdict = "", message = ""] = line.split("\t");
      return { id: file, from: "manifests", kind, text: read(`manifests/${file}`), verdict, message };
    }),
    ...made.map((line): Row => {
      type Made = { id: string; manifest: string; verdict: string; message: string };
      const { id, manifest, verdict, message } = JSON.parse(line) as Made;
      return { id, from: "mutants", kind: kindOf(manifest), text: manifest, verdict, message };
    }),
  ];
}

/** By search and not by our own reader, so that a reader that loses a document cannot hide it. */
function kindOf(text: string): string {
  return /^kind: *["']?(\w+)/m.exec(text)?.[1] ?? "";
}
