// Undoing is not believed but looked at: every daemon says what of ours is still there, and the objectives must come back.

import type { Command, Event } from "../event.ts";
import { type RollingBack, type Step, unexpected, type Verifying } from "../phase.ts";
import type { Rollback } from "../report.ts";
import { read, readingsOf, tell } from "../story.ts";
import { finish } from "./finish.ts";

/** Starts looking. */
export function verify(phase: RollingBack, at: number): Step {
  const { terms, story } = phase;
  const verifying: Verifying = {
    ...phase,
    name: "verifying",
    story: tell(story, at, "every undo was tried; looking whether anything is left"),
    until: at + terms.guard.recoveryMs,
    inspected: { found: [], unread: ["no daemon was asked yet"] },
  };
  return { phase: verifying, command: inspect(verifying) };
}

/** What follows an event while verifying. */
export function whileVerifying(phase: Verifying, event: Event): Step {
  const { at } = event;
  switch (event.kind) {
    case "inspected":
      return { phase: inspectedPhase(phase, event.found, event.unread, at), command: { do: "poll", by: "run" } };
    case "polled": {
      const story = read(phase.story, at, "verifying", event.readings);
      return conclude({ ...phase, story, polledAt: at }, at);
    }
    case "woke":
      return { phase, command: inspect(phase) };
    case "failed":
      return conclude(phase, at);
    default:
      return unexpected(phase, event);
  }
}

/** Asks every daemon what is left. */
export function inspect({ target }: Verifying): Command {
  return { do: "inspect", victims: target.victims, oneShot: target.oneShot };
}

function inspectedPhase(
  phase: Verifying,
  found: readonly string[],
  troubles: readonly { readonly node: string; readonly why: string }[],
  at: number,
): Verifying {
  const unread = troubles.map(({ node, why }) => `${node}: ${why}`);
  const story = unread.length > 0 ? phase.story : { ...phase.story, residue: { checkedAt: at, found } };
  return { ...phase, story, inspected: { found, unread } };
}

function conclude(phase: Verifying, at: number): Step {
  const { ending, until, terms } = phase;
  const rollback = proof(phase);
  const altered = rollback === "failed" && leavesAlteredData(phase.target);
  const told = altered ? { ...ending, because: `${ending.because}; ${ALTERED}` } : ending;
  if (rollback === "verified" || altered || at >= until) return { phase: finish(phase, told, rollback, at) };
  return { phase, command: { do: "wait", until: Math.min(until, at + terms.guard.pollMs) } };
}

const ALTERED = "data altered: wrong bytes may be in the victims' files for good, and nothing brings them back";

/** A mistake on writes may have met any file; that it was permitted does not undo it. */
function leavesAlteredData({ order }: Verifying["target"]): boolean {
  return order.kind === "file-io" && order.act.kind === "mistake" && order.act.altersData;
}

/** `failed` is something seen to be wrong, `expired` is what nobody could see: the leases ended it, and that is not proof. */
function proof({ inspected, story, target, terms }: Verifying): Rollback {
  const newest = readingsOf(story, "verifying").slice(-terms.objectives.length);
  if (inspected.found.length > 0 || newest.some(({ kind }) => kind === "breach")) return "failed";
  if (leavesAlteredData(target)) return "failed";
  const seen = inspected.unread.length === 0 && newest.length > 0 && newest.every(({ kind }) => kind === "ok");
  return seen ? "verified" : "expired";
}
