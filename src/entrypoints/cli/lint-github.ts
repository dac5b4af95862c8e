import { type LintedFile, remarksIn } from "./linted.ts";
import type { Remark } from "./remarks.ts";

/** Workflow commands of GitHub Actions: each line becomes an annotation at its place. */
export function asWorkflowCommands(files: readonly LintedFile[]): string {
  const lines = files.flatMap((file) => remarksIn(file).map((remark) => commandOf(file.path, remark)));
  return lines.map((line) => `${line}\n`).join("");
}

function commandOf(path: string, { severity, line, column, code, message, fix }: Remark): string {
  const properties = { file: path, line: String(line), col: String(column), title: code };
  const written = Object.entries(properties).map(([name, value]) => `${name}=${escapedProperty(value)}`);
  return `::${severity} ${written.join(",")}::${escaped(`${message}\n${fix}`)}`;
}

/** What would end the line becomes what the job's reader turns back (actions/toolkit, command.ts). */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapedProperty(text: string): string {
  return escaped(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
