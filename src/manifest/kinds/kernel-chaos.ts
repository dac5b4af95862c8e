import { type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";
import { PERCENT, UINT32 } from "./go-integers.ts";

const FRAME: Shape = { type: "object", fields: { funcname: TEXT, parameters: TEXT, predicate: TEXT } };

/** The spec of a KernelChaos. The CRD requires failKernRequest and its type; the defaulting webhook writes both. */
export const KERNEL_CHAOS = containerChaos({
  failKernRequest: {
    type: "object",
    fields: {
      failtype: { type: "integer", min: 0, max: 2 },
      headers: TEXTS,
      callchain: { type: "list", items: FRAME },
      probability: PERCENT,
      times: UINT32,
    },
  },
});
