import { approversOf } from "../approvals.ts";
import { type Check, ownChecks } from "../checks.ts";
import { reviewMarkOf } from "../pushers.ts";
import type { Answer, CommandContext } from "./context.ts";
import { quoted } from "./refusal.ts";

/** What stands at the head of the pull request: plan, approvals, checks and runs. */
export async function status({ repository, pr, settings }: CommandContext): Promise<Answer> {
  const checks = await ownChecks(repository, pr.headSha);
  const mark = reviewMarkOf(checks);
  const approvers = mark === undefined ? [] : await approversOf(repository, pr, mark, settings, checks);
  const lines = [
    `Head ${quoted(pr.headSha.slice(0, 12))}, plan ${mark === undefined ? "none yet" : quoted(mark.plan)}.`,
    `Execution is ${settings.execution === "enabled" ? "enabled" : "**disabled** in the settings"}.`,
    `Approved by ${approvers.map(({ login }) => quoted(login)).join(", ") || "nobody"}.`,
    "",
    "| Check | State |",
    "| --- | --- |",
    ...checks.slice(0, 30).map(row),
  ];
  return { done: true, markdown: lines.join("\n") };
}

function row({ name, externalId, completed, conclusion }: Check): string {
  const run = /^t[0-9a-f]{20}-\d+$/.test(externalId) ? ` ${quoted(externalId)}` : "";
  return `| ${quoted(name)}${run} | ${completed ? (conclusion ?? "") : "under way"} |`;
}
