import type { Exemption, FaultOrder, PeerAddress } from "./ports.ts";

/** What matters to pods on these nodes: of other nodes' own addresses a cluster may have thousands. */
export function exemptOnNodes(exempt: readonly Exemption[], nodes: ReadonlySet<string>): readonly Exemption[] {
  return exempt.filter(({ node }) => node === undefined || nodes.has(node));
}

/** The order as one node's daemon gets it: without other nodes' addresses. */
export function orderForNode<Order extends FaultOrder>(order: Order, node: string): Order {
  if (order.kind !== "network") return order;
  const exempt = exemptOnNodes(order.exempt, new Set([node])).map(({ cidr, port }): PeerAddress => ({ cidr, port }));
  return { ...order, exempt };
}
