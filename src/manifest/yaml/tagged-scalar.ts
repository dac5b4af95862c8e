import type { Scalar } from "./node.ts";
import { resolvePlain } from "./plain-scalar.ts";

/** The value of a scalar with an explicit tag; tags that yaml.v2 does not know leave the text as it is. */
export function taggedScalar(tag: string, text: string): Scalar {
  switch (tag.replace("tag:yaml.org,2002:", "!!")) {
    case "!!null":
    case "!!bool":
    case "!!int":
    case "!!float":
      return resolvePlain(text);
    default:
      return { kind: "string", value: text };
  }
}
