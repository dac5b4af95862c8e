// What a daemon costs: the figures of one run, the middle of several, and the targets they are held against. Pure.

export type Figures = Readonly<Record<string, number>>;

export type FootprintRecord = {
  readonly date: string;
  readonly kernel: string;
  readonly runs: number;
  /** Tasks that ran or waited to run, the mean of a minute, at the start and at the end. */
  readonly load: { readonly before: number; readonly after: number };
  readonly figures: Figures;
};

export type Target = { readonly key: string; readonly says: string; readonly unit: string; readonly below: number };

export const TARGETS: readonly Target[] = [
  { key: "idle_rss_mb", says: "memory, idle, with the keeper", unit: "MB", below: 10 },
  { key: "idle_cpu_percent", says: "CPU, idle, with the keeper", unit: "% of a core", below: 0.1 },
  { key: "faults100_rss_mb", says: "memory with 100 faults, peak", unit: "MB", below: 20 },
  { key: "faults100_cpu_percent", says: "CPU with 100 faults, the queue's apart", unit: "% of a core", below: 1 },
  { key: "inject_p99_ms", says: "injecting network and process faults, p99", unit: "ms", below: 50 },
  { key: "panic_100_faults_ms", says: "`chaosgated panic` reverts all 100", unit: "ms", below: 1000 },
  { key: "lease_expiry_overrun_ms", says: "a lease over 100 faults ends, late by", unit: "ms", below: 1000 },
  { key: "keeper_rss_mb", says: "memory of the keeper alone", unit: "MB", below: 4 },
];

/** Figures without a target, in the order of the page. */
export const BESIDE: readonly Omit<Target, "below">[] = [
  { key: "idle_daemon_rss_mb", says: "resident, the daemon alone, idle", unit: "MB" },
  { key: "faults100_daemon_rss_mb", says: "resident, the daemon alone, with 100 faults, peak", unit: "MB" },
  { key: "queue_cpu_percent", says: "CPU of the packet queue at 1,000 packets a second", unit: "% of a core" },
  { key: "queue_us_per_packet", says: "the same for each packet", unit: "us" },
  { key: "inject_p50_ms", says: "injecting network and process faults, median", unit: "ms" },
  { key: "inject_partition_p99_ms", says: "partitions alone, p99", unit: "ms" },
  { key: "inject_queue_p99_ms", says: "delays of 5 ms by the queue alone, p99", unit: "ms" },
  { key: "inject_freeze_p99_ms", says: "freezing alone, p99", unit: "ms" },
  { key: "inject_kill_p99_ms", says: "killing alone, p99", unit: "ms" },
  { key: "revert_p99_ms", says: "reverting one of them, p99", unit: "ms" },
];

/** The lines `figures {...}` of one run, together. */
export function figuresIn(output: string): Figures {
  const lines = output.split("\n").filter((line) => line.startsWith("figures {"));
  return Object.assign({}, ...lines.map((line) => JSON.parse(line.slice("figures ".length)))) as Figures;
}

/** The middle of each figure over the runs that have it; of an even number the higher one of the two. */
export function medians(runs: readonly Figures[]): Figures {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run)))];
  return Object.fromEntries(keys.map((key) => [key, median(runs.flatMap((run) => run[key] ?? []))]));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function verdictOf({ key, below }: Target, figures: Figures): "met" | "**missed**" {
  return (figures[key] ?? Number.POSITIVE_INFINITY) < below ? "met" : "**missed**";
}
