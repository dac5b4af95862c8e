import type { Mistake } from "../report.ts";
import { atoi } from "../text/go-number.ts";
import { isRequestUri } from "../text/go-url.ts";
import { shown } from "../text/quote.ts";

// The rules on single texts that belong to HTTP.

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

/** `replace.body`: bytes, which the schema wants in base64. */
export function base64Mistake(text: string): Mistake | undefined {
  if (BASE64.test(text)) return undefined;
  return {
    code: "base64-malformed",
    message: `${shown(text)} is not base64, in which the body has to be written.`,
    fix: "Encode the body, for example with base64 -w0.",
    ...(text.length <= LONGEST_TO_ENCODE ? { likely: base64Of(text) } : {}),
  };
}

/** Characters; a longer body is better read from a file by who encodes it. */
const LONGEST_TO_ENCODE = 4096;

/** The body that was probably meant: the text itself. */
function base64Of(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

/** `criteria.statusCode`: one code, or two with a hyphen between them; any number of one to three digits is a code. */
export function statusCodeMistake(text: string): Mistake | undefined {
  if (isCode(text)) return undefined;
  const hyphen = text.indexOf("-");
  const corrected = correctedStatus(text);
  const isRange = atoi(text) === undefined && hyphen >= 0;
  if (isRange && isCode(text.slice(0, hyphen)) && isCode(text.slice(hyphen + 1))) return undefined;
  return {
    code: "status-code-malformed",
    message: `${shown(text)} is neither a status code nor a range of status codes.`,
    ...(corrected === undefined
      ? { fix: "Write a code such as '200', or a range such as '200-299'." }
      : { fix: `Write '${corrected}'.`, likely: `'${corrected}'` }),
  };
}

/** `2xx`, `200 - 299`, `200..299` -> `200-299`. */
function correctedStatus(text: string): string | undefined {
  const [, family] = /^\s*([1-5])xx\s*$/i.exec(text) ?? [];
  if (family !== undefined) return `${family}00-${family}99`;
  const [, from, to] = /^\s*([1-5][0-9]{2})\s*(?:-|\.\.|to)\s*([1-5][0-9]{2})\s*$/i.exec(text) ?? [];
  return from === undefined ? undefined : `${from}-${to}`;
}

function isCode(text: string): boolean {
  const code = atoi(text);
  return code !== undefined && code > 0 && code < 1000;
}

/** The `url` of a status check. */
export function urlMistake(text: string): Mistake | undefined {
  return isRequestUri(text) ? undefined : malformedUrl(text, "http://checkout.shop:8080/health");
}

/** The `address` of a PhysicalMachine; the webhook puts http:// before one that does not begin with http. */
export function addressMistake(text: string): Mistake | undefined {
  const address = text === "" || text.startsWith("http") ? text : `http://${text}`;
  return isRequestUri(address) ? undefined : malformedUrl(text, "http://10.0.0.7:31767");
}

function malformedUrl(text: string, example: string): Mistake {
  return {
    code: "url-malformed",
    message: `${shown(text)} is not an address that can be requested.`,
    fix: `Write a scheme, a host and a path, such as ${example}.`,
    ...(isRequestUri(`http://${text}`) && /^[a-z0-9][a-z0-9.-]*([:/]|$)/i.test(text)
      ? { likely: `http://${text}` }
      : {}),
  };
}
