/** Something that a Workflow does from one moment to another, in milliseconds after its start. */
export type Bar = {
  /** The template's name. */
  readonly name: string;
  /** `fault`: pods are hit. `wait`: a Suspend. `other`: a task or a check. */
  readonly what: "fault" | "wait" | "other";
  /** The kind of the fault, or the type of the template. */
  readonly type: string;
  readonly startMs: number;
  /** Absent: nobody knows when it ends, or nothing ends it. */
  readonly endMs?: number;
};

/** The moment at which most faults are active at once. */
export type Overlap = { readonly atMs: number; readonly names: readonly string[] };

/** What a Workflow does when, as far as that can be known before it runs. */
export type Timeline = {
  /** By start, faults that begin together in the order of the templates. */
  readonly bars: readonly Bar[];
  /** Absent: a fault, a task or a check on the way has no known end. */
  readonly totalMs?: number;
  readonly largestOverlap?: Overlap;
  /** Templates that follow something without a known end, or that are beyond what is shown. */
  readonly notPlaced: readonly string[];
};

/** Where most faults are active at once, the earliest of such moments; undefined where there are no two. */
export function largestOverlapOf(bars: readonly Bar[]): Overlap | undefined {
  const faults = bars.filter(({ what }) => what === "fault");
  const active = (atMs: number) => faults.filter(({ startMs, endMs = Infinity }) => startMs <= atMs && atMs < endMs);
  // The number grows at starts alone.
  const moments = [...new Set(faults.map(({ startMs }) => startMs))].sort((a, b) => a - b);
  const counted = moments.map((atMs) => ({ atMs, names: active(atMs).map(({ name }) => name) }));
  const most = Math.max(0, ...counted.map(({ names }) => names.length));
  return most < 2 ? undefined : counted.find(({ names }) => names.length === most);
}
