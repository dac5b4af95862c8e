import type { Cluster } from "./cluster.ts";
import { type ClusterNode, startNode } from "./node.ts";
import { type Observers, observersHere } from "./observers.ts";

/** A cluster in which the story is played, and what must be known of it. */
export type World = {
  readonly cluster: Cluster;
  readonly observers: Observers;
  /** An address of this machine at which pods reach the bot's door: the bot is outside of the cluster. */
  readonly address: string;
  /** Registry and path of our images. */
  readonly images: string;
  /** A file of the chart's values over all others, of whoever owns the cluster. */
  readonly ownersValues?: string;
  /** Takes away what the story made in it. */
  leave(): Promise<void>;
};

/** A node that is made here and ends with the story. */
export async function ownWorld(folder: string): Promise<World & { readonly node: ClusterNode }> {
  const node = await startNode(folder);
  return {
    node,
    cluster: node,
    observers: observersHere("node-1"),
    address: "10.96.0.1",
    images: "docker.io/chaosgate",
    leave: async () => node.stop(),
  };
}
