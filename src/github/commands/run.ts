import type { TicketClaims } from "../../ticket/claims.ts";
import { runId } from "../../ticket/id.ts";
import { type Check, ownChecks } from "../checks.ts";
import { chooseEnvironment } from "../environment.ts";
import { gatherReview, type Reviewed } from "../gather-review.ts";
import { ticketClaims } from "../hand-off.ts";
import { pushersSinceReview } from "../pushers.ts";
import { handOff } from "../runs.ts";
import { shownBy } from "../shown.ts";
import { type Answer, type CommandContext, refused } from "./context.ts";
import type { Command } from "./grammar.ts";
import { type RunFacts, refuseRun } from "./may-run.ts";
import { quoted } from "./refusal.ts";
import { refuseAtOnce } from "./rules.ts";
import { gatherRunFacts } from "./run-facts.ts";

type RunCommand = Extract<Command, { verb: "run" }>;

/** Judges the run with facts of this moment, and hands its ticket to the queue. */
export async function run(command: RunCommand, context: CommandContext): Promise<Answer> {
  const { repository, bot, delivery, pr, by, settings } = context;
  const environment = chooseEnvironment(settings, command.environment);
  const atOnce = refuseAtOnce("run", { settings, pr, by, environment, asked: command.environment });
  if (atOnce !== undefined) return refused(command, atOnce);
  const reviewed = await gatherReview(repository, bot, pr, {
    settings,
    ...(environment && { environment: environment.name }),
  });
  const checks = await ownChecks(repository, pr.headSha);
  const facts = await factsOf(command, context, reviewed, checks);
  const refusal = refuseRun(facts);
  if (refusal !== undefined) return refused(command, refusal);
  if (environment === undefined) throw new Error("a run without an environment was not refused");
  const claims = ticketClaims({
    repository,
    pr,
    settings,
    environment,
    review: reviewed.review,
    digests: reviewed.digests,
    seed: reviewed.seed,
    manifest: command.manifest,
    commandNodeId: delivery.comment.nodeId,
    requester: by,
    approvers: facts.approvers,
    shown: shownBy(checks, reviewed.review),
    nowMs: bot.clock.now(),
  });
  await handOff(repository, bot, claims, pr.headSha);
  return accepted(claims);
}

function accepted({ documents, jti, plan, environment, head_sha, approvers }: TicketClaims): Answer {
  const runs = documents.map((_, n) => quoted(runId(jti, n))).join(", ");
  const markdown = `Accepted: ${runs} of plan ${quoted(plan)} waits for the runner of ${quoted(environment)}.`;
  const handed = { ticket: jti, plan, environment, head: head_sha, approvers: approvers.map(({ login }) => login) };
  return { done: true, markdown, handed };
}

async function factsOf(
  command: RunCommand,
  { repository, bot, delivery, pr, by }: CommandContext,
  reviewed: Reviewed,
  checks: readonly Check[],
): Promise<RunFacts> {
  const { manifest, plan, environment } = command;
  return gatherRunFacts(repository, bot, pr, by, reviewed, checks, {
    manifest,
    plan,
    ...(environment !== undefined && { environment }),
    commentedAt: delivery.comment.createdAt,
    pushers: plan === undefined ? await pushersSinceReview(repository, pr, by.login) : [],
  });
}
