// Newest first, never stopping early. What could not be undone is tried again until its lease has ended it anyway.

import type { Command, Event } from "../event.ts";
import { nextUndo, noteFailure, remember, retry, settle, type Undo } from "../ledger.ts";
import { type Ending, type Injecting, type RollingBack, type Step, unexpected, type Watching } from "../phase.ts";
import { freed, type Story, tell } from "../story.ts";
import { verify } from "./verifying.ts";

/** Daemon and runner count a lease from slightly different moments. */
const LEASE_SLACK_MS = 2_000;

/** Starts undoing. After a spillover the silence is lifted first, because alerts outside the radius must ring. */
export function rollBack(phase: Injecting | Watching, ending: Ending, at: number, spillover = false): Step {
  const { story, ledger, leasedAt, lease } = phase;
  return undoNext(
    {
      ...phase,
      name: "rolling-back",
      story: tell(story, at, `${ending.verdict}: ${ending.because}; rolling back`),
      ledger: retry(spillover ? silenceFirst(ledger) : ledger),
      ending,
      spillover,
      giveUpAt: Math.max(at, leasedAt + lease.expiresAfterSeconds * 1000) + LEASE_SLACK_MS,
    },
    at,
  );
}

/** What follows an event while rolling back. */
export function whileRollingBack(phase: RollingBack, event: Event): Step {
  const { at } = event;
  const undo = nextUndo(phase.ledger);
  if (event.kind === "woke") return undoNext({ ...phase, ledger: retry(phase.ledger) }, at);
  if (undo === undefined) return unexpected(phase, event);
  switch (event.kind) {
    case "reverted":
      if (event.failures.length > 0) return undoFailed(phase, undo, event.failures.join("; "), at);
      return undone(phase, undo, at);
    case "expired":
      return undone(phase, undo, at);
    case "failed":
      return undoFailed(phase, undo, event.why, at);
    default:
      return unexpected(phase, event);
  }
}

/** The next undo of this round, another round a little later, or on to looking. */
/** Takes up a rollback that another runner had begun. */
export function resumeRollBack(phase: RollingBack, at: number): Step {
  return undoNext(phase, at);
}

function undoNext(phase: RollingBack, at: number): Step {
  const undo = nextUndo(phase.ledger);
  if (undo !== undefined) return { phase, command: undoCommand(phase, undo) };
  const { open } = phase.ledger;
  if (open.length === 0 || at >= phase.giveUpAt) return verify(phase, at);
  return { phase, command: { do: "wait", until: Math.min(phase.giveUpAt, at + phase.terms.guard.retryUndoMs) } };
}

function undoCommand({ epoch }: RollingBack, undo: Undo): Command {
  return undo.kind === "fault"
    ? { do: "revert", node: undo.node, faultId: undo.faultId, epoch }
    : { do: "expire-silence", id: undo.id };
}

function undone(phase: RollingBack, undo: Undo, at: number): Step {
  const story = undo.kind === "fault" ? freed(phase.story, [undo.faultId], at) : silenceIs(phase, "gone", at);
  return undoNext({ ...phase, story, ledger: settle(phase.ledger, undo) }, at);
}

function undoFailed(phase: RollingBack, undo: Undo, why: string, at: number): Step {
  const story = undo.kind === "silence" ? silenceIs(phase, "stuck", at) : phase.story;
  return undoNext({ ...phase, story, ledger: noteFailure(phase.ledger, undo, why) }, at);
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
