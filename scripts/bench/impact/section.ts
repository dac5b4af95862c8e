// The section "Measured" of docs/impact.md, from the record alone. Pure: a test writes it anew and compares.

import { type Cell, type Group, gridOf, nameOf } from "./grid.ts";
import { errorOf, isInside, judge, type Row } from "./judge.ts";
import type { MeasuredRecord } from "./record.ts";
import type { BackEnd } from "./wire.ts";

const TITLES: Readonly<Record<Group, string>> = {
  window: "Throughput that a window bounds",
  latency: "Added latency",
  loss: "Throughput that loss bounds",
  transfer: "Short transfers over a new connection",
  saturation: "Time until a pool is full",
};

const PICTURES: Readonly<Partial<Record<Group, string>>> = {
  window: "impact-window.svg",
  loss: "impact-loss.svg",
  transfer: "impact-transfer.svg",
  saturation: "impact-saturation.svg",
};

/** Markdown from the heading to the end of the section. */
export function measuredSection(record: MeasuredRecord, rows: readonly Row[]): string {
  const groups = Object.keys(TITLES) as readonly Group[];
  return [
    "## Measured",
    "",
    `On ${record.date}, ${gridOf("full").length} cells on two wires: netem under Linux ${record.wires.netem.kernel} (user-mode), and the packet queue under`,
    `Linux ${record.wires["packet-queue"].kernel}. Round trips are medians of nine, transfers of five; Reno and CUBIC under loss are means over six streams side by side.`,
    "`make bench-impact` predicts every cell, then measures it, and writes `.bench/impact.json`. The measurements below are in",
    "`test/fixtures/impact/measured.json`; the predictions beside them are made anew from the model whenever this page is checked.",
    "Filled dots are netem, circles the packet queue, lines and bands predictions.",
    "",
    "| what | wire | measure | found | target | |",
    "| --- | --- | --- | ---: | ---: | --- |",
    ...judge(rows).map(({ group, backEnd, says, found, target, met }) =>
      row(TITLES[group], backEnd, says, figure(says, found), figure(says, target), met ? "met" : "**missed**"),
    ),
    "",
    ...groups.flatMap((group) => groupSection(group, rows)),
    ...limits(rows),
  ].join("\n");
}

/** What the wires themselves add, and what was seen beside the grid. */
function limits(rows: readonly Row[]): readonly string[] {
  const late = (backEnd: BackEnd): string => {
    const errors = rows.filter((each) => each.cell.group === "latency" && each.backEnd === backEnd);
    return Math.max(
      ...errors.map((each) => 1000 * Math.abs((each.measured ?? 0) - Number(each.predicted.value))),
    ).toFixed(1);
  };
  return [
    "### What bounds the accuracy",
    "",
    `- The wires: a round trip was off by up to ${late("netem")} ms under user-mode Linux, whose one processor is a process among others, and by up to`,
    `  ${late("packet-queue")} ms through the packet queue. A stream waits for the last packet of a burst, so short delays suffer most. What measures runs`,
    "  ahead of the machine's other processes (`chrt --rr 1`), where it may: beside eight busy ones on two cores, streams of 96 to 140 KiB",
    "  at 25 ms carried 1 to 29 % less than predicted without that, and 0.3 to 1.1 % less with it.",
    "- Windows are Reno's: its slow start goes on until the window is full, where CUBIC's HyStart may leave earlier and grow for seconds.",
    "- Slow start at the edge: 98 and 100 kB (68 and 70 of the 70 segments that three doubled windows hold) took three rounds on Linux 6.18",
    "  and four on 6.1, with Reno as with CUBIC; 90 kB took three on both. The interval of a transfer has both ends.",
    "- On 6.1 a transfer of 1 MB takes eight rounds or nine by chance: 31 of 60 waited for the receiver's window, which starts at",
    "  65,535 bytes and follows its reader; with 4 MiB offered at once 20 of 20 took eight, and with HyStart off 18 of 20 waited. On 6.18 all",
    "  of the record take eight. The prediction for 6.1 is the middle of the two, and half a round is its error.",
    "- A link is a token bucket of 128 KiB: a BBR stream was once seen to carry 0.16 % more than the link over ten seconds, which the upper",
    "  end of its interval allows, and streams of half a second 0.6 %.",
    "- Pools are called at even intervals over connections that are open; with calls at random the time varies by about 1 / sqrt(N) from run",
    "  to run (`test/impact/simulated.test.ts` plays that), and its mean is the same.",
    "",
  ];
}

function groupSection(group: Group, rows: readonly Row[]): readonly string[] {
  const picture = PICTURES[group];
  const cells = gridOf("full").filter((cell) => cell.group === group);
  return [
    `### ${TITLES[group]}`,
    "",
    ...(picture === undefined ? [] : [`![${TITLES[group]}: predicted and measured](pictures/${picture})`, ""]),
    `| cell | predicted | netem | error | packet queue | error |${group === "loss" ? " interval | |" : ""}`,
    `| --- | ---: | ---: | ---: | ---: | ---: |${group === "loss" ? " --- | --- |" : ""}`,
    ...cells.map((cell) => cellRow(cell, rows)),
    "",
  ];
}

function cellRow(cell: Cell, rows: readonly Row[]): string {
  const on = (backEnd: BackEnd): Row => {
    const found = rows.find((each) => each.backEnd === backEnd && nameOf(each.cell) === nameOf(cell));
    if (found === undefined) throw new Error(`no row for ${nameOf(cell)} by ${backEnd}`);
    return found;
  };
  const [netem, queue] = [on("netem"), on("packet-queue")];
  const name = nameOf(cell).slice(cell.group.length + 1);
  const { value, interval } = netem.predicted;
  const cells = [name, amount(cell, value), ...measuredOf(netem), ...measuredOf(queue)];
  if (cell.group !== "loss" || interval === null) return row(...cells);
  const inside = [netem, queue].filter(isInside).length;
  return row(...cells, `${amount(cell, interval[0])} to ${amount(cell, interval[1])}`, `${inside} of 2 inside`);
}

function measuredOf(found: Row): readonly string[] {
  const error = errorOf(found);
  const sign = error > 0 ? "+" : "";
  const written = Number.isFinite(error) ? `${sign}${(100 * error).toFixed(1)} %` : "-";
  return [amount(found.cell, found.measured ?? "never"), written];
}

function amount(cell: Cell, value: number | "never"): string {
  if (value === "never") return value;
  if (cell.group === "window" || cell.group === "loss") return `${(value / 1000).toFixed(0)} kB/s`;
  return cell.group === "latency" ? `${(1000 * value).toFixed(1)} ms` : `${value.toFixed(3)} s`;
}

function figure(says: string, value: number): string {
  return says.includes("width") ? value.toFixed(2) : `${(100 * value).toFixed(1)} %`;
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** The page with this section in place of the one it has, or behind everything. Other sections are not touched. */
export function withSection(page: string, section: string): string {
  const start = page.search(/^## Measured$/m);
  if (start < 0) return `${page.trimEnd()}\n\n${section.trimEnd()}\n`;
  const rest = page.slice(start + 1);
  const next = rest.search(/^## /m);
  const after = next < 0 ? "" : `\n${rest.slice(next)}`;
  return `${page.slice(0, start)}${section.trimEnd()}\n${after}`;
}
