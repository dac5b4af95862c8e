// Keys and certificates, by WebCrypto and a library that writes X.509: P-256, an authority that signs nothing but leaves, and leaves of one name
// and one purpose each.

// Before the library, whose container of parts asks for it.
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  X509Certificate as SignedCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { Leaf, Name, Period } from "./rotation.ts";

/** PEM texts; the key is PKCS #8. */
export type Pair = { readonly certificate: string; readonly key: string };

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** Clocks of nodes may be behind. */
const BACKDATED_MS = 300_000;

/** A DNS name, and what its certificate is good for. */
export type Subject = { readonly dns: string; readonly usage: ExtendedKeyUsage };
export type Subjects = Readonly<Record<Name, Subject>>;

/** What the runner asks of whom it speaks to, what a daemon asks of a caller, and by which name the API server calls a webhook. */
export function subjectsIn(namespace: string): Subjects {
  return {
    daemon: { dns: "chaosgated", usage: ExtendedKeyUsage.serverAuth },
    runner: { dns: "chaosgate-runner", usage: ExtendedKeyUsage.clientAuth },
    admission: { dns: `chaosgate-admission.${namespace}.svc`, usage: ExtendedKeyUsage.serverAuth },
  };
}

/** An authority of its own; its name has its number, so that two of them are told apart. */
export async function makeAuthority(now: number, lifeMs: number): Promise<Pair> {
  const keys = await newKeys();
  const serialNumber = newSerial();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber,
    name: `CN=chaosgate authority ${serialNumber.slice(0, 8)}`,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + lifeMs),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pemOf(keys.privateKey) };
}

/** A certificate that serves one name, and never longer than its authority does. */
export async function makeLeaf({ dns, usage }: Subject, signer: Pair, now: number, lifeMs: number): Promise<Pair> {
  const keys = await newKeys();
  const authority = new X509Certificate(signer.certificate);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerial(),
    subject: `CN=${dns}`,
    issuer: authority.subject.split("\n").join(", "),
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(Math.min(now + lifeMs, authority.validToDate.getTime())),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: await signingKey(signer.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([usage]),
      new SubjectAlternativeNameExtension([{ type: "dns", value: dns }]),
      await AuthorityKeyIdentifierExtension.create(new SignedCertificate(signer.certificate).publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pemOf(keys.privateKey) };
}

/** When a certificate is good; undefined where it is none, or the key is not its own. */
export function periodOf({ certificate, key }: Pair): Period | undefined {
  try {
    const read = new X509Certificate(certificate);
    if (!read.checkPrivateKey(createPrivateKey(key))) return undefined;
    return { from: read.validFromDate.getTime(), until: read.validToDate.getTime() };
  } catch {
    // No PEM of ours, or of nobody's.
    return undefined;
  }
}

/** A leaf as it is held: by which of these it is signed. Undefined where none signed it, or its key is not its own, or its name is another's. */
export function leafOf({ dns }: Subject, pair: Pair, authorities: ReadonlyMap<string, Pair>): Leaf | undefined {
  const period = periodOf(pair);
  if (period === undefined) return undefined;
  const read = new X509Certificate(pair.certificate);
  if (read.checkHost(dns) === undefined) return undefined;
  const [issuer] = [...authorities].find(([, { certificate }]) => isSignedBy(read, certificate)) ?? [];
  return issuer === undefined ? undefined : { ...period, issuer };
}

/** Names an authority for as long as it lives. */
export function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256;
}

function isSignedBy(leaf: X509Certificate, authority: string): boolean {
  const { publicKey } = new X509Certificate(authority);
  return leaf.verify(publicKey);
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** 20 octets at most, and positive (RFC 5280, 4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

async function signingKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, false, ["sign"]);
}

async function pemOf(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key));
  return createPrivateKey({ key: der, type: "pkcs8", format: "der" })
    .export({ type: "pkcs8", format: "pem" })
    .toString();
}
