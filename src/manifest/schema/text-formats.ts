import { quantityMistake } from "../kinds/kubernetes-fields.ts";
import { addressMistake, base64Mistake, statusCodeMistake, urlMistake } from "../rules/http-strings.ts";
import {
  correlationMistake,
  cronMistake,
  durationMistake,
  latencyMistake,
  lengthOfTimeMistake,
  percentageMistake,
  rateMistake,
  sizeMistake,
} from "../rules/strings.ts";
import type { StringShape } from "../shape/shape.ts";
import { timestampMistake } from "../text/timestamp.ts";

// The rules on single texts, by the name that they have as a `format` of JSON Schema.

type Check = NonNullable<StringShape["check"]>;

type TextFormat = {
  readonly check: Check;
  /** What an editor can check without us: never narrower than `check`, and the same where a regular expression can say it. */
  readonly pattern?: string;
  /** A sentence for people. */
  readonly says: string;
};

const AMOUNT_AND_UNIT = "([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)";
const GO_DURATION = `[-+]?(0|(${AMOUNT_AND_UNIT})+)`;
const NETEM_TIME = "[0-9]+(\\.[0-9]+)?(ns|us|ms|s|m|h)";
const DURATION_SAYS = "A duration of Go, such as 90s, 5m or 1h30m.";
const CODE_SAYS = "A status code such as 200, or a range such as 200-299.";

export const TEXT_FORMATS: Readonly<Record<string, TextFormat>> = {
  "go-duration": { check: durationMistake, pattern: `^(${GO_DURATION})?$`, says: DURATION_SAYS },
  "go-length-of-time": { check: lengthOfTimeMistake, pattern: `^${GO_DURATION}$`, says: DURATION_SAYS },
  "netem-time": {
    check: latencyMistake,
    pattern: `^${NETEM_TIME}$`,
    says: "One number and one unit of us, ms or s, such as 500ms.",
  },
  percentage: {
    check: percentageMistake,
    pattern: "^[^%\\s]+$",
    says: "A number from 0 to 100 in quotes, without a % sign.",
  },
  "percentage-or-empty": {
    check: correlationMistake,
    pattern: "^[^%\\s]*$",
    says: "A number from 0 to 100 in quotes, without a % sign.",
  },
  "bit-rate": {
    check: rateMistake,
    pattern: "[bB]([iI][tT]|[pP][sS])\\s*$",
    says: "A whole number with bit, kbit, mbit, gbit (bits) or bps, kbps, mbps, gbps (bytes per second).",
  },
  "memory-size": { check: sizeMistake, pattern: "^$|[0-9]", says: "A size such as 256MB, or a share such as 50%." },
  cron: { check: cronMistake, says: "Five fields of cron, six with seconds first, or @every and a duration." },
  base64: { check: base64Mistake, pattern: "^[A-Za-z0-9+/]+={0,2}$", says: "Bytes in base64." },
  "status-code": { check: statusCodeMistake, pattern: "^[-+0-9]+$", says: CODE_SAYS },
  "request-url": { check: urlMistake, says: "An address with scheme, host and path." },
  timestamp: { check: timestampMistake, says: "A moment such as 2026-01-31T12:00:00Z." },
  quantity: { check: quantityMistake, says: "An amount of Kubernetes, such as 500m or 64Mi." },
  "machine-address": { check: addressMistake, says: "An address with host and port." },
};

/** The format whose check this is. Throws for a check without a name: then the table above has a gap. */
export function formatOf(check: Check): TextFormat & { readonly name: string } {
  const found = Object.entries(TEXT_FORMATS).find(([, format]) => format.check === check);
  if (found === undefined) throw new Error(`The check ${check.name} has no name among the text formats`);
  return { name: found[0], ...found[1] };
}
