// The runner as a process: reads the environment, and ends by a signal, after everything is rolled back.

import { readRunnerConfig } from "../config/runner.ts";
import { messageOf } from "../errors.ts";
import { startRunner } from "./runner/start.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

try {
  await startRunner(readRunnerConfig(process.env), stop.signal);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
