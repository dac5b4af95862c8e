import { yamlString } from "../text/quote.ts";
import type { Span } from "../yaml/node.ts";
import { resolvePlain } from "../yaml/plain-scalar.ts";

/** Text that takes the place of a span of the source. */
export type Edit = { readonly span: Span; readonly text: string };

/** The text with all edits made; of two that overlap, the one that begins first is made and the other is left out. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const pieces: string[] = [];
  let done = 0;
  for (const { span, text: replacement } of [...edits].sort((a, b) => a.span.start - b.span.start)) {
    if (span.start < done) continue;
    pieces.push(text.slice(done, span.start), replacement);
    done = span.end;
  }
  return pieces.join("") + text.slice(done);
}

/** A name as a YAML text, in quotes where YAML would read something else. */
export function scalarOf(name: string): string {
  return resolvePlain(name).kind === "string" ? name : yamlString(name);
}
