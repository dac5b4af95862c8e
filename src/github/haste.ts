// How urgent the work is that is being done: known where a delivery or a runner's request begins, asked where GitHub is.

import { AsyncLocalStorage } from "node:async_hooks";
import { parseCommand } from "./commands/grammar.ts";
import type { Delivery } from "./delivery.ts";

/** `first`: what stops a run, or tells of one. `people`: somebody waits for an answer. `review`: a pull request waits for its checks. */
export type Haste = "first" | "people" | "review";

/** The most urgent one first. */
export const HASTES: readonly Haste[] = ["first", "people", "review"];

const current = new AsyncLocalStorage<() => Haste>();

/** Does work under a haste, which may be raised while the work goes on. */
export function inHaste<T>(haste: () => Haste, work: () => T): T {
  return current.run(haste, work);
}

/** The haste of whatever is running here; it may be asked again later. */
export function hasteHere(): () => Haste {
  return current.getStore() ?? (() => "review");
}

/** The more urgent of two. */
export function moreUrgent(one: Haste, other: Haste): Haste {
  return HASTES.indexOf(one) < HASTES.indexOf(other) ? one : other;
}

/** The haste of a delivery, before anybody has looked whether its sender may do what they ask. */
export function hasteOf(delivery: Delivery): Haste {
  switch (delivery.kind) {
    case "comment":
      return hasteOfComment(delivery.comment.body);
    case "check":
      return delivery.action === "abort" ? "first" : "people";
    case "pull-request":
      return delivery.action === "held" ? "first" : "review";
    case "merge-group":
    case "review":
      return "people";
    case "push":
    case "installed":
      return "review";
  }
}

function hasteOfComment(body: string): Haste {
  const parsed = parseCommand(body);
  if (parsed.kind === "none") return "review";
  const stops = parsed.kind === "command" && ["abort", "hold"].includes(parsed.command.verb);
  return stops ? "first" : "people";
}
