// What is decided about runs enters, a line of the log leaves: who asked for what, whether it was let happen, and by which rule. Every
// such line has `audit: true`, by which it can be kept apart; it never carries a ticket, a manifest or anything that a comment says.

import type { RunReport } from "../run/report.ts";
import type { Bot, Log } from "./bot.ts";
import type { Repository } from "./repository.ts";

export type Decision = {
  /** What it was decided upon; `ticket` is its way to a runner and back. */
  readonly on: "command" | "button" | "label" | "merge" | "schedule" | "ticket" | "gate" | "merge-queue";
  /** None where a gate failed at a commit that was not looked at. */
  readonly pullRequest?: number;
  readonly allowed: boolean;
  /** A login of GitHub or a runner's name; none where only the state of things decided. */
  readonly by?: string | undefined;
  readonly command?: string;
  readonly comment?: number;
  readonly environment?: string;
  readonly plan?: string | undefined;
  readonly ticket?: string;
  readonly head?: string;
  readonly approvers?: readonly string[];
  /** The rule that refused, where it is one of those that `/chaos status` lists. */
  readonly rule?: string | undefined;
  readonly why?: string;
};

/** Writes a decision down. */
export function audit({ log }: Pick<Bot, "log">, { owner, name }: Repository, decision: Decision): void {
  log.info({ audit: true, repository: `${owner}/${name}`, ...decision }, "a decision was made");
}

/** A runner has taken a ticket, or has begun a run of a standing one. */
export function auditTaken(bot: Pick<Bot, "log">, repository: Repository, report: RunReport): void {
  const { pullRequest, runner: by, ticketId: ticket, environment, plan } = report;
  audit(bot, repository, { on: "ticket", pullRequest, by, ticket, environment, plan, allowed: true });
}

/** The same log, whose every line also says these facts. */
export function logOf(log: Log, facts: object): Log {
  return {
    info: (more, message) => log.info({ ...facts, ...more }, message),
    warn: (more, message) => log.warn({ ...facts, ...more }, message),
    error: (more, message) => log.error({ ...facts, ...more }, message),
  };
}
