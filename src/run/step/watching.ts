import type { Event } from "../event.ts";
import { type Injecting, type Step, unexpected, type Watching } from "../phase.ts";
import { guardExtended, guardPoll, guardRenewed } from "./guarding.ts";
import { rollBack } from "./rolling-back.ts";

/** What follows an event while every victim has its fault and the guard watches. */
export function whileWatching(phase: Watching, event: Event): Step {
  switch (event.kind) {
    case "woke":
      return untilNextPoll(phase, event.at);
    case "polled":
      return guardPoll(phase, event, untilNextPoll);
    case "renewed":
      return guardRenewed(phase, event, untilNextPoll);
    case "extended":
      return guardExtended(phase, event, untilNextPoll);
    case "failed": {
      if (event.of === "extend-silence") return guardExtended(phase, event, untilNextPoll);
      return rollBack(phase, { verdict: "inconclusive", because: `a part was lost: ${event.why}` }, event.at);
    }
    default:
      return unexpected(phase, event);
  }
}

/** Polls start at a steady pace whatever ended a wait early, and once more at the very end. */
function untilNextPoll(phase: Injecting | Watching, at: number): Step {
  const { polledAt, since, durationMs, terms } = phase;
  const due = Math.min(polledAt + terms.guard.pollMs, since + durationMs);
  return { phase, command: at >= due ? { do: "poll", by: "run" } : { do: "wait", until: due } };
}
