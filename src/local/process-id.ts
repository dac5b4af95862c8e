import { readFileSync } from "node:fs";

/** A process for certain: its id and its start time in clock ticks since boot, because ids are used again. */
export type ProcessId = { readonly pid: number; readonly startTicks: number };

/** Identifies a living process; undefined when there is none with this id. */
export function identify(pid: number): ProcessId | undefined {
  try {
    return { pid, startTicks: startTicksOf(readFileSync(`/proc/${pid}/stat`, "latin1")) };
  } catch {
    return undefined; // no such process
  }
}

/** Whether this very process still lives. */
export function lives({ pid, startTicks }: ProcessId): boolean {
  return identify(pid)?.startTicks === startTicks;
}

/** Field 22 of proc_pid_stat(5); the second field is a name in brackets that may hold blanks and brackets itself. */
export function startTicksOf(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return Number(afterName[22 - 3]);
}
