import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect as connectHttp2, createSecureServer } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { rotate, type Secrets, type Site } from "../../src/certificates/rotate.ts";
import { TERMS } from "../../src/certificates/rotation.ts";
import { subjectsIn } from "../../src/certificates/x509.ts";

const NOW = Date.parse("2026-11-27T00:00:00Z");
const DAY = 86_400_000;

type Stored = Map<string, { version: number; values: Readonly<Record<string, string>> }>;

/** Secrets as an API server keeps them; `writes` counts down to an interruption. */
function store(writes = Number.POSITIVE_INFINITY): { stored: Stored; secrets: Secrets; allow: (more: number) => void } {
  let left = writes;
  const names = ["chaosgate-authority", "chaosgate-daemon-tls", "chaosgate-runner-tls", "chaosgate-admission-tls"];
  const stored: Stored = new Map(names.map((name) => [name, { version: 1, values: {} }]));
  const at = (name: string) => {
    const found = stored.get(name);
    if (found === undefined) throw new Error(`no secret ${name}`);
    return found;
  };
  const secrets: Secrets = {
    read: async (name) => ({ version: String(at(name).version), values: at(name).values }),
    write: async (name, version, values) => {
      if (version !== String(at(name).version)) throw new Error("conflict");
      if (left-- <= 0) throw new Error("interrupted");
      stored.set(name, { version: at(name).version + 1, values: { ...at(name).values, ...values } });
    },
  };
  return { stored, secrets, allow: (more) => (left = more) };
}

const subjects = subjectsIn("chaosgate");
const siteOf = (secrets: Secrets): Site => ({ secrets, subjects });

const textOf = (stored: Stored, name: string, key: string) => stored.get(`chaosgate-${name}-tls`)?.values[key] ?? "";

describe("certificates", () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function asFiles(stored: Stored, name: string) {
    const folder = mkdtempSync(join(tmpdir(), "chaosgate-certificates-"));
    folders.push(folder);
    for (const key of ["tls.crt", "tls.key", "ca.crt"]) writeFileSync(join(folder, key), textOf(stored, name, key));
    return (key: string) => join(folder, key);
  }

  it.each([
    { name: "daemon", purpose: "sslserver", other: "sslclient", host: "chaosgated" },
    { name: "runner", purpose: "sslclient", other: "sslserver", host: "chaosgate-runner" },
  ])(
    "are good by OpenSSL's judgement, the $name's for its name and purpose alone",
    async ({ name, purpose, other, host }) => {
      const { stored, secrets } = store();
      await rotate(siteOf(secrets), Date.now(), TERMS);
      const file = asFiles(stored, name);
      const verify = (...words: string[]) =>
        execFileSync("openssl", ["verify", "-x509_strict", "-CAfile", file("ca.crt"), ...words, file("tls.crt")], {
          stdio: "pipe",
        });
      expect(verify("-purpose", purpose, "-verify_hostname", host).toString()).toContain("OK");
      expect(() => verify("-purpose", other)).toThrow(/purpose/);
      expect(() => verify("-verify_hostname", "localhost")).toThrow(/mismatch/);
      const key = execFileSync("openssl", ["pkey", "-in", file("tls.key"), "-pubout"]).toString();
      expect(execFileSync("openssl", ["x509", "-in", file("tls.crt"), "-noout", "-pubkey"]).toString()).toBe(key);
    },
  );

  it("let a runner and a daemon speak with each other, and nobody of another authority", async () => {
    const [ours, theirs] = [store(), store()];
    for (const { secrets } of [ours, theirs]) await rotate(siteOf(secrets), Date.now(), TERMS);
    const shown = ({ stored }: typeof ours, name: string) => ({
      cert: textOf(stored, name, "tls.crt"),
      key: textOf(stored, name, "tls.key"),
      ca: textOf(stored, name, "ca.crt"),
    });
    const server = createSecureServer({ ...shown(ours, "daemon"), requestCert: true, rejectUnauthorized: true });
    server.on("stream", (stream) => stream.end("heard"));
    server.on("sessionError", () => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    const answer = (who: typeof ours) =>
      new Promise<string>((resolve) => {
        const session = connectHttp2(`https://127.0.0.1:${port}`, {
          ...shown(who, "runner"),
          servername: "chaosgated",
        });
        const say = (text: string) => {
          session.destroy();
          resolve(text);
        };
        session.on("error", ({ message }) => say(message));
        const stream = session.request({ ":path": "/" });
        stream
          .setEncoding("utf8")
          .on("data", say)
          .on("error", ({ message }) => say(message));
      });
    try {
      expect(await answer(ours)).toBe("heard");
      expect(await answer(theirs)).not.toBe("heard");
    } finally {
      server.close();
    }
  });

  it("are made once, renewed after two thirds of their life, and left alone between", async () => {
    const { stored, secrets } = store();
    const first = await rotate(siteOf(secrets), NOW, TERMS);
    expect(first).toEqual([
      "made an authority",
      "renewed the daemon's certificate",
      "renewed the runner's certificate",
    ]);
    const before = textOf(stored, "daemon", "tls.crt");
    for (const day of [0, 1, 10, 19]) expect(await rotate(siteOf(secrets), NOW + day * DAY, TERMS)).toEqual([]);
    expect(textOf(stored, "daemon", "tls.crt")).toBe(before);
    expect(await rotate(siteOf(secrets), NOW + 20 * DAY, TERMS)).toEqual([
      "renewed the daemon's certificate",
      "renewed the runner's certificate",
    ]);
    expect(textOf(stored, "daemon", "tls.crt")).not.toBe(before);
  });

  it("pass from one authority to the next with both believed between", async () => {
    const { stored, secrets } = store();
    const believed = () => textOf(stored, "runner", "ca.crt").split("BEGIN CERTIFICATE").length - 1;
    const counts: number[] = [];
    for (let day = 0; day <= 500; day += 1) {
      await rotate(siteOf(secrets), NOW + day * DAY, TERMS);
      if (counts.at(-1) !== believed()) counts.push(believed());
    }
    expect(counts).toEqual([1, 2, 1]);
  }, 60_000);

  it("come to the same end wherever a round is interrupted", async () => {
    for (let writes = 0; writes < 4; writes += 1) {
      const { stored, secrets, allow } = store(writes);
      await expect(rotate(siteOf(secrets), NOW, TERMS)).rejects.toThrow("interrupted");
      allow(Number.POSITIVE_INFINITY);
      await rotate(siteOf(secrets), NOW + DAY, TERMS);
      expect(await rotate(siteOf(secrets), NOW + 2 * DAY, TERMS)).toEqual([]);
      expect(textOf(stored, "daemon", "ca.crt")).toBe(textOf(stored, "runner", "ca.crt"));
      expect(textOf(stored, "daemon", "ca.crt").split("BEGIN CERTIFICATE")).toHaveLength(2);
    }
  });

  it("are not written over what somebody else wrote meanwhile", async () => {
    const { secrets } = store();
    const racing: Secrets = {
      ...secrets,
      read: async (name) => {
        const read = await secrets.read(name);
        await secrets.write(name, read.version, {});
        return read;
      },
    };
    await expect(rotate(siteOf(racing), NOW, TERMS)).rejects.toThrow("conflict");
  });

  it("that are unreadable, or have another's key, are made anew", async () => {
    const { stored, secrets } = store();
    await rotate(siteOf(secrets), NOW, TERMS);
    const spoil = (name: string, values: Readonly<Record<string, string>>) => {
      const secret = stored.get(`chaosgate-${name}-tls`);
      if (secret !== undefined)
        stored.set(`chaosgate-${name}-tls`, { ...secret, values: { ...secret.values, ...values } });
    };
    spoil("daemon", { "tls.crt": "not PEM" });
    spoil("runner", { "tls.key": textOf(stored, "daemon", "tls.key") });
    expect(await rotate(siteOf(secrets), NOW, TERMS)).toEqual([
      "renewed the daemon's certificate",
      "renewed the runner's certificate",
    ]);
    expect(await rotate(siteOf(secrets), NOW, TERMS)).toEqual([]);
  });

  it("are not begun anew over authorities that cannot be read", async () => {
    const { stored, secrets } = store();
    stored.set("chaosgate-authority", { version: 1, values: { "authorities.json": "{" } });
    await expect(rotate(siteOf(secrets), NOW, TERMS)).rejects.toThrow(
      /holds no list of authorities under authorities.json; restore it/,
    );
    expect(textOf(stored, "daemon", "tls.crt")).toBe("");
  });

  describe("of the webhook", () => {
    /** What API servers believe, which this counts the writes of. */
    function asked() {
      const believed = { version: 1, authorities: "" };
      const webhook = {
        read: async () => ({ version: String(believed.version), authorities: believed.authorities }),
        write: async (version: string, authorities: string) => {
          if (version !== String(believed.version)) throw new Error("conflict");
          Object.assign(believed, { version: believed.version + 1, authorities });
        },
      };
      return { believed, webhook };
    }

    it("are for its service's name, and believed by API servers before they are shown", async () => {
      const [{ stored, secrets }, { believed, webhook }] = [store(), asked()];
      const shownFirst: string[] = [];
      const watched = {
        ...secrets,
        write: async (name: string, version: string, values: Readonly<Record<string, string>>) => {
          if (name === "chaosgate-admission-tls" && believed.authorities === "") shownFirst.push(name);
          await secrets.write(name, version, values);
        },
      };
      const said = await rotate({ ...siteOf(watched), webhook }, Date.now(), TERMS);
      expect(said).toContain("renewed the admission's certificate");
      expect(said).toContain("gave API servers the authorities of now");
      expect(shownFirst).toEqual([]);
      const leaf = new X509Certificate(textOf(stored, "admission", "tls.crt"));
      expect(leaf.checkHost("chaosgate-admission.chaosgate.svc")).toBeDefined();
      expect(leaf.checkHost("chaosgated")).toBeUndefined();
      expect(leaf.verify(new X509Certificate(believed.authorities).publicKey)).toBe(true);
      expect(await rotate({ ...siteOf(secrets), webhook }, Date.now(), TERMS)).toEqual([]);
    });

    it("pass from one authority to the next without a day on which API servers refuse them", async () => {
      const [{ stored, secrets }, { believed, webhook }] = [store(), asked()];
      const issuers = new Set<string>();
      for (let day = 0; day <= 500; day += 1) {
        const shownBefore = textOf(stored, "admission", "tls.crt");
        await rotate({ ...siteOf(secrets), webhook }, NOW + day * DAY, TERMS);
        const authorities = believed.authorities.split(/(?<=-----END CERTIFICATE-----\n)/).filter((pem) => pem !== "");
        // Pods that have not read the new one yet show the one of before.
        for (const shown of [shownBefore, textOf(stored, "admission", "tls.crt")].filter((pem) => pem !== "")) {
          const leaf = new X509Certificate(shown);
          const by = authorities.find((pem) => leaf.verify(new X509Certificate(pem).publicKey));
          expect({ day, by }).toEqual({ day, by: expect.stringContaining("BEGIN") });
          issuers.add(by ?? "");
        }
      }
      expect(issuers.size).toBe(2);
    }, 60_000);

    it("keep nobody else from theirs where API servers cannot be told, and are not handed to a new authority then", async () => {
      const [{ stored, secrets }, { webhook }] = [store(), asked()];
      await rotate({ ...siteOf(secrets), webhook }, NOW, TERMS);
      const gone = { ...webhook, read: () => Promise.reject(new Error("no such configuration")) };
      const [daemon, admission] = ["daemon", "admission"].map((name) => textOf(stored, name, "tls.crt"));
      for (const day of [500, 502, 504])
        await expect(rotate({ ...siteOf(secrets), webhook: gone }, NOW + day * DAY, TERMS)).rejects.toThrow("no such");
      const renewed = new X509Certificate(textOf(stored, "daemon", "tls.crt"));
      expect(renewed.raw).not.toEqual(new X509Certificate(daemon ?? "").raw);
      expect(renewed.issuer).toBe(new X509Certificate(daemon ?? "").issuer);
      expect(textOf(stored, "admission", "tls.crt")).toBe(admission);
    });

    it("are neither made nor looked at where nobody is asked", async () => {
      const { stored, secrets } = store();
      stored.delete("chaosgate-admission-tls");
      expect(await rotate(siteOf(secrets), NOW, TERMS)).toHaveLength(3);
    });
  });
});
