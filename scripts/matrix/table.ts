// The matrix of the node daemon: what every effect must prove on which kernel, and a table of what really ran. Pure.
// The lists are written down here once more, and not read from the tests: a row or column that somebody drops there is missed here.

export type Cell = {
  readonly kernel: string;
  readonly effect: string;
  readonly column: string;
  readonly outcome: string;
  /** Of a cell that failed or cannot be. */
  readonly why: string;
  readonly seconds: number;
};

/** Every cell, or every effect and every column at least once. */
export type Wanted = "every cell" | "each once";

const NETWORK = ["delay", "loss", "duplicate", "corrupt", "reorder", "rate", "bandwidth", "partition"] as const;

const OTHERS = [
  "clock-skew",
  "file-io latency",
  "file-io fault",
  "file-io attrOverride",
  "file-io mistake",
  "process-kill",
  "process-freeze, cgroup v1",
  "process-freeze, cgroup v2",
  "cpu-pressure, cgroup v1",
  "cpu-pressure, cgroup v2",
  "memory-pressure, cgroup v1",
  "memory-pressure, cgroup v2",
] as const;

export const HOST = "host";
export const USER_MODE_LINUX = "user-mode Linux";

export const EFFECTS: Readonly<Record<string, readonly string[]>> = {
  [HOST]: [...NETWORK, ...OTHERS],
  [USER_MODE_LINUX]: NETWORK,
};

/** In the order of acceptance, with what each is. */
export const COLUMNS: Readonly<Record<string, string>> = {
  felt: "felt within its tolerance, and not before",
  neighbours: "nobody else feels it",
  sigterm: "SIGTERM of the daemon ends it",
  restart: "kill -9, and a restarted daemon reverts it before it serves",
  keeper: "kill -9, and the keeper alone reverts it",
  lease: "a lease that nobody renews ends it, within a second",
  deadline: "its hard deadline ends it under a living lease, within a second",
  death: "its victim is killed meanwhile: told, off the record, nothing left",
  twice: "reverting it twice is reverting it once",
  overlap: "another run's fault on the same victim stands when this one ends",
};

const OUTCOMES = ["pass", "n/a", "fail"];

/** One cell a line; of a cell that ran more than once, the worst counts. */
export function cellsIn(text: string): readonly Cell[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const cells = new Map<string, Cell>();
  for (const line of lines) {
    const cell = JSON.parse(line) as Cell;
    const before = cells.get(keyOf(cell));
    if (before === undefined || badnessOf(cell) > badnessOf(before)) cells.set(keyOf(cell), cell);
  }
  return [...cells.values()];
}

function keyOf({ kernel, effect, column }: Pick<Cell, "kernel" | "effect" | "column">): string {
  return [kernel, effect, column].join(" / ");
}

/** What is no outcome at all is worse than a failure. */
function badnessOf({ outcome }: Cell): number {
  const place = ["n/a", "pass", "fail"].indexOf(outcome);
  return place < 0 ? 3 : place;
}

/** Why the matrix does not hold; empty where it does. */
export function problemsOf(cells: readonly Cell[], wanted: Wanted): readonly string[] {
  const missing = wanted === "every cell" ? [...absentCells(cells), ...idle(cells)] : absentOnes(cells);
  return [...cells.flatMap(problemOf), ...missing];
}

function problemOf(cell: Cell): readonly string[] {
  const name = keyOf(cell);
  if (!EFFECTS[cell.kernel]?.includes(cell.effect) || COLUMNS[cell.column] === undefined)
    return [`${name}: no such cell is expected: write it into scripts/matrix/table.ts`];
  if (!OUTCOMES.includes(cell.outcome)) return [`${name}: "${cell.outcome}" is neither pass, fail nor n/a`];
  if (cell.outcome === "n/a" && cell.why.trim() === "") return [`${name}: n/a without a reason`];
  return cell.outcome === "fail" ? [`${name}: ${cell.why}`] : [];
}

function absentCells(cells: readonly Cell[]): readonly string[] {
  const ran = new Set(cells.map(keyOf));
  const wanted = Object.entries(EFFECTS).flatMap(([kernel, effects]) =>
    effects.flatMap((effect) => Object.keys(COLUMNS).map((column) => keyOf({ kernel, effect, column }))),
  );
  return wanted.filter((key) => !ran.has(key)).map((key) => `${key}: did not run`);
}

/**
 * Effects and columns of which every cell is n/a: a reason each, and nothing was tried. A controller of cgroups is there in one version,
 * so an effect's rows for the two are one here.
 */
function idle(cells: readonly Cell[]): readonly string[] {
  const effects = Map.groupBy(cells, ({ kernel, effect }) => `${kernel} / ${effect.replace(/, cgroup v[12]$/, "")}`);
  const columns = Map.groupBy(cells, ({ kernel, column }) => `${kernel} / ${column}`);
  const isIdle = ([, group]: readonly [string, readonly Cell[]]) => group.every(({ outcome }) => outcome === "n/a");
  return [...effects, ...columns].filter(isIdle).map(([name]) => `${name}: nothing ran, each of its cells is n/a`);
}

/** An effect may be impossible on this machine, a column may not. */
function absentOnes(cells: readonly Cell[]): readonly string[] {
  const here = cells.filter(({ kernel }) => kernel === HOST);
  const effects = (EFFECTS[HOST] ?? []).filter((effect) => !here.some((cell) => cell.effect === effect));
  const columns = Object.keys(COLUMNS).filter(
    (column) => !here.some((cell) => cell.column === column && cell.outcome === "pass"),
  );
  return [
    ...effects.map((effect) => `${effect}: no cell of it ran`),
    ...columns.map((column) => `${column}: no effect passed it`),
  ];
}

/** A table for each kernel, its reasons and failures below, and what the columns are. */
export function textOf(cells: readonly Cell[]): string {
  const kernels = Object.keys(EFFECTS).filter((kernel) => cells.some((cell) => cell.kernel === kernel));
  const legend = Object.entries(COLUMNS).map(([column, says]) => `  ${column.padEnd(WIDE)}${says}`);
  return [...kernels.map((kernel) => tableOf(kernel, cells)), "columns:", ...legend, ""].join("\n");
}

const WIDE = 12;
const WIDEST = 28;

function tableOf(kernel: string, all: readonly Cell[]): string {
  const cells = all.filter((cell) => cell.kernel === kernel);
  const reasons = [...new Set(cells.filter(({ outcome }) => outcome === "n/a").map(({ why }) => why))];
  const line = (effect: string): string =>
    effect.padEnd(WIDEST) +
    Object.keys(COLUMNS)
      .map((column) =>
        wordOf(
          cells.find((cell) => cell.effect === effect && cell.column === column),
          reasons,
        ),
      )
      .map((word) => word.padEnd(WIDE))
      .join("");
  const count = (outcome: string): number => cells.filter((cell) => cell.outcome === outcome).length;
  const heading =
    "".padEnd(WIDEST) +
    Object.keys(COLUMNS)
      .map((column) => column.padEnd(WIDE))
      .join("");
  return [
    `${kernel}: ${count("pass")} passed, ${count("fail")} failed, ${count("n/a")} not applicable`,
    ...[heading, ...(EFFECTS[kernel] ?? []).map(line)].map((text) => text.trimEnd()),
    ...reasons.map((why, index) => `  n/a ${index + 1}: ${why}`),
    "",
  ].join("\n");
}

/** `-` is a cell that did not run. */
function wordOf(cell: Cell | undefined, reasons: readonly string[]): string {
  if (cell === undefined) return "-";
  if (cell.outcome === "n/a") return `n/a ${reasons.indexOf(cell.why) + 1}`;
  return cell.outcome === "fail" ? "FAIL" : cell.outcome;
}
