import { readRunnerConfig } from "../../config/runner.ts";
import { startRunner } from "../runner/start.ts";
import { type Options, WrongWords } from "./words.ts";

/** `chaosgate runner`: serves until a signal ends it, and rolls back first. Everything but where it runs comes from the environment. */
export async function runnerCommand(names: readonly string[], { kubernetes }: Options): Promise<number> {
  if (names.length > 0) throw new WrongWords("runner takes no file; it is configured by the environment");
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  const environment = kubernetes === true ? { ...process.env, CHAOSGATE_CLUSTER: "kubernetes" } : process.env;
  await startRunner(readRunnerConfig(environment), stop.signal);
  return 0;
}
