import { generateKeyPairSync } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { expect, it } from "vitest";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";

function aKey(kid = "k1") {
  return { ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }), kid };
}

const claims = { jti: "t1", plan: "p1" } as TicketClaims;

it("opens what it has signed, and says with which key", async () => {
  const signer = await createTicketSigner(aKey());
  const ticket = await signer.sign(claims);
  expect(decodeProtectedHeader(ticket)).toEqual({ alg: "EdDSA", typ: "chaosgate-ticket+jwt", kid: "k1" });
  expect(await signer.open(ticket)).toEqual(claims);
});

it("opens nothing that another key signed, or that was changed", async () => {
  const signer = await createTicketSigner(aKey());
  const foreign = await (await createTicketSigner(aKey())).sign(claims);
  const [header, , signature] = (await signer.sign(claims)).split(".");
  const changed = [header, Buffer.from('{"jti":"t2"}').toString("base64url"), signature].join(".");
  expect(await signer.open(foreign)).toBeUndefined();
  expect(await signer.open(changed)).toBeUndefined();
  expect(await signer.open("not a ticket")).toBeUndefined();
});

it("gives one plan the same seed each time, and nobody without the key can foretell it", async () => {
  const key = aKey();
  const [signer, again, foreign] = await Promise.all([
    createTicketSigner(key),
    createTicketSigner(key),
    createTicketSigner(aKey()),
  ]);
  expect(again.seed("p1", "staging")).toBe(signer.seed("p1", "staging"));
  expect(signer.seed("p1", "production")).not.toBe(signer.seed("p1", "staging"));
  expect(foreign.seed("p1", "staging")).not.toBe(signer.seed("p1", "staging"));
});

it.each([
  { name: "a public key", key: { ...aKey(), d: undefined } },
  { name: "a key without kid", key: { ...aKey(), kid: undefined } },
  { name: "an RSA key", key: { kty: "RSA", kid: "k1" } },
])("refuses $name", async ({ key }) => {
  const { d, kid, ...rest } = key as Record<string, string>;
  await expect(createTicketSigner({ ...rest, ...(d && { d }), ...(kid && { kid }) })).rejects.toThrow(
    "Ed25519 private key",
  );
});
