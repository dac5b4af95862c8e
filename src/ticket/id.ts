/** Run n of a ticket executes its n-th document, counted from 0. The daemon reads the ticket's id out of it again. */
export function runId(ticketId: string, document: number): string {
  return `${ticketId}-${document}`;
}

/** The key id (`kid`) in the header of a compact JWS whose signature was verified; undefined where it names none. */
export function keyIdOf(ticket: string): string | undefined {
  const [header = ""] = ticket.split(".");
  try {
    const { kid } = JSON.parse(Buffer.from(header, "base64url").toString("utf8")) as { readonly kid?: unknown };
    return typeof kid === "string" ? kid : undefined;
  } catch {
    // No header at all: there is nothing that it could name.
    return undefined;
  }
}
