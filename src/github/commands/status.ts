import { type Check, ownChecks } from "../checks.ts";
import { chooseEnvironment, reviewedEnvironment } from "../environment.ts";
import { gatherReview } from "../gather-review.ts";
import { type Answer, type CommandContext, refused } from "./context.ts";
import type { Command } from "./grammar.ts";
import { whatStandsInTheWay } from "./may-run.ts";
import { quoted, renderBlockers } from "./refusal.ts";
import { environmentRule, whoMay } from "./rules.ts";
import { gatherRunFacts } from "./run-facts.ts";

/** What stands at the head of the pull request: plan, approvals, runs; what a run still needs, and who can supply it. */
export async function status(command: Extract<Command, { verb: "status" }>, context: CommandContext): Promise<Answer> {
  const { repository, bot, pr, by, settings } = context;
  const environment = chooseEnvironment(settings, command.environment ?? reviewedEnvironment(settings));
  const unknown = command.environment !== undefined && environment === undefined;
  const asked = { settings, pr, by, environment, asked: command.environment };
  const refusal = unknown ? environmentRule(asked) : undefined;
  if (refusal !== undefined) return refused(command, refusal);
  const name = environment?.name ?? reviewedEnvironment(settings);
  const reviewed = await gatherReview(repository, bot, pr, { settings, environment: name });
  const checks = await ownChecks(repository, pr.headSha);
  const request = { environment: name, manifest: undefined, plan: reviewed.review.plan, commentedAt: 0, pushers: [] };
  const facts = await gatherRunFacts(repository, bot, pr, by, reviewed, checks, request);
  const missing = whatStandsInTheWay(facts);
  const approved = facts.approvers.map(({ login }) => quoted(login)).join(", ");
  const lines = [
    `Head ${quoted(pr.headSha.slice(0, 12))}, plan ${quoted(reviewed.review.plan ?? "none")} for ${quoted(name)}.`,
    `Execution is ${settings.execution === "enabled" ? "enabled" : "**disabled** in the settings"}.`,
    `Approved by ${approved || "nobody"}.`,
    "",
    missing.length === 0 ? "Nothing is missing for a run." : renderBlockers(missing),
    ...(environment === undefined ? [] : ["", whoMay(environment)]),
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
