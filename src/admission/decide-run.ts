// A ChaosRun that somebody creates enters, and what the bot's signature says of its ticket; whether the cluster takes it leaves. A ticket
// that has expired, or is another cluster's, is taken: its refusal is put on record as a run that never began.

import { messageOf } from "../errors.ts";
import type { JsonValue } from "../manifest/object/object-node.ts";
import { parseClaims } from "../ticket/parse.ts";
import type { Decision } from "./decide.ts";

/** What was signed; rejects where the signature is not the bot's. */
export type Verify = (compact: string) => Promise<unknown>;

type Fields = { readonly [key: string]: JsonValue | undefined };

/** Takes a run that comes with the ticket after which it is named, signed by a key that this cluster knows. */
export async function decideRun(object: Fields, verify: Verify): Promise<Decision> {
  const { ticket, document, signed } = fieldsOf(fieldsOf(object.spec).run);
  if (typeof signed !== "string")
    return refused(
      "a ChaosRun comes from a ticket that the bot signed, and this one has none: give /chaos run on a pull request",
    );
  try {
    const parsed = parseClaims(await verify(signed));
    if (parsed.kind === "malformed") return refused(...parsed.problems);
    const { jti, documents, kind } = parsed.claims;
    if (jti !== ticket) return refused(`its ticket is ${jti}, and it is named after ${String(ticket)}`);
    // A run of a schedule is numbered by the second when it was due.
    const isKnown =
      kind === "standing" ? /^\d{1,10}$/.test(String(document)) : documents[Number(document)] !== undefined;
    if (!isKnown) return refused(`its ticket has no document ${String(document)}`);
    return { allowed: true };
  } catch (thrown) {
    // Whoever made it up is told, and nothing has happened.
    return refused(messageOf(thrown));
  }
}

function refused(...why: readonly string[]): Decision {
  return { allowed: false, why };
}

function fieldsOf(value: JsonValue | undefined): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}
