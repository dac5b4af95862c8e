import { deploymentStatuses, isWaiting } from "../deployments.ts";
import { queuedRuns } from "../runs.ts";
import { type Answer, type CommandContext, refused } from "./context.ts";
import type { Command } from "./grammar.ts";
import { quoted, type Refusal } from "./refusal.ts";
import { run } from "./run.ts";

/** Asks for an ended run once more: the same plan, environment and manifest, judged anew as any other run. */
export async function retry(command: Extract<Command, { verb: "retry" }>, context: CommandContext): Promise<Answer> {
  const { repository, bot, pr } = context;
  const runs = await queuedRuns(repository);
  const known = runs.find(({ payload }) => {
    const ours = payload.pullRequest === pr.number;
    return ours && (payload.ticketId === command.run || command.run.startsWith(`${payload.ticketId}-`));
  });
  const ticket = known && (await bot.tickets.open(known.payload.ticket));
  if (known === undefined || ticket === undefined) return refused(command, unknown(command.run));
  const [newest] = await deploymentStatuses(repository, known.id);
  if (isWaiting(newest) || newest?.state === "in_progress") return refused(command, underWay(command.run));
  const [manifest, ...more] = new Set(ticket.documents.map(({ path }) => path));
  const { plan, environment } = ticket;
  const one = manifest !== undefined && more.length === 0 ? { manifest } : {};
  return run({ verb: "run", plan, environment, ...one }, context);
}

function unknown(run: string): Refusal {
  return {
    rule: "run-known",
    why: `no run ${quoted(run)} of this pull request is known`,
    next: "`/chaos status` lists the runs of the head",
  };
}

function underWay(run: string): Refusal {
  return { rule: "run-ended", why: `${quoted(run)} has not ended`, next: `wait for it, or \`/chaos abort ${run}\`` };
}
