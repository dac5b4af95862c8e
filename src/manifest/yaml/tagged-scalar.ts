import type { Scalar } from "./node.ts";
import { resolvePlain } from "./plain-scalar.ts";

const KINDS: Readonly<Record<string, Scalar["kind"]>> = {
  "!!null": "null",
  "!!bool": "boolean",
  "!!int": "number",
  "!!float": "number",
};
const WHOLE = /^[-+]?[0-9][0-9a-z_]*$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * The value of a scalar with an explicit tag, or undefined where yaml.v2 cannot decode the text as that tag; tags that it does
 * not know leave the text as it is.
 */
export function taggedScalar(tag: string, text: string): Scalar | undefined {
  const short = tag.replace(/^!<(.*)>$/, "$1").replace("tag:yaml.org,2002:", "!!");
  if (short === "!!") return undefined;
  if (short === "!!binary" && !BASE64.test(text.replace(/[\r\n]/g, ""))) return undefined;
  const kind = Object.hasOwn(KINDS, short) ? KINDS[short] : undefined;
  if (kind === undefined) return { kind: "string", value: text };
  const scalar = resolvePlain(text);
  const fits = scalar.kind === kind && (short !== "!!int" || WHOLE.test(text));
  return fits ? scalar : undefined;
}
