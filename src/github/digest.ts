import { createHash } from "node:crypto";

/** SHA-256 as hex, of a text's UTF-8 or of bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
