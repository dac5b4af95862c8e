// The code by itself: how it is written, and the rooms that need neither a kernel nor a cluster.

import { type Suite, vitest } from "./suite.ts";

export const CHECKS: readonly Suite[] = [
  {
    name: "format",
    says: "one formatter, one linter",
    argv: ["biome", "ci", "--colors=off", "--error-on-warnings", "."],
    result: { kind: "exit" },
    timeoutMinutes: 2,
  },
  { name: "types", says: "TypeScript, strict", argv: ["tsc", "--noEmit"], result: { kind: "exit" }, timeoutMinutes: 3 },
  {
    name: "proto",
    says: "the contract between runner and daemon",
    argv: ["buf", "lint"],
    result: { kind: "exit" },
    timeoutMinutes: 2,
  },
  {
    name: "rustfmt",
    says: "Rust formatting",
    argv: ["cargo", "fmt", "--check"],
    result: { kind: "exit" },
    timeoutMinutes: 2,
  },
];

export const CLIPPY: Suite = {
  name: "clippy",
  says: "Rust lints, warnings are errors",
  argv: ["cargo", "clippy", "--release", "--all-targets", "--locked", "--", "-D", "warnings"],
  result: { kind: "exit" },
  timeoutMinutes: 15,
};

export const UNIT: Suite = {
  name: "unit",
  says: "the pure rooms, and edges against small real servers",
  argv: vitest("unit"),
  result: { kind: "vitest", file: ".test/unit.json" },
  timeoutMinutes: 10,
};

export const INTEGRATION: Suite = {
  name: "integration",
  says: "bot, function and command line as processes, against the stand-in and an independent GitHub emulator",
  argv: vitest("integration"),
  result: { kind: "vitest", file: ".test/integration.json" },
  timeoutMinutes: 10,
};

export const DENY: Suite = {
  name: "deny",
  says: "licences, sources and doubles of all that is built into the daemon",
  argv: ["scripts/deny.sh"],
  result: { kind: "exit" },
  timeoutMinutes: 20,
  alongside: true,
};
