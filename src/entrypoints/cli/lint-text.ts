import { type LintedFile, remarksIn } from "./linted.ts";
import type { Remark } from "./remarks.ts";
import { harmless, styled } from "./terminal.ts";

/** For people: a place that editors and terminals recognise, what is wrong, and what to do. */
export function asText(files: readonly LintedFile[]): string {
  const lines = files.flatMap((file) => remarksIn(file).map((remark) => remarkText(file.path, remark)));
  return `${[...lines, summaryOf(files)].join("\n")}\n`;
}

function remarkText(path: string, { line, column, severity, isRefusal, message, fix, code }: Remark): string {
  const where = `${harmless(path)}:${line}:${column}`;
  const colour = severity === "error" ? "red" : "yellow";
  const word = isRefusal ? "refused" : severity;
  return `${styled("bold", where)} ${styled(colour, word)} ${harmless(message)} [${code}]\n    ${harmless(fix)}`;
}

/** How many were accepted, refused, and left alone. */
export function summaryOf(files: readonly LintedFile[]): string {
  const documents = files.flatMap((file) => file.documents);
  const refused = documents.filter(({ answer }) => answer === "reject").length;
  const others = files.reduce((sum, file) => sum + file.otherDocuments, 0);
  const unread = files.filter(({ remarks }) => remarks.length > 0).length;
  const parts = [`${documents.length - refused} accepted`, `${refused} refused`];
  if (unread > 0) parts.push(`${unread} unreadable files`);
  if (others > 0) parts.push(`${others} documents of other kinds skipped`);
  return parts.join(", ");
}
