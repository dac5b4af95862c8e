// A runner's signed request enters; which of the pinned keys signed exactly these bytes leaves. A request can be replayed within
// its minute: claims only read, reports carry a rising sequence and previews are idempotent, so no memory of ids is kept.

import { createHash } from "node:crypto";
import { decodeJwt, errors, importJWK, jwtVerify } from "jose";
import type { Pin } from "../run/desk.ts";

export type ChannelRequest = {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly rawBody: Uint8Array;
};

const TYPE = "chaosgate-runner+jwt";
const AUDIENCE = "chaosgate";
const LONGEST_TOKEN = 4096;
const LONGEST_LIFE_SECONDS = 60;
/** How far the clocks of runner and bot may differ. */
const CLOCK_SKEW_SECONDS = 10;

/** The compact JWS of a request; undefined when there is none or it cannot be one. */
export function tokenOf({ headers }: ChannelRequest): string | undefined {
  const match = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(headers.authorization ?? "");
  const token = match?.[1];
  return token === undefined || token.length > LONGEST_TOKEN ? undefined : token;
}

/** The cluster a token says it speaks for. Unverified: good only for looking up the keys to verify it with. */
export function claimedCluster(token: string): string | undefined {
  try {
    return decodeJwt(token).sub;
  } catch {
    // Three dotted words that are not a JWT are as good as no token.
    return undefined;
  }
}

/** The pins whose key signed this very request, now, for this cluster. */
export async function pinsThatSigned(
  token: string,
  request: ChannelRequest,
  pins: readonly Pin[],
  nowMs: number,
): Promise<readonly Pin[]> {
  const cluster = claimedCluster(token);
  const candidates = pins.filter(({ clusterId }) => clusterId === cluster);
  const signed = new Map<string, boolean>();
  for (const runnerKey of new Set(candidates.map((pin) => pin.runnerKey))) {
    signed.set(runnerKey, await signedBy(runnerKey, token, request, nowMs));
  }
  return candidates.filter((pin) => signed.get(pin.runnerKey) === true);
}

async function signedBy(x: string, token: string, request: ChannelRequest, nowMs: number): Promise<boolean> {
  try {
    const key = await importJWK({ kty: "OKP", crv: "Ed25519", x }, "EdDSA");
    const { payload } = await jwtVerify(token, key, {
      algorithms: ["EdDSA"],
      typ: TYPE,
      audience: AUDIENCE,
      requiredClaims: ["iss", "sub", "iat", "exp", "method", "path", "body_sha256"],
      maxTokenAge: LONGEST_LIFE_SECONDS,
      clockTolerance: CLOCK_SKEW_SECONDS,
      currentDate: new Date(nowMs),
    });
    return isAbout(payload, request) && (payload.exp ?? 0) - (payload.iat ?? 0) <= LONGEST_LIFE_SECONDS;
  } catch (error) {
    // Every refusal of the library (signature, type, age, audience) means the same here; anything else is our own bug.
    if (error instanceof errors.JOSEError || error instanceof TypeError || error instanceof DOMException) return false;
    throw error;
  }
}

function isAbout(payload: Readonly<Record<string, unknown>>, { method, path, rawBody }: ChannelRequest): boolean {
  const digest = createHash("sha256").update(rawBody).digest("hex");
  return payload.method === method && payload.path === path && payload.body_sha256 === digest;
}
