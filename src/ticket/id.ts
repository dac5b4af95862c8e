/** Run n of a ticket executes its n-th document, counted from 0. The daemon reads the ticket's id out of it again. */
export function runId(ticketId: string, document: number): string {
  return `${ticketId}-${document}`;
}
