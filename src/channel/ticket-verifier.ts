// A compact ticket enters; what was signed leaves, or a refusal. Strict where JOSE is generous: one algorithm, one type, a key that
// is known by name, no extensions. What the claims say is judged elsewhere.

import { compactVerify, createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet } from "jose";
import { AppError, messageOf } from "../errors.ts";

export type TicketVerifier = {
  /** Rejects with `TICKET_REFUSED`. */
  readonly verify: (compact: string) => Promise<unknown>;
};

const TYPE = "chaosgate-ticket+jwt";
const LARGEST_TICKET = 262_144;

/** Verifies tickets by the bot's public keys. */
export function createTicketVerifier(keys: JSONWebKeySet): TicketVerifier {
  const known = createLocalJWKSet(keys);
  return {
    async verify(compact) {
      if (compact.length > LARGEST_TICKET)
        throw refusal(`it has ${compact.length} characters, ${LARGEST_TICKET} are read`);
      try {
        const { kid, typ, crit } = decodeProtectedHeader(compact);
        if (typ !== TYPE) throw refusal(`its type is ${String(typ)} and not ${TYPE}`);
        if (typeof kid !== "string") throw refusal("its header names no key");
        if (crit !== undefined) throw refusal("its header demands an extension");
        const { payload } = await compactVerify(compact, known, { algorithms: ["EdDSA"] });
        return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
      } catch (thrown) {
        throw thrown instanceof AppError ? thrown : refusal(messageOf(thrown), thrown);
      }
    },
  };
}

function refusal(why: string, cause?: unknown): AppError {
  const message = `could not accept a ticket: ${why}; compare the runner's CHAOSGATE_TICKET_KEYS with the bot's key`;
  return new AppError("TICKET_REFUSED", message, { cause });
}
