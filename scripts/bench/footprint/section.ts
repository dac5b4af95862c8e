// The section "What it costs" of docs/daemon.md, from the record alone. Pure: a test writes it anew and compares.

import { BESIDE, type Figures, type FootprintRecord, TARGETS, verdictOf } from "./figures.ts";

export const RECORD = "test/fixtures/footprint/measured.json";
export const PAGE = "docs/daemon.md";
const HEADING = "## What it costs";

/** Markdown from the heading to the end of the section. */
export function costSection({ date, kernel, runs, load, figures }: FootprintRecord): string {
  return [
    HEADING,
    "",
    `Measured on ${date} by \`make bench-daemon\` under Linux ${kernel}, medians of ${runs} runs on two cores`,
    `(load ${load.before.toFixed(1)} to ${load.after.toFixed(1)}), kept in \`${RECORD}\`. Chaos Mesh's daemon idles at 57 MB.`,
    "",
    "The 100 faults stand at once, on victims of their own: 40 partitions (the kernel has no netem), 20 delays by the packet queue, 20 clocks,",
    "10 volumes, 5 frozen containers, 3 under CPU pressure and 2 under memory pressure. All are felt, by observers that share no code with the",
    "daemon, before and after the look at the cost, and none is afterwards. 1,000 packets a second go through the delays, 1,000 more meet the",
    "partitions.",
    "",
    "| | figure | target | |",
    "| --- | ---: | ---: | --- |",
    ...TARGETS.map(
      (target) => `| ${target.says} | ${figure(figures, target)} | < ${target.below} | ${verdictOf(target, figures)} |`,
    ),
    ...BESIDE.map((beside) => `| ${beside.says} | ${figure(figures, beside)} | | |`),
    "",
    "*Memory* is what the kernel charged at most to a cgroup that holds daemon, keeper and all their children (buffers of the kernel for them",
    "included), and the program's file pages besides. *CPU* is the same cgroup's. What stressors take is on their victims' account.",
    "*Injecting* is what the caller waits for, the daemon's own look whether it is felt included; the victim's traffic is 1,000 packets a second, because",
    "that look waits for traffic (250 ms at most). *Late by* is counted until the last of the 100 faults is gone and off the record.",
    "The figures hold where the kernel tells of new programs (`hostPID`): elsewhere clock faults are looked after once a second, which costs a look at",
    "every process of the node, however many faults there are.",
    "",
  ].join("\n");
}

function figure(figures: Figures, { key, unit }: { readonly key: string; readonly unit: string }): string {
  const value = figures[key] ?? Number.NaN;
  return `${value < 1 ? value.toFixed(3) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
}

/** The page with this section in the place of the one it has, or at its end. */
export function withCost(page: string, section: string): string {
  const start = page.indexOf(HEADING);
  if (start < 0) return `${page.trimEnd()}\n\n${section.trimEnd()}\n`;
  const next = page.indexOf("\n## ", start);
  return `${page.slice(0, start)}${section.trimEnd()}\n${next < 0 ? "" : page.slice(next)}`;
}
