/** SHA-256 as lower-case hex, by port: a pure room brings no cryptography of its own. */
export type Sha256 = (data: string | Uint8Array) => string;

/** Run n of a ticket executes its n-th document, counted from 0. The daemon reads the ticket's id out of it again. */
export function runId(ticketId: string, document: number): string {
  return `${ticketId}-${document}`;
}
