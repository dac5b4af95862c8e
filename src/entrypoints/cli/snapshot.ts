import { openApi } from "../../kubernetes/api.ts";
import { readSnapshot } from "../../kubernetes/read-snapshot.ts";
import type { Snapshot } from "../../selector/snapshot.ts";
import { snapshotText } from "./snapshot-file.ts";
import { print } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

/** `chaosgate snapshot > FILE`: what reviews need of the cluster, as one line of JSON. */
export async function snapshotCommand(names: readonly string[], options: Options): Promise<number> {
  if (names.length > 0) throw new WrongWords("snapshot takes no file; write its output to one with >");
  print(snapshotText(await liveSnapshot(options)));
  return 0;
}

/** The cluster of the kubeconfig as it is now. */
export function liveSnapshot(options: Pick<Options, "kubeconfig" | "context">): Promise<Snapshot> {
  return readSnapshot(openApi(clusterOf(options)), Date.now());
}

/** The flags that name a cluster. */
export function clusterOf({ kubeconfig, context }: Pick<Options, "kubeconfig" | "context">) {
  return { ...(kubeconfig !== undefined && { kubeconfig }), ...(context !== undefined && { context }) };
}
