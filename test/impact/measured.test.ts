import { readFileSync, statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Cell, gridOf, nameOf, SERVICE_MS } from "../../scripts/bench/impact/grid.ts";
import { errorOf, judge, type Row, type Verdict } from "../../scripts/bench/impact/judge.ts";
import { picturesOf } from "../../scripts/bench/impact/pictures.ts";
import { predict } from "../../scripts/bench/impact/predict.ts";
import { type Predict, RECORD, readRecord, rowsOf } from "../../scripts/bench/impact/record.ts";
import { measuredSection, withSection } from "../../scripts/bench/impact/section.ts";

// The model as it is today beside what two real wires showed on the record's day: a formula that gets worse fails here, without a wire.

const record = readRecord();
const rows = rowsOf(record);

function missed(verdicts: readonly Verdict[]): readonly string[] {
  return verdicts
    .filter(({ met }) => !met)
    .map(({ backEnd, group, says, found }) => `${backEnd} ${group}: ${says} ${found.toFixed(3)}`);
}

/** The rows, predicted by a model with one mistake. */
function mistaken(change: (cell: Cell, predicted: Row["predicted"], rttSeconds: number) => Partial<Row["predicted"]>) {
  const wrong: Predict = (cell, conditions) => {
    const predicted = predict(cell, conditions);
    return { ...predicted, ...change(cell, predicted, conditions.rttSeconds) };
  };
  return missed(judge(rowsOf(record, wrong)));
}

function scaled({ value, interval }: Row["predicted"], factor: number): Partial<Row["predicted"]> {
  return {
    value: value === "never" ? value : value * factor,
    interval: interval === null ? null : [interval[0] * factor, interval[1] * factor],
  };
}

describe("the impact model beside the record of two real wires", () => {
  it("has a grid of at least 6 windows and 6 delays, 5 losses and 2 congestion controls, 4 pools and 3 rates, 5 short flows", () => {
    const distinct = (value: (cell: Cell) => unknown): number =>
      new Set(
        gridOf("full")
          .map(value)
          .filter((each) => each !== undefined),
      ).size;
    expect(distinct((cell) => (cell.group === "window" ? cell.windowBytes : undefined))).toBeGreaterThanOrEqual(6);
    expect(distinct((cell) => (cell.group === "window" ? cell.delayMs : undefined))).toBeGreaterThanOrEqual(6);
    expect(distinct((cell) => (cell.group === "loss" ? cell.loss : undefined))).toBeGreaterThanOrEqual(5);
    expect(distinct((cell) => (cell.group === "loss" ? cell.congestionControl : undefined))).toBeGreaterThanOrEqual(2);
    expect(distinct((cell) => (cell.group === "saturation" ? cell.size : undefined))).toBeGreaterThanOrEqual(4);
    expect(distinct((cell) => (cell.group === "saturation" ? cell.ratePerSecond : undefined))).toBeGreaterThanOrEqual(
      3,
    );
    expect(distinct((cell) => (cell.group === "transfer" ? cell.bytes : undefined))).toBeGreaterThanOrEqual(5);
    expect(distinct(nameOf)).toBe(gridOf("full").length);
  });

  it("meets every target", () => {
    expect(missed(judge(rows))).toEqual([]);
  });

  it("knows of every pool whether it ever fills", () => {
    expect(rows.filter((row) => row.cell.group === "saturation" && !Number.isFinite(errorOf(row)))).toEqual([]);
    expect(rows.some(({ predicted }) => predicted.value === "never")).toBe(true);
  });

  it("would miss the targets with one mistake in a formula", () => {
    const delayTwice = mistaken((cell, { value }, rtt) =>
      cell.group === "window" && value !== "never"
        ? { value: Math.min(value, cell.windowBytes / (rtt + cell.delayMs / 500)) }
        : {},
    );
    const noKnee = mistaken((cell, _, rtt) =>
      cell.group === "window" ? { value: cell.windowBytes / (rtt + cell.delayMs / 1000) } : {},
    );
    const lossWithoutRoot = mistaken((cell, predicted) =>
      cell.group === "loss" && cell.congestionControl !== "bbr" ? scaled(predicted, 0.1 / Math.sqrt(cell.loss)) : {},
    );
    const noHandshake = mistaken((cell, { value }, rtt) =>
      cell.group === "transfer" && value !== "never" ? { value: value - rtt - cell.delayMs / 1000 } : {},
    );
    const noneUnderWay = mistaken((cell, { value }) =>
      cell.group === "saturation" && value !== "never" ? { value: value + 2 * (SERVICE_MS / 1000) } : {},
    );
    expect(delayTwice.join()).toMatch(/netem window: median.*packet-queue window: median/);
    expect(noKnee.join()).toMatch(/netem window: worst.*packet-queue window: worst/);
    expect(lossWithoutRoot.join()).toMatch(/netem loss: share.*packet-queue loss: share/);
    expect(noHandshake.join()).toMatch(/netem transfer: worst.*packet-queue transfer: worst/);
    expect(noneUnderWay.join()).toMatch(/netem saturation: worst.*packet-queue saturation: worst/);
  });

  it("counts no interval that says too little", () => {
    const wide = mistaken(({ group }, { value }) =>
      group === "loss" && value !== "never" ? { interval: [value / 3, value * 3] } : {},
    );
    expect(wide.join()).toMatch(/loss: share inside the interval 0.000/);
  });
});

describe("docs/impact.md", () => {
  const page = readFileSync("docs/impact.md", "utf8");

  it("says what the record and the model say: `node scripts/bench/impact-document.ts` writes it", () => {
    expect(withSection(page, measuredSection(record, rows))).toBe(page);
  });

  it.each(Object.entries(picturesOf(rows)))("has %s drawn from them", (name, svg) => {
    expect(readFileSync(`docs/pictures/${name}`, "utf8")).toBe(svg);
    expect(page).toContain(`pictures/${name}`);
  });

  it("would not pass with another measurement or another model", () => {
    const [first, ...others] = rows;
    if (first === undefined) throw new Error("no rows");
    const other = [{ ...first, measured: 2 * (first.measured ?? 1) }, ...others];
    expect(withSection(page, measuredSection(record, other))).not.toBe(page);
    expect(picturesOf(other)).not.toEqual(picturesOf(rows));
  });

  it("keeps other sections as they are", () => {
    expect(withSection("# A\n\n## Measured\n\nold\n\n## B\n\nb\n", "## Measured\n\nnew")).toBe(
      "# A\n\n## Measured\n\nnew\n\n## B\n\nb\n",
    );
    expect(withSection("# A\n", "## Measured\n\nnew")).toBe("# A\n\n## Measured\n\nnew\n");
  });

  it("needs no more than 50 kB of record", () => {
    expect(statSync(RECORD).size).toBeLessThan(50_000);
  });
});
