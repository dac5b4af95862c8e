// Every secret of the embedded default, made fresh for each start and kept in one folder that only its owner can read.

import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Keys = {
  readonly folder: string;
  /** Bot: private key that signs tickets (JWK file), and the public set that runner and daemon verify with (JWKS file). */
  readonly ticketKeyFile: string;
  readonly ticketKeysFile: string;
  /** Runner: private key that signs its channel requests, and the `x` that the repository's settings pin. */
  readonly runnerKeyFile: string;
  readonly runnerPublicKey: string;
  /** GitHub App: private key (PEM file), its public half, and the webhook secret (file and value). */
  readonly appKeyFile: string;
  readonly appPublicKey: string;
  readonly webhookSecretFile: string;
  readonly webhookSecret: string;
  /** mTLS between runner and daemon. */
  readonly caFile: string;
  readonly daemon: { readonly certFile: string; readonly keyFile: string };
  readonly runner: { readonly certFile: string; readonly keyFile: string };
};

/** Makes all keys under `folder`; certificates by the openssl command, valid for two days. */
export function makeKeys(folder: string): Keys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ticket = ed25519();
  const runner = ed25519();
  const app = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const webhookSecret = randomBytes(32).toString("hex");
  const ca = authority(folder);
  return {
    folder,
    ticketKeyFile: save(folder, "ticket-key.jwk", JSON.stringify(ticket.privateJwk)),
    ticketKeysFile: save(folder, "ticket-keys.json", JSON.stringify({ keys: [ticket.publicJwk] })),
    runnerKeyFile: save(folder, "runner-key.jwk", JSON.stringify(runner.privateJwk)),
    runnerPublicKey: String(runner.publicJwk.x),
    appKeyFile: save(folder, "app.pem", app.privateKey.export({ type: "pkcs1", format: "pem" }).toString()),
    appPublicKey: app.publicKey.export({ type: "spki", format: "pem" }).toString(),
    webhookSecretFile: save(folder, "webhook-secret", webhookSecret),
    webhookSecret,
    caFile: ca.certFile,
    daemon: certificate(folder, "daemon", ca, {
      usage: "serverAuth",
      san: "DNS:localhost,DNS:chaosgated,IP:127.0.0.1",
    }),
    runner: certificate(folder, "runner", ca, { usage: "clientAuth", san: "DNS:chaosgate-runner" }),
  };
}

type SigningPair = { readonly privateJwk: JsonWebKey; readonly publicJwk: JsonWebKey };

/** An Ed25519 pair as JWKs whose `kid` is the RFC 7638 thumbprint of the public one. */
function ed25519(): SigningPair {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const kid = thumbprint(publicKey);
  const marks = { kid, alg: "EdDSA", use: "sig" };
  return {
    privateJwk: { ...privateKey.export({ format: "jwk" }), ...marks },
    publicJwk: { ...publicKey.export({ format: "jwk" }), ...marks },
  };
}

function thumbprint(publicKey: KeyObject): string {
  const { crv, kty, x } = publicKey.export({ format: "jwk" });
  return createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
}

function save(folder: string, name: string, content: string): string {
  const file = join(folder, name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
}

type Pair = { readonly certFile: string; readonly keyFile: string };

const NEW_EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

function authority(folder: string): Pair {
  const [certFile, keyFile] = [join(folder, "ca.crt"), join(folder, "ca.key")];
  openssl(
    "req",
    "-x509",
    ...NEW_EC_KEY,
    "-keyout",
    keyFile,
    "-out",
    certFile,
    "-days",
    "2",
    "-subj",
    "/CN=chaosgate-local-ca",
  );
  return { certFile, keyFile };
}

type Subject = { readonly usage: "serverAuth" | "clientAuth"; readonly san: string };

function certificate(folder: string, name: string, ca: Pair, { usage, san }: Subject): Pair {
  const at = (ending: string): string => join(folder, `${name}.${ending}`);
  writeFileSync(
    at("ext"),
    `subjectAltName=${san}\nextendedKeyUsage=${usage}\nkeyUsage=digitalSignature\nbasicConstraints=CA:FALSE\n`,
  );
  openssl("req", ...NEW_EC_KEY, "-keyout", at("key"), "-out", at("csr"), "-subj", `/CN=chaosgate-${name}`);
  const signer = ["-CA", ca.certFile, "-CAkey", ca.keyFile, "-CAcreateserial"];
  openssl("x509", "-req", "-in", at("csr"), ...signer, "-out", at("crt"), "-days", "2", "-extfile", at("ext"));
  return { certFile: at("crt"), keyFile: at("key") };
}

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
