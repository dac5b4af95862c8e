import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { messageOf } from "../../errors.ts";
import { print } from "./terminal.ts";
import { WrongWords } from "./words.ts";

/** `chaosgate key FILE`: the private half into FILE for its owner alone, the public half as a JWKS to standard output. */
export function keyCommand([file, ...more]: readonly string[]): number {
  if (file === undefined || more.length > 0) throw new WrongWords("key takes one file, which it makes");
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { crv, kty, x } = publicKey.export({ format: "jwk" });
  // A name that says nothing and that no other key has.
  const marks = { kid: String(x).slice(0, 16), alg: "EdDSA", use: "sig" };
  try {
    // A key that is there already may be in use: it is never overwritten.
    const secret = { ...privateKey.export({ format: "jwk" }), ...marks };
    writeFileSync(file, `${JSON.stringify(secret)}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new WrongWords(`cannot make ${file}: ${whyNot(error)}`);
  }
  print(`${JSON.stringify({ keys: [{ kty, crv, x, ...marks }] })}\n`);
  return 0;
}

function whyNot(error: unknown): string {
  const isThere = error instanceof Error && "code" in error && error.code === "EEXIST";
  return isThere ? "it is there already, and a key is never overwritten; name another file" : messageOf(error);
}
