import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TERMS } from "../../src/certificates/rotation.ts";
import { makeAuthority, makeLeaf, type Pair, subjectsIn } from "../../src/certificates/x509.ts";
import { followPair, followTls } from "../../src/daemon/tls-files.ts";

describe("certificates in files", () => {
  let folder: string;
  let authority: Pair;
  const file = (name: string) => join(folder, name);
  const files = () => ({ certificate: file("tls.crt"), key: file("tls.key"), authority: file("ca.crt") });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "chaosgate-tls-"));
    authority = await makeAuthority(Date.now(), TERMS.authorityMs);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const leaf = () => makeLeaf(subjectsIn("chaosgate").runner, authority, Date.now(), TERMS.leafMs);

  /** As a kubelet does: another file in the place of the last one. */
  function put(name: string, text: string): void {
    writeFileSync(file(`.${name}`), text);
    renameSync(file(`.${name}`), file(name));
  }

  function putAll({ certificate, key }: Pair): void {
    put("tls.crt", certificate);
    put("tls.key", key);
    put("ca.crt", authority.certificate);
  }

  async function followed() {
    const first = await leaf();
    putAll(first);
    const texts = {
      certificate: first.certificate,
      key: first.key,
      authority: authority.certificate,
      serverName: "chaosgated",
    };
    return { texts, follow: followTls(texts, files()) };
  }

  it("are the same object while nothing changes, and read again when something has", async () => {
    const { texts, follow } = await followed();
    expect(follow()).toBe(texts);
    const next = await leaf();
    putAll(next);
    const now = follow();
    expect(now).toMatchObject({ certificate: next.certificate.trim(), key: next.key.trim(), serverName: "chaosgated" });
    expect(follow()).toBe(now);
  });

  it("change nothing while they do not fit each other, cannot be read, or are gone", async () => {
    const { texts, follow } = await followed();
    const next = await leaf();
    put("tls.crt", next.certificate);
    expect(follow()).toBe(texts);
    put("tls.crt", "not PEM");
    expect(follow()).toBe(texts);
    rmSync(file("tls.crt"));
    expect(follow()).toBe(texts);
    putAll(next);
    expect(follow()).toMatchObject({ key: next.key.trim() });
  });

  it("are never read where none was named", async () => {
    const { texts } = await followed();
    const follow = followTls(texts, { certificate: undefined, key: undefined, authority: undefined });
    putAll(await leaf());
    expect(follow()).toBe(texts);
  });

  it("are followed without an authority where nobody is asked for one", async () => {
    const { texts } = await followed();
    const { certificate, key } = texts;
    const follow = followPair({ certificate, key }, { certificate: file("tls.crt"), key: file("tls.key") });
    const next = await leaf();
    put("tls.crt", next.certificate);
    expect(follow()).toEqual({ certificate, key });
    put("tls.key", next.key);
    expect(follow()).toEqual({ certificate: next.certificate.trim(), key: next.key.trim() });
  });
});
