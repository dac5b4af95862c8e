import { type LintedFile, remarksIn } from "./linted.ts";
import type { Remark } from "./remarks.ts";

/** A table of everything that was said, for a job's summary or a comment; text of manifests is made harmless. */
export function asMarkdown(files: readonly LintedFile[], summary: string): string {
  const rows = files.flatMap((file) => remarksIn(file).map((remark) => rowOf(file.path, remark)));
  if (rows.length === 0) return `**chaosgate lint:** ${summary}\n`;
  const head = "| place | severity | rule | what, and what to do |\n| --- | --- | --- | --- |";
  return `**chaosgate lint:** ${summary}\n\n${head}\n${rows.join("\n")}\n`;
}

function rowOf(path: string, { line, severity, isRefusal, code, message, fix }: Remark): string {
  const cells = [`${path}:${line}`, isRefusal ? "refused" : severity, code, `${message} ${fix}`.trim()];
  return `| ${cells.map(plain).join(" | ")} |`;
}

/** Inside a table's cell nothing may be a link, a mention, markup, or a new cell. */
function plain(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#+!|~@&$]/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(/\s+/g, " ");
}
