import type { Settings } from "../../settings.ts";
import type { Bot } from "../bot.ts";
import type { CommentDelivery } from "../delivery.ts";
import type { Standing } from "../people.ts";
import type { PullRequest } from "../pull-request.ts";
import type { Repository } from "../repository.ts";
import type { Command } from "./grammar.ts";
import { type Refusal, renderRefusal } from "./refusal.ts";

/** What every command may look at; gathered afresh for each comment. */
export type CommandContext = {
  readonly repository: Repository;
  readonly bot: Bot;
  readonly delivery: CommentDelivery;
  readonly pr: PullRequest;
  readonly by: Standing;
  readonly settings: Settings;
};

/** What is said in return, whether the command was obeyed, and which rule refused it. */
export type Answer = {
  readonly done: boolean;
  readonly markdown: string;
  readonly rule?: string;
  /** What a command handed to a runner, for the audit log. */
  readonly handed?: Handed;
};

export type Handed = {
  readonly ticket: string;
  readonly plan: string;
  readonly environment: string;
  readonly head: string;
  readonly approvers: readonly string[];
};

/** A refusal as the answer. */
export function refused(command: Command, refusal: Refusal): Answer {
  return { done: false, markdown: renderRefusal(command, refusal), rule: refusal.rule };
}
