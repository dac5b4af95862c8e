import { RULES } from "../../review/rules.ts";
import { type LintedFile, remarksIn } from "./linted.ts";
import type { Remark } from "./remarks.ts";

const LEVELS = { error: "error", warning: "warning", notice: "note" } as const;

/** A SARIF 2.1.0 log (OASIS, 2020) of one run, as code scanning services read it. */
export function asSarif(files: readonly LintedFile[], version: string): unknown {
  const said = files.flatMap((file) => remarksIn(file).map((remark) => ({ uri: uriOf(file.path), remark })));
  const ids = [...new Set(said.map(({ remark }) => remark.code))].sort();
  const rules = ids.map((id) => ({ id, shortDescription: { text: RULES.get(id) ?? id } }));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: { driver: { name: "chaosgate", version, rules } },
        columnKind: "utf16CodeUnits",
        results: said.map(({ uri, remark }) => resultOf(uri, remark, ids.indexOf(remark.code))),
      },
    ],
  };
}

function resultOf(
  uri: string,
  { code, severity, path, line, column, endLine, endColumn, message, fix }: Remark,
  ruleIndex: number,
) {
  const region = {
    startLine: line,
    startColumn: column,
    ...(endLine === undefined ? {} : { endLine }),
    ...(endColumn === undefined ? {} : { endColumn }),
  };
  const logical = path === "" ? {} : { logicalLocations: [{ fullyQualifiedName: path }] };
  return {
    ruleId: code,
    ruleIndex,
    level: LEVELS[severity],
    message: { text: `${message} ${fix}`.trim() },
    locations: [{ physicalLocation: { artifactLocation: { uri }, region }, ...logical }],
  };
}

/** A relative path as a URI reference: every character that means something in one is escaped. */
function uriOf(path: string): string {
  return path.split("/").map(encodeURIComponent).join("/");
}
