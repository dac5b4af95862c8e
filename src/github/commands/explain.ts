import { nearest } from "../../manifest/text/nearest.ts";
import { RULES } from "../../review/rules.ts";
import type { Answer } from "./context.ts";
import { quoted } from "./refusal.ts";

/** Why a rule exists, and where its page is. */
export function explain(rule: string): Answer {
  const why = RULES.get(rule);
  if (why !== undefined) {
    return {
      done: true,
      markdown: `${quoted(rule)}: ${why}\n\nWrong and right examples: \`docs/rules/${rule}.md\`, or \`chaosgate explain ${rule}\`.`,
    };
  }
  const meant = nearest(rule, [...RULES.keys()]);
  const next = meant === undefined ? "" : ` Did you mean ${quoted(meant)}?`;
  return { done: false, markdown: `There is no rule ${quoted(rule)}.${next}` };
}
