import type { Answer, ManifestFile } from "../../manifest/document.ts";
import type { Place } from "../../manifest/problem.ts";
import { type Remark, remarksOn } from "./remarks.ts";

/** What lint prints of a file. Hundreds of files are held at once, so nothing of their text or of their experiments is. */
export type LintedFile = {
  readonly path: string;
  /** What makes the file itself unreadable; then it has no documents. */
  readonly remarks: readonly Remark[];
  readonly documents: readonly LintedDocument[];
  readonly otherDocuments: number;
};

export type LintedDocument = {
  readonly index: number;
  readonly kind: string;
  readonly name: string;
  readonly place: Place;
  readonly answer: Answer;
  readonly remarks: readonly Remark[];
};

/** The part of a judged file that is printed. */
export function lintedFrom({ path, problems, documents, otherDocuments }: ManifestFile): LintedFile {
  return {
    path,
    remarks: remarksOn({ problems, findings: [] }),
    documents: documents.map((document) => {
      const { index, kind, name, place, answer } = document;
      return { index, kind, name, place, answer, remarks: remarksOn(document) };
    }),
    otherDocuments,
  };
}

/** Everything that is said about a file, in its order. */
export function remarksIn({ remarks, documents }: LintedFile): readonly Remark[] {
  return [...remarks, ...documents.flatMap((document) => document.remarks)];
}
