import { code, prose, sentence } from "../escape.ts";
import type { Review } from "../review.ts";
import { table } from "../sections.ts";
import { type FileRemark, remarksOf } from "./remarks.ts";

const ICONS: Readonly<Record<FileRemark["severity"], string>> = {
  problem: "❌",
  error: "⛔",
  warning: "⚠️",
  notice: "💡",
};

/** Problems and findings with their lines and fixes; what does not fit in `most` rows stands in the check. */
export function remarksTable(review: Review, most: number): string {
  const remarks = remarksOf(review);
  const rows = remarks.slice(0, most).map(row);
  const more =
    remarks.length > most ? `\n\n_and ${remarks.length - most} more, at their lines in \`chaos / review\`_` : "";
  const body = table(["", "Where", "What", "What to do"], rows);
  return body === "" ? "" : `#### At the lines\n\n${body}${more}`;
}

function row({ severity, path, place, message, fix, code: rule }: FileRemark): readonly string[] {
  return [
    ICONS[severity],
    code(`${path}:${place.line}`),
    `${sentence(message)} <sub>${prose(rule)}</sub>`,
    sentence(fix),
  ];
}
