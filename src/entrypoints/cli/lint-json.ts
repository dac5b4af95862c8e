import type { Answer } from "../../manifest/document.ts";
import type { LintedFile } from "./linted.ts";
import type { Remark, Severity } from "./remarks.ts";

/** The fixed shape of `chaosgate lint --format json`: other tools build on it. */
export type JsonDocument = {
  readonly file: string;
  /** 0-based position in its file. */
  readonly document: number;
  /** null where the file cannot be read, or where the document does not say. */
  readonly kind: string | null;
  readonly name: string | null;
  readonly answer: Answer;
  readonly problems: readonly JsonProblem[];
};

export type JsonProblem = {
  readonly code: string;
  readonly severity: Severity;
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix?: string;
};

/** As JSON with one document a line, so that it can be read by line and compared by diff. */
export function asJson(files: readonly LintedFile[]): string {
  const lines = documentsAsJson(files).map((document) => JSON.stringify(document));
  return lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
}

/** One object per document of Chaos Mesh; a file that is not YAML is one refused document. */
function documentsAsJson(files: readonly LintedFile[]): readonly JsonDocument[] {
  return files.flatMap(({ path: file, remarks, documents }) => {
    if (remarks.length > 0) {
      const problems = remarks.map(problemAsJson);
      return [{ file, document: 0, kind: null, name: null, answer: "reject" as const, problems }];
    }
    return documents.map(({ index, kind, name, answer, remarks: said }) => ({
      file,
      document: index,
      kind: kind || null,
      name: name || null,
      answer,
      problems: said.map(problemAsJson),
    }));
  });
}

function problemAsJson({ code, severity, path, line, column, message, fix }: Remark): JsonProblem {
  return { code, severity, path, line, column, message, ...(fix === "" ? {} : { fix }) };
}
