// The cells that the impact model is held to, fixed here; and the plan in which the wire measures them. Enters: nothing.
// Leaves: cells, and batches for daemon/tests/impact_wire.rs. No cell is ever dropped.

export type Cell =
  | WindowCell
  | {
      readonly group: "latency";
      readonly delayMs: number;
      /** An exchange on an open connection, or the making of one. */
      readonly of: "exchange" | "connect";
    }
  | LossCell
  | { readonly group: "transfer"; readonly bytes: number; readonly delayMs: number }
  | SaturationCell;

export type WindowCell = { readonly group: "window"; readonly windowBytes: number; readonly delayMs: number };
export type LossCell = { readonly group: "loss"; readonly congestionControl: CongestionControl; readonly loss: number };
export type SaturationCell = {
  readonly group: "saturation";
  readonly size: number;
  readonly ratePerSecond: number;
  /** What is delayed: what the caller sends (requests), or what it hears (answers). */
  readonly direction: "to" | "from";
};

export type CongestionControl = "reno" | "cubic" | "bbr";
export type Group = Cell["group"];

const KIB = 1024;
const WINDOWS = [32, 64, 128, 256, 512, 1024].map((kib) => kib * KIB);
/** With LINK_BYTES_PER_SECOND the knee W / C of 128 KiB is at 12.5 ms, of 256 at 25, of 512 at 50, of 1024 at 100. */
const DELAYS_MS = [0, 12.5, 25, 50, 100, 200];
const LATENCIES_MS = [12.5, 25, 50, 100, 200, 400];
const CONTROLS: readonly CongestionControl[] = ["reno", "cubic", "bbr"];
const LOSSES = [0.001, 0.003, 0.01, 0.03, 0.1];
/** 14,480 bytes are the ten segments of a first window; one more byte takes another round trip. */
const TRANSFERS = [1_000, 14_480, 14_481, 50_000, 1_000_000];
const TRANSFER_DELAYS_MS = [50, 100];
const POOLS = [50, 100, 150, 200];
const RATES = [100, 150, 200];

export const MSS_BYTES = 1448;
/** Ethernet header, IPv4, TCP with timestamps: what a link carries on top of each segment. */
const HEADER_BYTES = 66;
/** 10 MiB/s of content. */
export const LINK_BYTES_PER_SECOND = 10 * KIB * KIB;
const LINK_BITS_PER_SECOND = Math.round((8 * LINK_BYTES_PER_SECOND * (MSS_BYTES + HEADER_BYTES)) / MSS_BYTES);

export const LOSS_DELAY_MS = 40;
/** Twice the queue that a stream may fill; does not bind. */
export const BBR_WINDOW_BYTES = 2048 * KIB;
/** Several times what loss leaves a stream; slow start ends there at the latest, and is forgotten before the measurement. */
export const LOSS_WINDOW_BYTES = 256 * KIB;

export const SATURATION_DELAY_MS = 1200;
export const SERVICE_MS = 50;

/** Every cell; `reduced` is the fifth of it that `make test` has time for. */
export function gridOf(extent: "full" | "reduced"): readonly Cell[] {
  return extent === "full" ? FULL : REDUCED;
}

const FULL: readonly Cell[] = [
  ...DELAYS_MS.flatMap((delayMs) => WINDOWS.map((windowBytes): Cell => ({ group: "window", windowBytes, delayMs }))),
  ...LATENCIES_MS.flatMap(latencyOf),
  ...CONTROLS.flatMap((congestionControl) => LOSSES.map((loss): Cell => ({ group: "loss", congestionControl, loss }))),
  ...TRANSFER_DELAYS_MS.flatMap((delayMs) => TRANSFERS.map((bytes): Cell => ({ group: "transfer", bytes, delayMs }))),
  ...POOLS.flatMap((size) =>
    RATES.map((ratePerSecond): Cell => ({ group: "saturation", size, ratePerSecond, direction: "from" })),
  ),
  { group: "saturation", size: 100, ratePerSecond: 150, direction: "to" },
  { group: "saturation", size: 150, ratePerSecond: 200, direction: "to" },
];

const REDUCED: readonly Cell[] = [
  { group: "window", windowBytes: 64 * KIB, delayMs: 0 },
  { group: "window", windowBytes: 64 * KIB, delayMs: 50 },
  { group: "window", windowBytes: 512 * KIB, delayMs: 50 },
  ...latencyOf(50),
  { group: "loss", congestionControl: "cubic", loss: 0.01 },
  { group: "loss", congestionControl: "reno", loss: 0.01 },
  { group: "transfer", bytes: 1_000, delayMs: 50 },
  { group: "transfer", bytes: 14_481, delayMs: 50 },
  { group: "saturation", size: 100, ratePerSecond: 150, direction: "from" },
  { group: "saturation", size: 200, ratePerSecond: 100, direction: "from" },
];

function latencyOf(delayMs: number): readonly Cell[] {
  return [
    { group: "latency", delayMs, of: "exchange" },
    { group: "latency", delayMs, of: "connect" },
  ];
}

/** The name of a cell, unique in the grid: `window 64 KiB 50 ms`. */
export function nameOf(cell: Cell): string {
  switch (cell.group) {
    case "window":
      return `window ${cell.windowBytes / KIB} KiB ${cell.delayMs} ms`;
    case "latency":
      return `latency ${cell.of} ${cell.delayMs} ms`;
    case "loss":
      return `loss ${cell.congestionControl} ${+(100 * cell.loss).toFixed(3)} %`;
    case "transfer":
      return `transfer ${cell.bytes} B ${cell.delayMs} ms`;
    case "saturation":
      return `saturation ${cell.size} at ${cell.ratePerSecond}/s ${cell.direction}`;
  }
}

export type Batch = {
  readonly delayMs: number;
  readonly lossPercent: number;
  readonly direction: "to" | "from";
  readonly linkBitsPerSecond: number | null;
  readonly cells: readonly Readonly<Record<string, unknown>>[];
};

/** Cells under the same fault share a batch; a pool has one of its own, because its fault begins while it works. */
export function batchesOf(cells: readonly Cell[]): readonly Batch[] {
  const batches = new Map<string, Batch>();
  for (const cell of cells) {
    const { asked, ...conditions } = orderOf(cell);
    const key = cell.group === "saturation" ? nameOf(cell) : JSON.stringify(conditions);
    const before = batches.get(key)?.cells ?? [];
    // The same round trips give both figures of latency.
    if (before.some(({ id }) => id === asked.id)) continue;
    batches.set(key, { ...conditions, cells: [...before, asked] });
  }
  return [...batches.values()];
}

type Order = Omit<Batch, "cells"> & { readonly asked: Readonly<Record<string, unknown>> };

function orderOf(cell: Cell): Order {
  const common = { delayMs: 0, lossPercent: 0, direction: "to", linkBitsPerSecond: null } as const;
  const linkBitsPerSecond = LINK_BITS_PER_SECOND;
  switch (cell.group) {
    case "window":
      return { ...common, delayMs: cell.delayMs, linkBitsPerSecond, asked: windowStream(cell) };
    case "latency":
      return { ...common, delayMs: cell.delayMs, linkBitsPerSecond, asked: roundTrips(cell.delayMs) };
    case "loss":
      return {
        ...common,
        delayMs: LOSS_DELAY_MS,
        lossPercent: +(100 * cell.loss).toFixed(3),
        linkBitsPerSecond: cell.congestionControl === "bbr" ? linkBitsPerSecond : null,
        asked: lossyStreams(cell),
      };
    case "transfer":
      return { ...common, delayMs: cell.delayMs, asked: transfer(cell.bytes, nameOf(cell)) };
    case "saturation":
      return { ...common, delayMs: SATURATION_DELAY_MS, direction: cell.direction, asked: pool(cell) };
  }
}

/** Reno's slow start goes on until the window is full; CUBIC's may end before (HyStart), which is no part of what is measured here. */
function windowStream(cell: WindowCell) {
  const rounds = 2 + Math.ceil(Math.log2(cell.windowBytes / MSS_BYTES / 10 + 1));
  return {
    kind: "stream",
    id: nameOf(cell),
    windowBytes: cell.windowBytes,
    congestionControl: "reno",
    streams: 1,
    warmUpMs: Math.round(300 + rounds * cell.delayMs),
    measuredMs: Math.max(500, 12 * cell.delayMs),
  };
}

/** Loss is chance: six streams side by side, which no link makes each other's rivals; BBR fills the link and is alone. */
function lossyStreams(cell: LossCell) {
  const isBbr = cell.congestionControl === "bbr";
  return {
    kind: "stream",
    id: nameOf(cell),
    windowBytes: isBbr ? BBR_WINDOW_BYTES : LOSS_WINDOW_BYTES,
    congestionControl: cell.congestionControl,
    streams: isBbr ? 1 : 6,
    warmUpMs: isRare(cell) ? 15_000 : 2_000,
    measuredMs: lossMeasuredMs(cell),
  };
}

/**
 * A stream that loses a packet a second takes several seconds to come down from the window where slow start left it: after 5 s, as
 * measured by netem at 0.1 %, two runs of five still carried a third more than the others. Rare losses also take longer to count.
 */
function isRare({ loss, congestionControl }: LossCell): boolean {
  return loss < 0.005 && congestionControl !== "bbr";
}

/** For how long a stream under loss is measured, milliseconds. */
function lossMeasuredMs(cell: LossCell): number {
  if (cell.congestionControl === "bbr") return 10_000;
  return isRare(cell) ? 15_000 : 7_000;
}

/** The name of the round trips at a delay, from which both figures of latency come. */
export function roundTripsId(delayMs: number): string {
  return `round trips ${delayMs} ms`;
}

function roundTrips(delayMs: number) {
  return { kind: "roundTrip", id: roundTripsId(delayMs), repeats: 9 };
}

function transfer(bytes: number, id: string) {
  return { kind: "transfer", id, bytes, congestionControl: "cubic", repeats: 5 };
}

function pool(cell: SaturationCell) {
  return {
    kind: "pool",
    id: nameOf(cell),
    size: cell.size,
    ratePerSecond: cell.ratePerSecond,
    answersAreDelayed: cell.direction === "from",
    serviceMs: SERVICE_MS,
    beforeMs: 500,
    afterMs: SATURATION_DELAY_MS + 400,
  };
}

/** What is measured first, without a fault: the round trip of the wire itself, an input of the predictions. */
export const BASELINE: Batch = {
  delayMs: 0,
  lossPercent: 0,
  direction: "to",
  linkBitsPerSecond: LINK_BITS_PER_SECOND,
  cells: [roundTrips(0)],
};
