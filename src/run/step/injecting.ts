// The silence first, then one victim after the other; an undo is in the ledger before its deed. Anything that fails unwinds what
// was put in place. The guard polls on, because many victims take longer than a lease.

import type { Command, Event, EventOf } from "../event.ts";
import { EMPTY_LEDGER, remember } from "../ledger.ts";
import { type Baseline, type Injecting, type Step, unexpected, type Watching } from "../phase.ts";
import type { VictimReport } from "../report.ts";
import { silenceRequest } from "../silence.ts";
import { tell } from "../story.ts";
import type { Victim } from "../target.ts";
import { refuse } from "./finish.ts";
import { guardExtended, guardPoll, guardRenewed } from "./guarding.ts";
import { rollBack } from "./rolling-back.ts";

/** Leaves the baseline: the first act of a run. */
export function engage(baseline: Baseline, at: number): Step {
  const story = tell(baseline.story, at, "baseline met");
  const times = { since: at, leasedAt: at, polledAt: at };
  const phase: Injecting = {
    ...baseline,
    ...times,
    name: "injecting",
    story,
    ledger: EMPTY_LEDGER,
    done: 0,
    felt: false,
  };
  if (!phase.terms.guard.silences) return injectNext(phase, at);
  return { phase, command: { do: "silence", request: silenceRequest(phase, at) } };
}

/** What follows an event while faults are put in place. */
export function whileInjecting(phase: Injecting, event: Event): Step {
  switch (event.kind) {
    case "silenced":
      return silenced(phase, event);
    case "injected":
      return injected(phase, event);
    case "polled":
      return guardPoll(phase, event, resume);
    case "renewed":
      return guardRenewed(phase, event, resume);
    case "extended":
      return guardExtended(phase, event, resume);
    case "failed":
      return event.of === "extend-silence" ? guardExtended(phase, event, resume) : failed(phase, event);
    default:
      return unexpected(phase, event);
  }
}

function silenced(phase: Injecting, { id, endsAt, at }: EventOf<"silenced">): Step {
  const story = tell(phase.story, at, `alerts silenced until ${new Date(endsAt).toISOString()}, extended poll by poll`);
  const ledger = remember(phase.ledger, { kind: "silence", id });
  return injectNext({ ...phase, ledger, story: { ...story, silence: { id, endsAt, state: "active" } } }, at);
}

function injected(phase: Injecting, { receipt, at }: EventOf<"injected">): Step {
  const victim = phase.target.victims[phase.done];
  if (victim === undefined) throw new Error(`run ${phase.terms.runId} has no victim ${phase.done}`);
  const { felt, effect, backEnd } = receipt;
  const report: VictimReport = { ...victimOf(victim), effect, backEnd, felt, injectedAt: at };
  const victims = [...phase.story.victims, report];
  const story = tell({ ...phase.story, victims }, at, `${effect} by ${backEnd} on ${victim.ref.pod}: ${felt.how}`);
  const next = { ...phase, story, done: phase.done + 1, felt: phase.felt || (felt.measured && felt.felt) };
  if (!felt.measured || felt.felt) return goOn(next, at);
  const because = `${victim.ref.pod} did not feel the fault: ${felt.how}`;
  return rollBack(next, { verdict: "inconclusive", because }, at);
}

function goOn(phase: Injecting, at: number): Step {
  const { done, target, polledAt, terms } = phase;
  if (done === target.victims.length) return watch(phase, at);
  if (at - polledAt >= terms.guard.pollMs) return { phase, command: { do: "poll", by: "run" } };
  return injectNext(phase, at);
}

function resume(phase: Injecting | Watching, at: number): Step {
  return phase.name === "injecting" ? goOn(phase, at) : unexpected(phase, { kind: "woke", at });
}

function injectNext(phase: Injecting, at: number): Step {
  const victim = phase.target.victims[phase.done];
  if (victim === undefined) return watch(phase, at);
  const since = phase.done === 0 ? at : phase.since;
  const undo = { kind: "fault", node: victim.node, faultId: victim.faultId } as const;
  return { phase: { ...phase, since, ledger: remember(phase.ledger, undo) }, command: injectCommand(phase, victim) };
}

function watch(phase: Injecting, at: number): Step {
  const story = tell(phase.story, at, `${phase.done} faults in place, watching for ${phase.durationMs / 1000} s`);
  return { phase: { ...phase, name: "watching", story }, command: { do: "poll", by: "run" } };
}

function failed(phase: Injecting, { of, why, at }: EventOf<"failed">): Step {
  // Nothing was done yet, and a silence whose answer was lost ends by itself.
  if (of === "silence") return refuse(phase, `the alerts could not be silenced: ${why}`, at);
  return rollBack(phase, { verdict: "inconclusive", because: `the fault could not be put in place: ${why}` }, at);
}

function injectCommand({ terms, epoch, target, durationMs }: Injecting, victim: Victim): Command {
  const { ticket, runId } = terms;
  const { node, faultId, ref } = victim;
  return {
    do: "inject",
    node,
    request: { ticket, runId, faultId, epoch, victim: ref, deadlineMs: durationMs, fault: target.order },
  };
}

function victimOf({ faultId, node, ref }: Victim) {
  const { namespace, pod, podUid, container } = ref;
  return { faultId, namespace, pod, podUid, container, node };
}
