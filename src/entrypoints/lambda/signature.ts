import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether GitHub's `x-hub-signature-256` was made over exactly these bytes with the secret. */
export function isSigned(secret: string, rawBody: Uint8Array, signature: string | undefined): boolean {
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(rawBody).digest("hex")}`);
  const given = Buffer.from(signature ?? "");
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}
