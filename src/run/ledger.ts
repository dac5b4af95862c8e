// What a run may have done and how to undo it. An undo is remembered before its deed, so that a crash in between leaves one too
// many and never one too few; undoing what was never done is success.

export type Undo =
  | { readonly kind: "fault"; readonly node: string; readonly faultId: string }
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

/** Remembers an undo, before the deed. */
export function remember(ledger: Ledger, undo: Undo): Ledger {
  return { ...ledger, open: [...ledger.open, undo] };
}

/** The newest undo that this round has not tried yet; undefined when the round is over. */
export function nextUndo({ open, failed }: Ledger): Undo | undefined {
  return open.findLast((undo) => !failed.some((other) => isSame(undo, other)));
}

/** Strikes an undo that was done, or that is no longer wanted. */
export function settle(ledger: Ledger, undo: Undo): Ledger {
  return { ...ledger, open: ledger.open.filter((other) => !isSame(undo, other)) };
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
  return undo.kind === "fault" ? `reverting ${undo.faultId} on ${undo.node}` : `expiring silence ${undo.id}`;
}

/** True for two entries that are one undo. */
export function isSame(one: Undo, other: Undo): boolean {
  if (one.kind === "fault") {
    return other.kind === "fault" && one.node === other.node && one.faultId === other.faultId;
  }
  return other.kind === "silence" && one.id === other.id;
}
