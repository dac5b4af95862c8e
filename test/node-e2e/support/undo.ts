import { messageOf } from "../../../src/errors.ts";

export type Undo = () => unknown;

/** Undoes newest first and to the end; what failed is thrown when everything was tried. */
export async function undoAll(undos: readonly Undo[]): Promise<void> {
  const failures: unknown[] = [];
  for (const undo of undos.toReversed()) {
    try {
      await undo();
    } catch (thrown) {
      failures.push(thrown);
    }
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join("; and "));
}

/** What `work` answers; where it fails, that is told after everything was undone, and beside it what could not be. */
export async function orUndone<T>(work: () => Promise<T>, undo: Undo): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    try {
      await undo();
    } catch (more) {
      throw new AggregateError([thrown, more], `${messageOf(thrown)}; and not all was undone: ${messageOf(more)}`);
    }
    throw thrown;
  }
}
