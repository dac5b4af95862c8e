import { createHash } from "node:crypto";
import { importJWK, type JWK, SignJWT } from "jose";

export type RequestSigner = {
  /** A bearer token for exactly this request, good for a minute. */
  readonly sign: (method: string, path: string, body: string, nowMs: number) => Promise<string>;
};

const TYPE = "chaosgate-runner+jwt";
const LIFETIME_SECONDS = 60;

/** Signs a runner's requests with its Ed25519 private key, whose public half is pinned in the settings. */
export async function createRequestSigner(jwk: JWK, runner: string, clusterId: string): Promise<RequestSigner> {
  if (jwk.kty !== "OKP" || jwk.crv !== "Ed25519" || !jwk.d) {
    throw new TypeError("the runner's key must be an Ed25519 private key as a JWK with x and d");
  }
  const key = await importJWK(jwk, "EdDSA");
  return {
    sign: (method, path, body, nowMs) => {
      const issuedAt = Math.floor(nowMs / 1000);
      return new SignJWT({ method, path, body_sha256: createHash("sha256").update(body).digest("hex") })
        .setProtectedHeader({ alg: "EdDSA", typ: TYPE })
        .setIssuer(runner)
        .setSubject(clusterId)
        .setAudience("chaosgate")
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + LIFETIME_SECONDS)
        .sign(key);
    },
  };
}
