import type { ManifestFile } from "../../manifest/document.ts";
import { parseManifestFile } from "../../manifest/parse.ts";
import type { Finding, Problem } from "../../manifest/problem.ts";
import { readFiles } from "./files.ts";
import { harmless, print, printJson, styled } from "./terminal.ts";
import { formatOf, type Options } from "./words.ts";

/** `chaosgate lint FILE...`: every problem and finding at its line. */
export function lintCommand(names: readonly string[], options: Options): number {
  const format = formatOf(options, ["terminal", "json"]);
  const files = readFiles(names).map(({ path, text }) => parseManifestFile(path, text));
  if (format === "json") printJson({ files });
  else print(files.flatMap(linesOf).concat(summaryOf(files)).join("\n").concat("\n"));
  return files.some(isBad) ? 1 : 0;
}

function isBad({ problems, documents }: ManifestFile): boolean {
  const refused = documents.some(({ answer }) => answer === "reject");
  const pointless = documents.some(({ findings }) => findings.some(({ severity }) => severity === "error"));
  return problems.length > 0 || refused || pointless;
}

function linesOf({ path, problems, documents }: ManifestFile): readonly string[] {
  const all = [...problems, ...documents.flatMap((document) => [...document.problems, ...document.findings])];
  return all.map((remark) => remarkText(path, remark));
}

/** `path:line:column` first, as editors and terminals recognise it. */
function remarkText(path: string, remark: Problem | Finding): string {
  const { place, message, fix, code } = remark;
  const severity = "severity" in remark ? remark.severity : "refused";
  const where = `${harmless(path)}:${place.line}:${place.column}`;
  const colour = severity === "refused" || severity === "error" ? "red" : "yellow";
  return `${styled("bold", where)} ${styled(colour, severity)} ${harmless(message)} [${code}]\n    ${harmless(fix)}`;
}

function summaryOf(files: readonly ManifestFile[]): string {
  const documents = files.flatMap((file) => file.documents);
  const refused = documents.filter(({ answer }) => answer === "reject").length;
  const others = files.reduce((sum, file) => sum + file.otherDocuments, 0);
  const unread = files.filter(({ problems }) => problems.length > 0).length;
  const parts = [`${documents.length - refused} accepted`, `${refused} refused`];
  if (unread > 0) parts.push(`${unread} unreadable files`);
  if (others > 0) parts.push(`${others} documents of other kinds skipped`);
  return parts.join(", ");
}
