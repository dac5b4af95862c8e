// PEM files enter, the texts that hold now leave: whoever mounts certificates rotates them, and no runner starts anew for it.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Tls } from "./transport.ts";

export type TlsFiles = Readonly<Record<"certificate" | "key" | "authority", string | undefined>>;
export type PairTexts = { readonly certificate: string; readonly key: string };

/**
 * The texts at each call. The files are looked at each time and read when they have changed; what cannot be read, or is a certificate
 * with the key of another, changes nothing: whoever rotates may be between two of them.
 */
export function followTls(first: Tls, files: TlsFiles): () => Tls {
  return follow(first, files, (tls) => {
    new X509Certificate(tls.authority);
    return isPair(tls);
  });
}

/** The same of a certificate and its key alone, as whoever is asked shows them. */
export function followPair(first: PairTexts, files: Pick<TlsFiles, "certificate" | "key">): () => PairTexts {
  return follow(first, files, isPair);
}

function follow<Texts extends object>(first: Texts, files: Files<Texts>, isWhole: (texts: Texts) => boolean) {
  let version = versionOf(files);
  let texts = first;
  return (): Texts => {
    const found = versionOf(files);
    if (found === version) return texts;
    const next = readWhole(texts, files, isWhole);
    if (next !== undefined) [version, texts] = [found, next];
    return texts;
  };
}

type Files<Texts> = { readonly [Name in keyof Texts]?: string | undefined };

function isPair({ certificate, key }: PairTexts): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
}

/** A kubelet puts another file in the place of the last one, so its inode tells. */
function versionOf<Texts extends object>(files: Files<Texts>): string {
  const all = Object.values<string | undefined>({ ...files }).flatMap((file) => file ?? []);
  return all
    .map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map(mark)
    .join(" ");
}

function mark(stat: ReturnType<typeof statSync> | undefined): string {
  return stat === undefined ? "gone" : `${stat.ino}.${stat.mtimeMs}.${stat.size}`;
}

function readWhole<Texts extends object>(
  before: Texts,
  files: Files<Texts>,
  isWhole: (texts: Texts) => boolean,
): Texts | undefined {
  try {
    const named = Object.entries<string | undefined>({ ...files }).flatMap(([name, file]) =>
      file === undefined ? [] : [{ name, file }],
    );
    const read = named.map(({ name, file }) => [name, readFileSync(file, "utf8").trim()] as const);
    const next = { ...before, ...Object.fromEntries(read) };
    return isWhole(next) ? next : undefined;
  } catch {
    // Asked again at the next call; what it would break is told there, by whoever does not answer.
    return undefined;
  }
}
