import type { Answer, ManifestFile } from "../../manifest/document.ts";
import { type Remark, remarksOn, type Severity } from "./remarks.ts";

/** The fixed shape of `chaosgate lint --format json`: other tools build on it. */
export type LintedDocument = {
  readonly file: string;
  /** 0-based position in its file. */
  readonly document: number;
  /** null where the file cannot be read, or where the document does not say. */
  readonly kind: string | null;
  readonly name: string | null;
  readonly answer: Answer;
  readonly problems: readonly LintedProblem[];
};

export type LintedProblem = {
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix?: string;
};

/** One object per document of Chaos Mesh; a file that is not YAML is one refused document. */
export function documentsAsJson(files: readonly ManifestFile[]): readonly LintedDocument[] {
  return files.flatMap(({ path, problems, documents }) => {
    if (problems.length > 0) {
      const said = remarksOn({ problems, findings: [] }).map(problemAsJson);
      return [{ file: path, document: 0, kind: null, name: null, answer: "reject" as const, problems: said }];
    }
    return documents.map((document) => ({
      file: path,
      document: document.index,
      kind: document.kind || null,
      name: document.name || null,
      answer: document.answer,
      problems: remarksOn(document).map(problemAsJson),
    }));
  });
}

function problemAsJson({ code, severity, path, line, column, message, fix }: Remark): LintedProblem {
  return { code, severity, path, line, column, message, ...(fix === "" ? {} : { fix }) };
}
