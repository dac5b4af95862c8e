// PEM files enter, the texts that hold now leave: whoever mounts certificates rotates them, and no runner starts anew for it.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Tls } from "./transport.ts";

type Names = "certificate" | "key" | "authority";

export type TlsFiles = Readonly<Record<Names, string | undefined>>;

/**
 * The texts at each call. The files are looked at each time and read when they have changed; what cannot be read, or is a certificate
 * with the key of another, changes nothing: whoever rotates may be between two of them.
 */
export function followTls(first: Tls, files: TlsFiles): () => Tls {
  let version = versionOf(files);
  let tls = first;
  return () => {
    const found = versionOf(files);
    if (found === version) return tls;
    const next = readWhole(tls, files);
    if (next !== undefined) [version, tls] = [found, next];
    return tls;
  };
}

/** A kubelet puts another file in the place of the last one, so its inode tells. */
function versionOf(files: TlsFiles): string {
  const all = Object.values(files).flatMap((file) => file ?? []);
  return all
    .map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }))
    .map(mark)
    .join(" ");
}

function mark(stat: ReturnType<typeof statSync> | undefined): string {
  return stat === undefined ? "gone" : `${stat.ino}.${stat.mtimeMs}.${stat.size}`;
}

function readWhole(before: Tls, files: TlsFiles): Tls | undefined {
  try {
    const read = (name: Names) => (files[name] === undefined ? before[name] : readFileSync(files[name], "utf8").trim());
    const next = { ...before, certificate: read("certificate"), key: read("key"), authority: read("authority") };
    new X509Certificate(next.authority);
    return new X509Certificate(next.certificate).checkPrivateKey(createPrivateKey(next.key)) ? next : undefined;
  } catch {
    // Asked again at the next call; what it would break is told there, by the daemon that does not answer.
    return undefined;
  }
}
