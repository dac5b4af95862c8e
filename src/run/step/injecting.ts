// The silence first, then wave after wave: one victim alone, and then twice as many as the last wave could place. What undoes a wave
// is in the ledger before its first deed. An order that nobody answered is given again; anything else that fails unwinds what was put
// in place. The guard polls between waves, because many victims take longer than a lease.

import type { Event, EventOf } from "../event.ts";
import { EMPTY_LEDGER, remember } from "../ledger.ts";
import { type Baseline, type Injecting, type Step, unexpected, type Watching } from "../phase.ts";
import { silenceRequest } from "../silence.ts";
import { tell } from "../story.ts";
import { refuse } from "./finish.ts";
import { guardExtended, guardPoll, guardRenewed } from "./guarding.ts";
import { injected } from "./placing.ts";
import { rollBack } from "./rolling-back.ts";
import { isWaveWaiting, launch, pauseMs } from "./wave.ts";

/** Leaves the baseline: the first act of a run. */
export function engage(baseline: Baseline, at: number): Step {
  const story = tell(baseline.story, at, "baseline met");
  const times = { since: at, leasedAt: at, polledAt: at };
  const waves = { next: 0, owed: [], width: 1 };
  const phase: Injecting = {
    ...baseline,
    ...times,
    ...waves,
    name: "injecting",
    story,
    ledger: EMPTY_LEDGER,
    felt: false,
  };
  if (!phase.terms.guard.silences) return launch(phase, at);
  return { phase, command: { do: "silence", request: silenceRequest(phase, at) } };
}

/** What follows an event while faults are put in place. */
export function whileInjecting(phase: Injecting, event: Event): Step {
  switch (event.kind) {
    case "silenced":
      return silenced(phase, event);
    case "injected":
      return injected(phase, event, goOn);
    case "woke":
      return isGuardDue(phase, event.at) ? poll(phase) : launch(phase, event.at);
    case "polled":
      return guardPoll(phase, event, afterPoll);
    case "renewed":
      return guardRenewed(phase, event, afterPoll);
    case "extended":
      return guardExtended(phase, event, afterPoll);
    case "failed":
      return event.of === "extend-silence" ? guardExtended(phase, event, afterPoll) : failed(phase, event);
    default:
      return unexpected(phase, event);
  }
}

function silenced(phase: Injecting, { id, endsAt, at }: EventOf<"silenced">): Step {
  const story = tell(phase.story, at, `alerts silenced until ${new Date(endsAt).toISOString()}, extended poll by poll`);
  const ledger = remember(phase.ledger, { kind: "silence", id });
  return launch({ ...phase, ledger, story: { ...story, silence: { id, endsAt, state: "active" } } }, at);
}

function goOn(phase: Injecting, at: number): Step {
  const { next, owed, target, polledAt, terms } = phase;
  if (next === target.victims.length && owed.length === 0) return watch(phase, at);
  if (isGuardDue(phase, at)) return poll(phase);
  if (!isWaveWaiting(phase)) return launch(phase, at);
  return { phase, command: { do: "wait", until: Math.min(at + pauseMs(phase), polledAt + terms.guard.pollMs) } };
}

/** After a poll comes a wave, however long the poll took: otherwise a slow guard would poll for ever. */
function afterPoll(phase: Injecting | Watching, at: number): Step {
  return phase.name === "injecting" ? launch(phase, at) : unexpected(phase, { kind: "woke", at });
}

function isGuardDue({ polledAt, terms }: Injecting, at: number): boolean {
  return at - polledAt >= terms.guard.pollMs;
}

function poll(phase: Injecting | Watching): Step {
  return { phase, command: { do: "poll", by: "run" } };
}

function watch(phase: Injecting, at: number): Step {
  const count = phase.story.victims.length;
  const story = tell(phase.story, at, `${count} faults in place, watching for ${phase.durationMs / 1000} s`);
  return poll({ ...phase, name: "watching", story });
}

function failed(phase: Injecting, { of, why, at }: EventOf<"failed">): Step {
  // Nothing was done yet, and a silence whose answer was lost ends by itself.
  if (of === "silence") return refuse(phase, `the alerts could not be silenced: ${why}`, at);
  return rollBack(phase, { verdict: "inconclusive", because: `the fault could not be put in place: ${why}` }, at);
}
