// The pictures of docs/impact.md, from rows: lines and bands are predictions, dots are measurements. Pure.

import { type Axis, COLOURS, drawChart, type Mark, type Panel, type Point } from "./chart.ts";
import type { Cell, Group } from "./grid.ts";
import type { Row } from "./judge.ts";
import { predict } from "./predict.ts";
import type { BackEnd } from "./wire.ts";

/** By file name. */
export function picturesOf(rows: readonly Row[]): Readonly<Record<string, string>> {
  return {
    "impact-window.svg": drawChart("Throughput of one stream by added delay and window", [windowPanel(rows)], 640),
    "impact-loss.svg": drawChart("Throughput of one stream by loss", lossPanels(rows), 320),
    "impact-transfer.svg": drawChart(
      "Time of a transfer over a new connection by its size",
      [transferPanel(rows)],
      640,
    ),
    "impact-saturation.svg": drawChart("Time until a pool is full", [saturationPanel(rows)], 420),
  };
}

/** The end of the curves of the first picture. */
const LONGEST_MS = 200;

const BACK_ENDS: readonly BackEnd[] = ["netem", "packet-queue"];
const THROUGHPUT: Omit<Axis, "from" | "to"> = {
  label: "bytes per second",
  scale: "log",
  ticks: [
    { at: 1e4, text: "10 kB/s" },
    { at: 1e5, text: "100 kB/s" },
    { at: 1e6, text: "1 MB/s" },
    { at: 1e7, text: "10 MB/s" },
  ],
};

/** The cells of one group, of a certain kind, with their rows. */
function pick<G extends Group>(
  rows: readonly Row[],
  group: G,
  holds: (cell: Extract<Cell, { group: G }>) => boolean = () => true,
): readonly (Row & { readonly cell: Extract<Cell, { group: G }> })[] {
  const isOfGroup = (row: Row): row is Row & { readonly cell: Extract<Cell, { group: G }> } => row.cell.group === group;
  return rows.filter(isOfGroup).filter(({ cell }) => holds(cell));
}

function dotsOf<R extends Row>(rows: readonly R[], xOf: (row: R) => number, colour: string): readonly Mark[] {
  return BACK_ENDS.map((backEnd): Mark => {
    const seen = rows.filter((row) => row.backEnd === backEnd && row.measured !== null);
    return {
      kind: "dots",
      colour,
      filled: backEnd === "netem",
      points: seen.map((row) => [xOf(row), row.measured ?? 0]),
    };
  });
}

/** Curves are of a wire whose own round trip is a tenth of a millisecond, which both are within the width of a line. */
function predictedAt(cell: Cell): number {
  return figureOf({ predicted: predict(cell, { rttSeconds: 1e-4, kernel: "" }) });
}

/** Predictions of the netem wire; those of the other differ by its round trip, a tenth of a millisecond. */
function lineOf<R extends Row>(rows: readonly R[], xOf: (row: R) => number, yOf: (row: R) => number): readonly Point[] {
  return rows.filter(({ backEnd }) => backEnd === "netem").map((row): Point => [xOf(row), yOf(row)]);
}

function figureOf({ predicted }: Pick<Row, "predicted">): number {
  return predicted.value === "never" ? Number.POSITIVE_INFINITY : predicted.value;
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}

function windowPanel(rows: readonly Row[]): Panel {
  const all = pick(rows, "window");
  const windows = distinct(all.map(({ cell }) => cell.windowBytes));
  const marks = windows.flatMap((windowBytes, index): readonly Mark[] => {
    const [of, colour] = [all.filter(({ cell }) => cell.windowBytes === windowBytes), COLOURS[index] ?? "#000000"];
    const delays = Array.from({ length: 81 }, (_, step) => (LONGEST_MS * step) / 80);
    const points = delays.map((delayMs): Point => [delayMs, predictedAt({ group: "window", windowBytes, delayMs })]);
    const [last = [0, 1] as const] = points.slice(-1);
    return [
      { kind: "line", colour, points },
      ...dotsOf(of, ({ cell }) => cell.delayMs, colour),
      { kind: "text", at: last, colour, text: `${windowBytes / 1024} KiB` },
    ];
  });
  const ticks = distinct(all.map(({ cell }) => cell.delayMs)).map((at) => ({ at, text: `${at}` }));
  return {
    title: "Window / round trip, on a link of 10 MiB/s",
    x: { label: "added delay, ms", scale: "linear", from: 0, to: 1.125 * LONGEST_MS, ticks },
    y: { ...THROUGHPUT, from: 1e5, to: 2e7 },
    marks,
  };
}

function lossPanels(rows: readonly Row[]): readonly Panel[] {
  return distinct(pick(rows, "loss").map(({ cell }) => cell.congestionControl)).map((control, index): Panel => {
    const [of, colour] = [
      pick(rows, "loss", (cell) => cell.congestionControl === control),
      COLOURS[index] ?? "#000000",
    ];
    const end = (which: 0 | 1) =>
      lineOf(
        of,
        ({ cell }) => cell.loss,
        ({ predicted }) => predicted.interval?.[which] ?? Number.NaN,
      );
    return {
      title: `Loss, ${control}, 40 ms`,
      x: {
        label: "loss",
        scale: "log",
        from: 0.0007,
        to: 0.15,
        ticks: of
          .filter(({ backEnd }) => backEnd === "netem")
          .map(({ cell }) => ({ at: cell.loss, text: `${+(100 * cell.loss).toFixed(3)} %` })),
      },
      y: { ...THROUGHPUT, from: 3e4, to: 2e7 },
      marks: [
        { kind: "band", colour, low: end(0), high: end(1) },
        { kind: "line", colour, points: lineOf(of, ({ cell }) => cell.loss, figureOf) },
        ...dotsOf(of, ({ cell }) => cell.loss, colour),
      ],
    };
  });
}

function transferPanel(rows: readonly Row[]): Panel {
  const all = pick(rows, "transfer");
  const marks = distinct(all.map(({ cell }) => cell.delayMs)).flatMap((delayMs, index): readonly Mark[] => {
    const [of, colour] = [all.filter(({ cell }) => cell.delayMs === delayMs), COLOURS[index] ?? "#000000"];
    const sizes = Array.from({ length: 161 }, (_, step) => Math.round(1000 * 10 ** ((3 * step) / 160)));
    const points = sizes.map((bytes): Point => [bytes, predictedAt({ group: "transfer", bytes, delayMs })]);
    const [last = [1, 0] as const] = points.slice(-1);
    return [
      { kind: "line", colour, points: points.flatMap((point, at) => stepTo(points[at - 1], point)) },
      ...dotsOf(of, ({ cell }) => cell.bytes, colour),
      { kind: "text", at: last, colour, text: `${delayMs} ms` },
    ];
  });
  return {
    title: "Handshake and slow start of an answer over a new connection",
    x: {
      label: "bytes",
      scale: "log",
      from: 700,
      to: 2e6,
      ticks: [1e3, 1e4, 1e5, 1e6].map((at) => ({ at, text: at.toLocaleString("en") })),
    },
    y: {
      label: "seconds",
      scale: "linear",
      from: 0,
      to: 1,
      ticks: [0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => ({ at, text: `${at}` })),
    },
    marks,
  };
}

/** Another round trip begins right after the smaller size. */
function stepTo(before: Point | undefined, point: Point): readonly Point[] {
  return before === undefined ? [point] : [[before[0], point[1]], point];
}

function saturationPanel(rows: readonly Row[]): Panel {
  const filled = pick(rows, "saturation").filter(({ predicted }) => predicted.value !== "never");
  const ticks = [0, 0.25, 0.5, 0.75, 1, 1.25].map((at) => ({ at, text: `${at}` }));
  const diagonal = (factor: number): readonly Point[] => [
    [0, 0],
    [1.25, 1.25 * factor],
  ];
  const axis = { scale: "linear", from: 0, to: 1.25, ticks } as const;
  return {
    title: "Time until a pool is full, s",
    x: { ...axis, label: "predicted" },
    y: { ...axis, label: "measured" },
    marks: [
      { kind: "line", colour: "#888888", points: diagonal(1) },
      { kind: "line", colour: "#888888", points: diagonal(0.9), dashed: true },
      {
        kind: "line",
        colour: "#888888",
        points: [
          [0, 0],
          [1.25 / 1.1, 1.25],
        ],
        dashed: true,
      },
      ...dotsOf(filled, figureOf, COLOURS[0]),
    ],
  };
}
