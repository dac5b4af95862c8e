// What a run may have done and how to undo it. An undo is remembered before its deed, so that a crash in between leaves one too
// many and never one too few; undoing what was never done is success. A node's daemon undoes all of a run at once, newest first, so
// that one undo stands for every fault there.

export type Undo =
  | { readonly kind: "faults"; readonly node: string }
  | { readonly kind: "silence"; readonly id: string };

export type Ledger = {
  /** Oldest first. */
  readonly open: readonly Undo[];
  /** Undos that were tried in this round and failed; they stay open. */
  readonly failed: readonly Undo[];
  readonly failures: readonly string[];
};

export const EMPTY_LEDGER: Ledger = { open: [], failed: [], failures: [] };

/** Undos are tried for as long as a lease lives; what is said of them must not fill a journal or a report. */
const MOST_FAILURES = 100;
const LONGEST_FAILURE = 500;

/** Remembers undos, before the deeds; one that is remembered already stays where it is. */
export function remember(ledger: Ledger, ...undos: readonly Undo[]): Ledger {
  const known = keysOf(ledger.open);
  const added = undos.filter((undo) => {
    const isNew = !known.has(keyOf(undo));
    known.add(keyOf(undo));
    return isNew;
  });
  return { ...ledger, open: [...ledger.open, ...added] };
}

/**
 * The newest undo that this round has not tried yet, with all others like it that may be done beside it: a silence is alone, because it
 * is over before every fault or after every fault. Empty when the round is over.
 */
export function nextUndos({ open, failed }: Ledger): readonly Undo[] {
  const tried = keysOf(failed);
  const left = open.filter((undo) => !tried.has(keyOf(undo))).reverse();
  const [newest] = left;
  if (newest === undefined || newest.kind === "silence") return left.slice(0, 1);
  return left.filter(({ kind }) => kind === "faults");
}

/** Strikes undos that were done, or that are no longer wanted. */
export function settle(ledger: Ledger, ...undos: readonly Undo[]): Ledger {
  const settled = keysOf(undos);
  return { ...ledger, open: ledger.open.filter((undo) => !settled.has(keyOf(undo))) };
}

/** Notes that an undo failed and goes on: one stuck silence must not keep a fault alive. */
export function noteFailure(ledger: Ledger, undo: Undo, why: string): Ledger {
  const failures = [...ledger.failures, `${undoText(undo)}: ${why}`.slice(0, LONGEST_FAILURE)].slice(-MOST_FAILURES);
  return { ...ledger, failed: [...ledger.failed, undo], failures };
}

/** Starts another round over what is still open. */
export function retry(ledger: Ledger): Ledger {
  return { ...ledger, failed: [] };
}

/** An undo in words. */
function undoText(undo: Undo): string {
  return undo.kind === "faults" ? `reverting the run on ${undo.node}` : `expiring silence ${undo.id}`;
}

function keysOf(undos: readonly Undo[]): Set<string> {
  return new Set(undos.map(keyOf));
}

/** The same for two entries that are one undo. */
function keyOf(undo: Undo): string {
  return undo.kind === "faults" ? `faults ${undo.node}` : `silence ${undo.id}`;
}
