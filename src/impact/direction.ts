// Which packets of a stream a fault meets: delay counts wherever it is, loss only where data travels.

import type { NetworkFaultSpec } from "../manifest/experiment.ts";
import { type OutOfDomain, outside, share } from "./domain.ts";

/** Loss per packet, 0..1, on the way of the data and on the way of its acknowledgements. */
export type StreamLoss = { readonly kind: "loss"; readonly data: number; readonly acknowledgements: number };

/**
 * What a loss on a victim's packets is for a stream that the victim sends, or receives. One lost acknowledgement costs nothing: the
 * next one covers it (RFC 9293 section 3.8.6, cumulative acknowledgement).
 */
export function streamLoss(
  loss: number,
  direction: NetworkFaultSpec["direction"],
  victim: "sends" | "receives",
): StreamLoss | OutOfDomain {
  const wrong = outside(share("loss", loss));
  if (wrong !== undefined) return wrong;
  const onWay = (way: "to" | "from"): number => (direction === "both" || direction === way ? loss : 0);
  const [out, back] = [onWay("to"), onWay("from")];
  return victim === "sends"
    ? { kind: "loss", data: out, acknowledgements: back }
    : { kind: "loss", data: back, acknowledgements: out };
}
