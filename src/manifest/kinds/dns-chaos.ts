import { TEXTS } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";

/** The spec of a DNSChaos. */
export const DNS_CHAOS = containerChaos({ action: { type: "string", oneOf: ["error", "random"] }, patterns: TEXTS }, [
  "action",
]);
