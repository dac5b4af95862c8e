import { userInfo } from "node:os";
import { systemClock as clock } from "../../clock.ts";
import { abortRuns, isClean } from "../../kubernetes/abort-runs.ts";
import { openApi } from "../../kubernetes/api.ts";
import { createRunStore } from "../../kubernetes/run-store.ts";
import { clusterOf } from "./snapshot.ts";
import { harmless, print } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

/** A lease ends after 45 s whatever happens; a runner that lives has rolled back long before. */
const PATIENCE_MS = 90_000;

/** `chaosgate abort --all` or `chaosgate abort RUN...`: ends runs in a cluster, and waits until each is rolled back. */
export async function abortCommand(names: readonly string[], options: Options): Promise<number> {
  const everyRun = options.all === true;
  if (names.length > 0 === everyRun) throw new WrongWords("abort takes names of runs, or --all");
  const store = createRunStore(openApi(clusterOf(options)), options.namespace ?? "chaosgate");
  const abort = { by: options.by ?? userInfo().username, reason: options.reason ?? "chaosgate abort" };
  const ended = await abortRuns(store, everyRun ? undefined : names, abort, { clock, patienceMs: PATIENCE_MS });
  for (const { name, state } of ended) print(`${harmless(name)}: ${harmless(state)}\n`);
  if (ended.length === 0) print("no run is under way\n");
  return ended.every(isClean) ? 0 : 1;
}
