// A phase and an event enter, the next phase and the next command leave. Nothing is done here and no clock is read: the same
// events always lead to the same phase, so a run is resumed by telling it its journal again.

import { messageOf } from "../errors.ts";
import type { Event } from "./event.ts";
import { type Phase, type Step, unexpected } from "./phase.ts";
import { whileBaseline } from "./step/baseline.ts";
import { whileInjecting } from "./step/injecting.ts";
import { interrupt } from "./step/interrupted.ts";
import { whilePreflight, whileRequested } from "./step/preflight.ts";
import { whileRollingBack } from "./step/rolling-back.ts";
import { whileVerifying } from "./step/verifying.ts";
import { whileWatching } from "./step/watching.ts";
import { emptyStory, tell } from "./story.ts";
import type { Terms } from "./terms.ts";

/** The first step of a run whose ticket was accepted. */
export function begin(terms: Terms): Step {
  const { requestedAt: at, claims, runner } = terms;
  const accepted = `ticket accepted by ${runner}, requested by ${claims.requester.login} (${claims.requester.role})`;
  const story = tell(emptyStory(at), at, accepted);
  return { phase: { name: "requested", terms, story, epoch: 1 }, command: { do: "look" } };
}

/** What follows an event. A bug of ours in here must not keep a fault alive: the run is then on its way back too. */
export function step(phase: Phase, event: Event): Step {
  try {
    return next(phase, event);
  } catch (bug) {
    const back = interrupt(phase, { kind: "told-to-stop", why: `internal error: ${messageOf(bug)}`, at: event.at });
    if (back.command === undefined && back.phase.name !== "finished") throw bug;
    return back;
  }
}

function next(phase: Phase, event: Event): Step {
  switch (event.kind) {
    case "ordered":
    case "told-to-stop":
    case "journal-lost":
    case "resumed":
    case "probed":
      return interrupt(phase, event);
    default:
      return answer(phase, event);
  }
}

function answer(phase: Phase, event: Event): Step {
  switch (phase.name) {
    case "requested":
      return whileRequested(phase, event);
    case "preflight":
      return whilePreflight(phase, event);
    case "baseline":
      return whileBaseline(phase, event);
    case "injecting":
      return whileInjecting(phase, event);
    case "watching":
      return whileWatching(phase, event);
    case "rolling-back":
      return whileRollingBack(phase, event);
    case "verifying":
      return whileVerifying(phase, event);
    case "finished":
      return unexpected(phase, event);
  }
}
