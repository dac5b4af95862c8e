import { escapeHtml } from "./html.ts";

/** Tags that GitHub keeps and that a review uses, with the attributes that may stay. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  details: ["open"],
  summary: [],
  b: [],
  strong: [],
  i: [],
  em: [],
  del: [],
  code: [],
  kbd: [],
  sub: [],
  sup: [],
  p: ["align"],
  br: [],
  hr: [],
};

const VOID_TAGS = ["br", "hr"];
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:[^<>"']|"[^"]*"|'[^']*')*)>/g;

/** Raw HTML reduced to allowed tags; everything else becomes visible text. `stack` remembers what is still open. */
export function sanitizeTags(text: string, stack: string[]): string {
  let result = "";
  let at = 0;
  for (const match of text.matchAll(TAG)) {
    result += inert(text.slice(at, match.index)) + tag(match, stack);
    at = match.index + match[0].length;
  }
  return result + inert(text.slice(at));
}

/** Closes what a text left open, so that it cannot swallow the page around it. */
export function openTags(stack: readonly string[]): string {
  return [...stack]
    .reverse()
    .map((name) => `</${name}>`)
    .join("");
}

function tag([whole, slash, rawName = "", attributes = ""]: RegExpMatchArray, stack: string[]): string {
  const name = rawName.toLowerCase();
  const allowed = Object.hasOwn(ALLOWED, name) ? ALLOWED[name] : undefined;
  if (allowed === undefined) return inert(whole);
  if (slash === "/") return closing(name, stack);
  if (!VOID_TAGS.includes(name)) stack.push(name);
  return `<${name}${allowed.map((attribute) => kept(attribute, attributes)).join("")}>`;
}

/** A closing tag that nothing opened would close something of the page; it is dropped. */
function closing(name: string, stack: string[]): string {
  const at = stack.lastIndexOf(name);
  if (at < 0) return "";
  return openTags(stack.splice(at));
}

function kept(attribute: string, attributes: string): string {
  if (attribute === "open") return /(?:^|\s)open(?:\s|=|$)/i.test(attributes) ? " open" : "";
  const [, value] = /(?:^|\s)align=["']?(left|center|right)\b/i.exec(attributes) ?? [];
  return value === undefined ? "" : ` align="${value}"`;
}

/** Entities stay entities, as in Markdown; only what could start or end a tag is escaped. */
function inert(text: string): string {
  return text.replace(/[<>"']/g, escapeHtml);
}
