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
      const because = `a part was lost: ${event.why}`;
      // Of a renewal that failed nobody knows whom it reached: their leases may begin here.
      const leasedAt = event.of === "renew" ? event.at : phase.leasedAt;
      return rollBack({ ...phase, leasedAt }, { verdict: "inconclusive", because }, event.at);
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
