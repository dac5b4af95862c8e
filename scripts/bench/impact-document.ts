// impact-document.ts [--record]: writes the section "Measured" of docs/impact.md and its pictures from the record of measurements;
// with --record the record itself is first written from .bench/impact.json, the last run of `make bench-impact`.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { picturesOf } from "./impact/pictures.ts";
import { type MeasuredRecord, RECORD, readRecord, rowsOf } from "./impact/record.ts";
import { measuredSection, withSection } from "./impact/section.ts";

const PAGE = "docs/impact.md";

const { values } = parseArgs({ options: { record: { type: "boolean", default: false } } });
if (values.record) writeRecord();
const record = readRecord();
const rows = rowsOf(record);
for (const [name, svg] of Object.entries(picturesOf(rows))) writeFileSync(join("docs/pictures", name), svg);
const page = existsSync(PAGE) ? readFileSync(PAGE, "utf8") : "# How impact is predicted\n";
writeFileSync(PAGE, withSection(page, measuredSection(record, rows)));
console.log(`${PAGE} and its pictures are written from ${RECORD}`);

/** Three digits more than anybody can measure are noise: five are kept. */
function writeRecord(): void {
  const { date, minutes, wires } = JSON.parse(readFileSync(".bench/impact.json", "utf8"));
  const kept: MeasuredRecord = {
    date,
    minutes,
    wires: {
      netem: wireOf(wires.netem),
      "packet-queue": wireOf(wires["packet-queue"]),
    },
  };
  mkdirSync(dirname(RECORD), { recursive: true });
  writeFileSync(RECORD, `${JSON.stringify(kept, undefined, 2)}\n`);
}

type BenchWire = {
  readonly kernel: string;
  readonly baseline: Readonly<Record<"exchangeMs" | "connectMs", number>>;
  readonly cells: readonly { readonly name: string; readonly measured: number | null }[];
};

function wireOf({ kernel, baseline, cells }: BenchWire): MeasuredRecord["wires"]["netem"] {
  const digits = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(5)));
  return {
    kernel,
    baseline: { exchangeMs: digits(baseline.exchangeMs) ?? 0, connectMs: digits(baseline.connectMs) ?? 0 },
    cells: Object.fromEntries(cells.map(({ name, measured }) => [name, digits(measured)])),
  };
}
