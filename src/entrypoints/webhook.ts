// A webhook as it came: verified over its raw bytes, and cut to what somebody handles. The server and the function hear the same.

import { createHmac, timingSafeEqual } from "node:crypto";
import { type Delivery, deliveriesOf } from "../github/delivery.ts";

export type Webhook = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly rawBody: Buffer;
};

export type Heard =
  | { readonly kind: "refused"; readonly status: number; readonly error: string }
  | { readonly kind: "heard"; readonly id: string; readonly deliveries: readonly Delivery[] };

/** Hears a webhook; what nobody handles is heard as nothing. */
export function hear(secret: string, { method, headers, rawBody }: Webhook): Heard {
  const header = (name: string) => String(headers[name] ?? "");
  if (method !== "POST") return { kind: "refused", status: 405, error: "a webhook is a POST" };
  if (!isSigned(secret, rawBody, header("x-hub-signature-256")))
    return { kind: "refused", status: 401, error: "the signature is not of this body" };
  const id = header("x-github-delivery");
  return { kind: "heard", id, deliveries: deliveriesOf(id, header("x-github-event"), payloadOf(rawBody)) };
}

/** Whether GitHub's `x-hub-signature-256` was made over exactly these bytes with the secret. */
function isSigned(secret: string, rawBody: Uint8Array, signature: string): boolean {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(rawBody).digest("hex")}`);
  const given = Buffer.from(signature);
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}

function payloadOf(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString("utf8"));
  } catch {
    // Signed by GitHub and not JSON: the app is set to another content type, and nothing can be done with it.
    return undefined;
  }
}
