// One guard poll, the same while faults are put in place and while they are watched: read, decide, and only after a poll that was
// answered keep the leases and the silence alive.

import { decide } from "../../slo/decide.ts";
import type { Command, EventOf } from "../event.ts";
import type { Ending, Injecting, Step, Watching } from "../phase.ts";
import { silenceRequest } from "../silence.ts";
import { read, readingsOf, tell } from "../story.ts";
import { deadline } from "./deadline.ts";
import { rollBack } from "./rolling-back.ts";

type Guarded = Injecting | Watching;

/** Judges a poll: on to renewing the leases, or rolling back. */
export function guardPoll(phase: Guarded, event: EventOf<"polled">, goOn: (phase: Guarded, at: number) => Step): Step {
  const { at, readings, heardAt } = event;
  const polled = { ...phase, polledAt: at, story: read(phase.story, at, "watching", readings) };
  const decision = decide(readingsOf(polled.story, "watching"), phase.terms.guard.grace);
  if (decision.kind === "stop") {
    const verdict = decision.why === "blind" ? "inconclusive" : "violated";
    return rollBack(polled, { verdict, because: decision.because }, at, decision.why === "spillover");
  }
  const ending = deafness(polled, heardAt, at) ?? deadline(polled, at);
  if (ending !== undefined) return rollBack(polled, ending, at);
  const answered = readings.every(({ kind }) => kind !== "query-error");
  const command = answered ? keepAlive(polled, at) : undefined;
  return command === undefined ? goOn(polled, at) : { phase: polled, command };
}

/** Goes on after leases were renewed: a daemon that lost the run ends it, and so does the end of every victim. */
export function guardRenewed(
  phase: Guarded,
  event: EventOf<"renewed">,
  goOn: (phase: Guarded, at: number) => Step,
): Step {
  const { at, lost, gone = false } = event;
  // The leases of those that answered begin anew, also where somebody else ends the run.
  const renewed = { ...phase, leasedAt: at };
  if (lost.length > 0) {
    const because = `a part was lost: ${lost.map(({ node, why }) => `${node}: ${why}`).join("; ")}`;
    return rollBack(renewed, { verdict: "inconclusive", because }, at);
  }
  // A fault that its own deadline ended is what was asked for: the next poll ends the run as a whole.
  if (gone && phase.name === "watching" && at < phase.since + phase.durationMs) {
    const because = "a part was lost: every victim has ended, and nobody has a fault any more";
    return rollBack(renewed, { verdict: "inconclusive", because }, at);
  }
  const command = extendSilence(renewed, at);
  return command === undefined ? goOn(renewed, at) : { phase: renewed, command };
}

/** Goes on after the silence was extended, or was not: alerts that ring are the safe side, so that never ends a run. */
export function guardExtended(
  phase: Guarded,
  event: EventOf<"extended"> | EventOf<"failed">,
  goOn: (phase: Guarded, at: number) => Step,
): Step {
  const { at } = event;
  const { story } = phase;
  if (story.silence === undefined) return goOn(phase, at);
  if (event.kind === "failed") {
    return goOn({ ...phase, story: tell(story, at, `the silence could not be extended: ${event.why}`) }, at);
  }
  const { id, endsAt } = event;
  const open = phase.ledger.open.map((undo) => (undo.kind === "silence" ? { ...undo, id } : undo));
  return goOn(
    { ...phase, ledger: { ...phase.ledger, open }, story: { ...story, silence: { id, endsAt, state: "active" } } },
    at,
  );
}

function deafness({ terms }: Guarded, heardAt: number, at: number): Ending | undefined {
  if (at - heardAt < terms.guard.unheardMs) return undefined;
  const because = `nobody took a report for ${(at - heardAt) / 1000} s, so nobody could have aborted this run`;
  return { verdict: "inconclusive", because };
}

/** Only nodes that hold somebody: one that was asked and has not answered may know no lease yet. */
function keepAlive(phase: Guarded, at: number): Command | undefined {
  const { target, epoch, story } = phase;
  const nodes = [...new Set(story.victims.map(({ node }) => node))];
  return target.oneShot || nodes.length === 0 ? extendSilence(phase, at) : { do: "renew", nodes, epoch };
}

function extendSilence(phase: Guarded, at: number): Command | undefined {
  const { silence } = phase.story;
  return silence === undefined
    ? undefined
    : { do: "extend-silence", id: silence.id, request: silenceRequest(phase, at) };
}
