import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { approve } from "./commands/approve.ts";
import { type Answer, type CommandContext, refused } from "./commands/context.ts";
import { dryRun } from "./commands/dry-run.ts";
import { explain } from "./commands/explain.ts";
import { type Command, type Parsed, parseCommand } from "./commands/grammar.ts";
import { help } from "./commands/help.ts";
import { lock, unlock } from "./commands/lock.ts";
import { plan } from "./commands/plan.ts";
import { spell } from "./commands/refusal.ts";
import { retry } from "./commands/retry.ts";
import { levelRule, openRule, teamsAsked } from "./commands/rules.ts";
import { run } from "./commands/run.ts";
import { status } from "./commands/status.ts";
import { abort, hold, unhold } from "./commands/stop.ts";
import { findComment, putComment, react, replyMarker } from "./comments.ts";
import { updateDashboard } from "./dashboard.ts";
import type { CommentDelivery } from "./delivery.ts";
import { standingOf } from "./people.ts";
import { commentStands, findPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { readSettings } from "./settings-file.ts";

/** A comment was written on a pull request; when a command starts it, the command is judged, obeyed or refused, and answered. */
export async function onIssueComment(delivery: CommentDelivery, repository: Repository, bot: Bot): Promise<void> {
  const { number, comment } = delivery;
  const parsed = parseCommand(comment.body);
  if (parsed.kind === "none" || !isFromItsAuthor(delivery)) return;
  // The answer carries the comment's id: a delivery that was repeated or replayed finds it and does nothing.
  if (await findComment(repository, number, replyMarker(comment.id))) return;
  if (!(await commentStands(repository, comment.id, comment.body))) return;
  const pr = await findPullRequest(repository, number);
  if (pr === undefined) return;
  await react(repository, comment.id, "eyes");
  const answer = await answerTo(parsed, delivery, { repository, bot, pr });
  audit(bot, repository, {
    on: "command",
    pullRequest: number,
    by: comment.author,
    comment: comment.id,
    command: parsed.kind === "command" ? spell(parsed.command) : parsed.kind,
    allowed: answer.done,
    rule: answer.rule,
    ...answer.handed,
  });
  await putComment(repository, number, replyMarker(comment.id), answer.markdown);
  await react(repository, comment.id, answer.done ? "rocket" : "confused");
  if (answer.done && parsed.kind === "command" && MOVES.has(parsed.command.verb))
    await updateDashboard(repository, bot);
}

/** Commands after which something else goes on than before. */
const MOVES: ReadonlySet<Command["verb"]> = new Set(["run", "retry", "abort", "hold", "lock", "unlock"]);

/** Bots command nothing, and neither does somebody who makes another person's comment travel again. */
function isFromItsAuthor({ comment, sender }: CommentDelivery): boolean {
  return comment.authorType === "User" && comment.author === sender && comment.nodeId !== "";
}

async function answerTo(
  parsed: Exclude<Parsed, { kind: "none" }>,
  delivery: CommentDelivery,
  { repository, bot, pr }: Pick<CommandContext, "repository" | "bot" | "pr">,
): Promise<Answer> {
  if (parsed.kind === "mistake") {
    const meant = parsed.nearest === undefined ? "" : ` Did you mean \`${parsed.nearest}\`?`;
    return {
      done: false,
      markdown: `**Not understood:** ${parsed.why}.${meant}\n\n\`/chaos help\` lists every command.`,
    };
  }
  const { command } = parsed;
  const settings = await readSettings(repository);
  const by = await standingOf(repository, delivery.comment.author, teamsAsked(command, settings));
  const refusal = openRule(command, pr) ?? levelRule(command, by);
  if (refusal !== undefined) return refused(command, refusal);
  return obey(command, { repository, bot, delivery, pr, by, settings });
}

function obey(command: Command, context: CommandContext): Answer | Promise<Answer> {
  switch (command.verb) {
    case "help":
      return help();
    case "status":
      return status(command, context);
    case "plan":
      return plan(context, command.change);
    case "approve":
      return approve(command, context);
    case "run":
      return run(command, context);
    case "abort":
      return abort(command, context);
    case "dry-run":
      return dryRun(command, context);
    case "retry":
      return retry(command, context);
    case "explain":
      return explain(command.rule);
    case "lock":
      return lock(command, context);
    case "unlock":
      return unlock(command, context);
    case "hold":
      return hold(context);
    case "unhold":
      return unhold(context);
  }
}
