/** SHA-256 as lower-case hex, by port: a pure room brings no cryptography of its own. */
export type Sha256 = (data: string | Uint8Array) => string;

/** The same command for the same plan and environment is the same ticket, however often GitHub delivers it. */
export function ticketId(
  sha256: Sha256,
  of: { readonly commandNodeId: string; readonly plan: string; readonly environment: string },
): string {
  // Lengths are part of the text, so that no two different triples can be written as one.
  const text = [of.commandNodeId, of.plan, of.environment].map((part) => `${part.length}:${part}`).join("");
  return `t${sha256(text).slice(0, 20)}`;
}

/** Run n of a ticket executes its n-th document, counted from 0. */
export function runId(ticket: string, document: number): string {
  return `${ticket}-${document}`;
}
