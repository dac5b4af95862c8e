import { createHash, generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import type { ChannelRequest } from "../../src/channel/verify-request.ts";

export const CLUSTER = "cluster-1";

type Signing = {
  readonly cluster?: string;
  readonly at?: number;
  readonly life?: number;
  readonly typ?: string;
  readonly aud?: string;
};

/** A runner's Ed25519 pair: `x` is what settings pin, `request` signs as the protocol says. */
export function runnerKey() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return {
    x: String(publicKey.export({ format: "jwk" }).x),
    jwk: privateKey.export({ format: "jwk" }),
    async request(path: string, body: unknown, signing: Signing = {}): Promise<ChannelRequest> {
      const { cluster = CLUSTER, at = 1_000_000, life = 60, typ = "chaosgate-runner+jwt", aud = "chaosgate" } = signing;
      const rawBody = Buffer.from(JSON.stringify(body));
      const claims = { method: "POST", path, body_sha256: createHash("sha256").update(rawBody).digest("hex") };
      const token = await new SignJWT(claims)
        .setProtectedHeader({ alg: "EdDSA", typ })
        .setIssuer("runner-1")
        .setSubject(cluster)
        .setAudience(aud)
        .setIssuedAt(at)
        .setExpirationTime(at + life)
        .sign(privateKey);
      return { method: "POST", path, headers: { authorization: `Bearer ${token}` }, rawBody };
    },
  };
}
