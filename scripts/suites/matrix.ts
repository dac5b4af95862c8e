// Every effect against everything that may happen while it stands.

import { SANDBOX, type Suite } from "./suite.ts";

/** Every effect, whatever happens to whom: a cell of each in `daemon`, all of them in these two, beside each other. */
function matrix(name: string, says: string, ...which: readonly string[]): Suite {
  return {
    name,
    says,
    argv: [
      SANDBOX,
      ...["cargo", "test", "--release", "--locked", "--test", "core", "--", "--ignored", "--test-threads=1", ...which],
    ],
    result: { kind: "cargo" },
    timeoutMinutes: 30,
  };
}

export const MATRIX: readonly Suite[] = [
  matrix("matrix", "every effect, whatever happens to whom, on this kernel", "matrix::every_", "matrix::controls::"),
  {
    ...matrix("matrix-elsewhere", "the network's effects again, in user-mode Linux", "matrix::elsewhere::"),
    alongside: true,
  },
];

export function addUp(wanted: "each" | "every"): Suite {
  return {
    name: "matrix-table",
    says: "effect x what happens meanwhile: passed, failed or why not, of what has just run",
    argv: ["node", "scripts/matrix.ts", wanted],
    result: { kind: "exit" },
    timeoutMinutes: 1,
  };
}
