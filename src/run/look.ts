// What a runner says of its cluster when a review asks: the pods, and beside them what the impact model can use of its nodes and of
// Prometheus. Whatever does not answer is left out: a review is no run, and nothing is guarded by these figures.

import type { Snapshot, TcpFact } from "../selector/snapshot.ts";
import type { Cluster, Faults, Metrics, PreviewQuestion } from "./ports.ts";

export type Lookout = { readonly cluster: Cluster; readonly faults: Faults; readonly metrics: Metrics };

/** A review waits for the answer, and TCP is set alike on most nodes: the first few that have victims are enough. */
const MOST_NODES = 16;
/** A question with more queries than any settings need is not asked. */
const MOST_QUERIES = 64;

/** The snapshot that answers a preview, with what was measured at `at` (Unix ms). */
export async function look(
  question: PreviewQuestion,
  { cluster, faults, metrics }: Lookout,
  at: number,
): Promise<Snapshot> {
  const snapshot = await cluster.snapshot();
  const [tcp, measured] = await Promise.all([
    tcpOfNodes(snapshot, question.namespaces, faults),
    answersOf(question.queries ?? {}, metrics, at),
  ]);
  const nodes = snapshot.nodes.map((node) => {
    const told = tcp.get(node.name);
    return told === undefined ? node : { ...node, tcp: told };
  });
  return { ...snapshot, nodes, measured };
}

async function tcpOfNodes(
  { pods }: Snapshot,
  namespaces: readonly string[],
  faults: Faults,
): Promise<ReadonlyMap<string, TcpFact>> {
  const names = new Set(pods.filter(({ namespace }) => namespaces.includes(namespace)).map(({ node }) => node));
  const told = await Promise.all(
    [...names]
      .sort()
      .slice(0, MOST_NODES)
      .map((node) => tcpOf(node, faults)),
  );
  return new Map(told.flat());
}

async function tcpOf(node: string, faults: Faults): Promise<readonly (readonly [string, TcpFact])[]> {
  try {
    const { tcp } = await faults.capabilities(node);
    return tcp === undefined ? [] : [[node, tcp]];
  } catch {
    // A daemon that is away is for preflight to refuse; the review then names a default.
    return [];
  }
}

/** One number for each query that has exactly one; an error, several series or NaN are no fact. */
async function answersOf(
  queries: Readonly<Record<string, string>>,
  metrics: Metrics,
  at: number,
): Promise<Readonly<Record<string, number>>> {
  const asked = Object.entries(queries).slice(0, MOST_QUERIES);
  const answers = await Promise.all(
    asked.map(async ([key, promql]) => [key, await metrics.query(promql, at)] as const),
  );
  return Object.fromEntries(
    answers.flatMap(([key, answer]) => {
      const [only, second] = answer.ok ? answer.series : [];
      return only === undefined || second !== undefined || !Number.isFinite(only.value) ? [] : [[key, only.value]];
    }),
  );
}
