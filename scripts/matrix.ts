// matrix.ts each|every: adds up the cells that the daemon's tests left in .test/matrix.jsonl, prints the table, and ends with 1 where a
// cell failed, is neither passed nor failed nor n/a with a reason, or is absent: `each` asks for every effect and column once, `every`
// for all cells of both kernels, and that of each effect and column one was more than n/a.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cellsIn, problemsOf, textOf, type Wanted } from "./matrix/table.ts";

const CELLS = ".test/matrix.jsonl";
const WANTED: Readonly<Record<string, Wanted>> = { each: "each once", every: "every cell" };

const wanted = WANTED[process.argv[2] ?? ""];
if (wanted === undefined) {
  console.error("usage: node scripts/matrix.ts each|every");
  process.exit(2);
}
const cells = cellsIn(existsSync(CELLS) ? readFileSync(CELLS, "utf8") : "");
const text = textOf(cells);
writeFileSync(".test/matrix.txt", text);
console.log(text);
const problems = problemsOf(cells, wanted);
for (const problem of problems) console.log(`MATRIX ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
