// Every node of the run beside the others, each of which undoes newest first, and never stopping early. What could not be undone is
// tried again, after a growing while, until its lease has ended it anyway.

import type { Command, Event, EventOf } from "../event.ts";
import { nextUndos, noteFailure, remember, retry, settle, type Undo } from "../ledger.ts";
import { type Ending, type Injecting, type RollingBack, type Step, unexpected, type Watching } from "../phase.ts";
import { freed, type Story, tell } from "../story.ts";
import { verify } from "./verifying.ts";

/** Daemon and runner count a lease from slightly different moments. */
const LEASE_SLACK_MS = 2_000;
/** A pause grows up to eight times the first one: a lease has room for several more. */
const MOST_DOUBLINGS = 3;

/** Starts undoing. After a spillover the silence is lifted first, because alerts outside the radius must ring. */
export function rollBack(phase: Injecting | Watching, ending: Ending, at: number, spillover = false): Step {
  const { story, ledger, lease } = phase;
  // While injecting, orders were under way until now, and a lease begins with its order.
  const leasedAt = phase.name === "injecting" ? at : phase.leasedAt;
  return undoNext(
    {
      ...phase,
      name: "rolling-back",
      story: tell(story, at, `${ending.verdict}: ${ending.because}; rolling back`),
      ledger: retry(spillover ? silenceFirst(ledger) : ledger),
      ending,
      spillover,
      rounds: 0,
      giveUpAt: Math.max(at, leasedAt + lease.expiresAfterSeconds * 1000) + LEASE_SLACK_MS,
    },
    at,
  );
}

/** What follows an event while rolling back. */
export function whileRollingBack(phase: RollingBack, event: Event): Step {
  const { at } = event;
  const undos = nextUndos(phase.ledger);
  if (event.kind === "woke") return undoNext({ ...phase, rounds: phase.rounds + 1, ledger: retry(phase.ledger) }, at);
  const [undo] = undos;
  if (undo === undefined) return unexpected(phase, event);
  switch (event.kind) {
    case "reverted":
      return reverted(phase, event);
    case "expired":
      return undoNext({ ...phase, story: silenceIs(phase, "gone", at), ledger: settle(phase.ledger, undo) }, at);
    case "failed":
      return undoFailed(phase, undos, event.why, at);
    default:
      return unexpected(phase, event);
  }
}

/** Takes up a rollback that another runner had begun. */
export function resumeRollBack(phase: RollingBack, at: number): Step {
  return undoNext({ ...phase, rounds: 0, ledger: retry(phase.ledger) }, at);
}

/** The next undos of this round, another round a little later, or on to looking. */
function undoNext(phase: RollingBack, at: number): Step {
  const undos = nextUndos(phase.ledger);
  if (undos.length > 0) return { phase, command: undoCommand(phase, undos) };
  const { ledger, giveUpAt, rounds, terms } = phase;
  if (ledger.open.length === 0 || at >= giveUpAt) return verify(phase, at);
  const pauseMs = terms.guard.retryUndoMs * 2 ** Math.min(rounds, MOST_DOUBLINGS);
  return { phase, command: { do: "wait", until: Math.min(giveUpAt, at + pauseMs) } };
}

function undoCommand({ epoch }: RollingBack, undos: readonly Undo[]): Command {
  const [first] = undos;
  if (first?.kind === "silence") return { do: "expire-silence", id: first.id };
  return { do: "revert", nodes: undos.flatMap((undo) => (undo.kind === "faults" ? [undo.node] : [])), epoch };
}

function reverted(phase: RollingBack, { freed: nodes, failures, at }: EventOf<"reverted">): Step {
  const done = nodes.map(({ node }): Undo => ({ kind: "faults", node }));
  let ledger = settle(phase.ledger, ...done);
  for (const { node, why } of failures) ledger = noteFailure(ledger, { kind: "faults", node }, why);
  return undoNext({ ...phase, ledger, story: freed(phase.story, nodes, at) }, at);
}

function undoFailed(phase: RollingBack, undos: readonly Undo[], why: string, at: number): Step {
  let { ledger } = phase;
  for (const undo of undos) ledger = noteFailure(ledger, undo, why);
  const story = undos.some(({ kind }) => kind === "silence") ? silenceIs(phase, "stuck", at) : phase.story;
  return undoNext({ ...phase, story, ledger }, at);
}

function silenceIs({ story, spillover }: RollingBack, how: "gone" | "stuck", at: number): Story {
  if (story.silence === undefined) return story;
  if (how === "stuck") {
    return { ...story, updatedAt: at, silence: { ...story.silence, state: "failed" } };
  }
  const state = spillover ? "lifted" : "expired";
  return tell({ ...story, silence: { ...story.silence, state } }, at, `silence ${state}`);
}

function silenceFirst(ledger: RollingBack["ledger"]): RollingBack["ledger"] {
  const silence = ledger.open.find(({ kind }) => kind === "silence");
  return silence === undefined ? ledger : remember(settle(ledger, silence), silence);
}
