import { describe, expect, it } from "vitest";
import { type Cell, COLUMNS, cellsIn, EFFECTS, problemsOf, textOf } from "../../scripts/matrix/table.ts";

const FULL: readonly Cell[] = Object.entries(EFFECTS).flatMap(([kernel, effects]) =>
  effects.flatMap((effect) => Object.keys(COLUMNS).map((column) => cell({ kernel, effect, column }))),
);

function cell(part: Partial<Cell>): Cell {
  return { kernel: "host", effect: "delay", column: "felt", outcome: "pass", why: "", seconds: 1, ...part };
}

/** The full matrix with this in the place of one of its cells. */
function withCell(part: Partial<Cell>): readonly Cell[] {
  const { kernel, effect, column } = cell(part);
  const others = FULL.filter((one) => one.kernel !== kernel || one.effect !== effect || one.column !== column);
  return [...others, cell(part)];
}

describe("the matrix", () => {
  it("holds where every effect has passed every column on its kernels", () => {
    expect(FULL).toHaveLength((20 + 8) * 10);
    expect(problemsOf(FULL, "every cell")).toEqual([]);
  });

  it("misses every single cell that did not run", () => {
    for (const absent of FULL) {
      const { kernel, effect, column } = absent;
      expect(
        problemsOf(
          FULL.filter((one) => one !== absent),
          "every cell",
        ),
      ).toEqual([`${kernel} / ${effect} / ${column}: did not run`]);
    }
  });

  it.each([
    ["failed", { outcome: "fail", why: "400 of 400 came back" }, "host / delay / felt: 400 of 400 came back"],
    ["was skipped", { outcome: "skipped" }, 'host / delay / felt: "skipped" is neither pass, fail nor n/a'],
    ["cannot be, and nobody says why", { outcome: "n/a", why: " " }, "host / delay / felt: n/a without a reason"],
  ])("does not hold where a cell %s", (_, part, problem) => {
    expect(problemsOf(withCell(part), "every cell")).toEqual([problem]);
  });

  it("holds where a cell cannot be and says why", () => {
    expect(problemsOf(withCell({ outcome: "n/a", why: "no cgroup v2 here" }), "every cell")).toEqual([]);
  });

  const impossible = (is: (one: Cell) => boolean) =>
    FULL.map((one) => (is(one) ? { ...one, outcome: "n/a", why: "not on this machine" } : one));

  it.each([
    ["an effect", (one: Cell) => one.effect === "clock-skew", ["host / clock-skew"]],
    ["a column on one kernel", (one: Cell) => one.kernel === "host" && one.column === "lease", ["host / lease"]],
    ["an effect in both versions", ({ effect }: Cell) => effect.startsWith("cpu-"), ["host / cpu-pressure"]],
    ["an effect on both kernels", ({ effect }: Cell) => effect === "loss", ["host / loss", "user-mode Linux / loss"]],
  ])("does not hold where nothing of %s ran, whatever the reason", (_, is, names) => {
    const problems = names.map((name) => `${name}: nothing ran, each of its cells is n/a`);
    expect(problemsOf(impossible(is), "every cell")).toEqual(problems);
  });

  it("holds where a controller of cgroups is there in one version alone", () => {
    const is = ({ effect }: Cell) => effect === "cpu-pressure, cgroup v2";
    expect(problemsOf(impossible(is), "every cell")).toEqual([]);
  });

  it("knows no effect, column or kernel beside its own", () => {
    const expected = expect.stringContaining("no such cell is expected");
    for (const part of [{ effect: "gravity" }, { column: "later" }, { kernel: "another" }])
      expect(problemsOf([...FULL, cell(part)], "every cell")).toEqual([expected]);
  });

  it("asks `make test` for each effect once, possible here or not, and for each column passed once", () => {
    const columns = Object.keys(COLUMNS);
    const diagonal = (EFFECTS.host ?? []).map((effect, index) =>
      cell({ effect, column: columns[index % columns.length] ?? "" }),
    );
    expect(problemsOf(diagonal, "each once")).toEqual([]);
    expect(problemsOf(diagonal.slice(1), "each once")).toEqual(["delay: no cell of it ran"]);
    const impossible = diagonal.map((one) =>
      one.column === "keeper" ? { ...one, outcome: "n/a", why: "no keeper" } : one,
    );
    expect(problemsOf(impossible, "each once")).toEqual(["keeper: no effect passed it"]);
  });

  it("counts the worst of a cell that ran twice", () => {
    const lines = ["pass", "fail", "pass"].map((outcome) => JSON.stringify(cell({ outcome, why: outcome })));
    expect(cellsIn(`${lines.join("\n")}\n`)).toMatchObject([{ outcome: "fail", why: "fail" }]);
  });

  it("prints a table for each kernel, with a number for each reason and a dash for what did not run", () => {
    const no = { effect: "cpu-pressure, cgroup v2", outcome: "n/a", why: "this machine has no cpu of cgroups V2" };
    const text = textOf([cell({}), cell({ column: "keeper", outcome: "fail", why: "late" }), cell(no)]);
    expect(text).toContain("host: 1 passed, 1 failed, 1 not applicable");
    expect(text).toMatch(/^delay +pass +- +- +- +FAIL +-/m);
    expect(text).toMatch(/^cpu-pressure, cgroup v2 +n\/a 1 +-/m);
    expect(text).toContain("n/a 1: this machine has no cpu of cgroups V2");
    expect(text).not.toContain("user-mode Linux:");
  });
});
