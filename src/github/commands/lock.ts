import { chooseEnvironment } from "../environment.ts";
import { lock as putLock, unlock as takeOff } from "../locks.ts";
import { type Answer, type CommandContext, refused } from "./context.ts";
import type { Command } from "./grammar.ts";
import { quoted } from "./refusal.ts";
import { capabilityRule, environmentRule, firstRefusal } from "./rules.ts";

type LockCommand = Extract<Command, { verb: "lock" }>;
type UnlockCommand = Extract<Command, { verb: "unlock" }>;

/** Keeps every new run out of an environment for a while; what runs goes on. */
export async function lock(command: LockCommand, context: CommandContext): Promise<Answer> {
  const refusal = refuse(command, context);
  if (refusal !== undefined) return refused(command, refusal);
  const { repository, bot, by, delivery } = context;
  const { environment, reason, forMs } = command;
  const until = bot.clock.now() + forMs;
  await putLock(repository, environment, { reason, by: by.login, until }, delivery.comment.id);
  const end = new Date(until).toISOString().slice(0, 16).replace("T", " ");
  const markdown = [
    `${quoted(environment)} is locked until ${end} UTC: ${quoted(reason)}. No run starts there; what runs goes on.`,
    "",
    "```",
    `/chaos unlock ${environment}`,
    "```",
  ];
  return { done: true, markdown: markdown.join("\n") };
}

/** Opens the environment again, whoever locked it. */
export async function unlock(command: UnlockCommand, context: CommandContext): Promise<Answer> {
  const refusal = refuse(command, context);
  if (refusal !== undefined) return refused(command, refusal);
  const { repository, bot, by } = context;
  const count = await takeOff(repository, command.environment, by.login, bot.clock.now());
  const name = quoted(command.environment);
  return { done: true, markdown: count === 0 ? `${name} was not locked.` : `${name} is unlocked.` };
}

function refuse(command: LockCommand | UnlockCommand, { settings, pr, by }: CommandContext) {
  const environment = chooseEnvironment(settings, command.environment);
  const facts = { settings, pr, by, environment, asked: command.environment };
  return firstRefusal([environmentRule, (each) => capabilityRule("lock", each)], facts);
}
