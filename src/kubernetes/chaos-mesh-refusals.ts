// What the chaos-mesh engine answers when something is wrong, in the two words that every node's daemon has.

import { AppError } from "../errors.ts";
import { CHAOS_MESH_NODE } from "../run/chaos-mesh-order.ts";
import { isPassing } from "./list.ts";

/** What the API server did not answer, nobody has answered: the run asks again. What it refuses is refused. */
export async function heard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== "CLUSTER_REFUSED") throw thrown;
    throw isPassing(thrown) ? silence(thrown.message, thrown) : doubt(thrown.message, thrown);
  }
}

export function doubt(why: string, cause?: unknown): AppError {
  return new AppError("DAEMON_REFUSED", `could not use Chaos Mesh: ${why}`, {
    facts: { node: CHAOS_MESH_NODE },
    cause,
  });
}

/** Whether it was done is not known. */
export function silence(why: string, cause?: unknown): AppError {
  const facts = { node: CHAOS_MESH_NODE };
  return new AppError("DAEMON_UNREACHABLE", `could not hear of Chaos Mesh: ${why}`, { facts, cause });
}
