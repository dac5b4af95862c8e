import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type FootprintRecord, figuresIn, medians, TARGETS } from "../../scripts/bench/footprint/figures.ts";
import { costSection, PAGE, RECORD, withCost } from "../../scripts/bench/footprint/section.ts";

const record = JSON.parse(readFileSync(RECORD, "utf8")) as FootprintRecord;

describe("the daemon's footprint", () => {
  it("is told on its page as it was measured", () => {
    const page = readFileSync(PAGE, "utf8");
    expect(withCost(page, costSection(record))).toBe(page);
  });

  it("has a figure for every target and each key that the bench promises", () => {
    const promised = ["inject_p50_ms", "revert_p99_ms", ...TARGETS.map(({ key }) => key)];
    expect(promised.filter((key) => !Number.isFinite(record.figures[key]))).toEqual([]);
  });

  it("says so where a target is missed", () => {
    const worse = { ...record, figures: { ...record.figures, idle_rss_mb: 10 } };
    expect(costSection(worse)).toContain("| 10.0 MB | < 10 | **missed** |");
  });

  it("reads the lines of a run and takes the middle of several", () => {
    const run = (value: number) => figuresIn(`test a ... \nfigures {"a":${value}}\nok\nfigures {"b":1}\n`);
    expect(medians([run(3), run(1), run(2)])).toEqual({ a: 2, b: 1 });
  });
});
