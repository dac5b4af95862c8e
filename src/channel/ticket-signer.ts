import { createHmac, hkdfSync } from "node:crypto";
import { CompactSign, compactVerify, errors, importJWK, type JWK } from "jose";
import type { TicketClaims } from "../ticket/claims.ts";

const TYPE = "chaosgate-ticket+jwt";
const LARGEST_TICKET = 262_144;

export type TicketSigner = {
  readonly sign: (claims: TicketClaims) => Promise<string>;
  readonly open: (compact: string) => Promise<TicketClaims | undefined>;
  readonly seed: (plan: string, environment: string) => string;
};

/** Signs with an Ed25519 private key (a JWK with `kid`), and reads back what the same key has signed. */
export async function createTicketSigner(jwk: JWK): Promise<TicketSigner> {
  const { kid, d, x } = jwk;
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || !kid || !d || !x) {
    throw new TypeError("the ticket key must be an Ed25519 private key as a JWK with kid, x and d");
  }
  const privateKey = await importJWK({ kty: "OKP", crv: "Ed25519", d, x }, "EdDSA");
  const publicKey = await importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
  const seedKey = Buffer.from(hkdfSync("sha256", Buffer.from(d, "base64url"), "", "chaosgate selection seed", 32));
  return {
    sign: (claims) =>
      new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ alg: "EdDSA", typ: TYPE, kid })
        .sign(privateKey),
    open: (compact) => open(compact, publicKey),
    seed: (plan, environment) => createHmac("sha256", seedKey).update(`${environment}\n${plan}`).digest("hex"),
  };
}

type VerifyKey = Parameters<typeof compactVerify>[1];

async function open(compact: string, key: VerifyKey): Promise<TicketClaims | undefined> {
  if (compact.length > LARGEST_TICKET) return undefined;
  try {
    const { payload, protectedHeader } = await compactVerify(compact, key, { algorithms: ["EdDSA"] });
    if (protectedHeader.typ !== TYPE) return undefined;
    return JSON.parse(new TextDecoder().decode(payload)) as TicketClaims;
  } catch (error) {
    // Not signed by this key: somebody else's deployment, or a ticket of an older key.
    if (error instanceof errors.JOSEError) return undefined;
    throw error;
  }
}
