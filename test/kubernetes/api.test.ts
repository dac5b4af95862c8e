import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeKeys } from "../../src/entrypoints/playground/keys.ts";
import { type Api, openApi } from "../../src/kubernetes/api.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe("the way to an API server", () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-api-"));
  let tls: { cert: string; key: string };
  let caFile: string;
  let server: Server | undefined;
  let connections = 0;

  beforeAll(() => {
    const keys = makeKeys(join(folder, "keys"));
    const { certFile, keyFile } = keys.daemon;
    tls = { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
    ({ caFile } = keys);
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function apiOf(handler: Handler): Promise<Api> {
    connections = 0;
    const listening = createServer(tls, handler);
    server = listening;
    listening.on("secureConnection", () => {
      connections += 1;
    });
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    const { port } = listening.address() as AddressInfo;
    const cluster = { server: `https://127.0.0.1:${port}`, "certificate-authority": caFile };
    const config = {
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(join(folder, "kubeconfig"), JSON.stringify(config));
    return openApi({ kubeconfig: join(folder, "kubeconfig") }, 15_000);
  }

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const ok = (response: ServerResponse) =>
    void response.writeHead(200, { "content-type": "application/json" }).end('{"fine":true}');
  const asking = (api: Api) => api.ask({ method: "GET", path: "/api/v1/pods" });

  it("is one connection for requests that follow each other", async () => {
    const api = await apiOf((_, response) => ok(response));
    for (let n = 0; n < 20; n += 1) expect(await asking(api)).toEqual({ status: 200, body: { fine: true } });
    expect(connections).toBe(1);
  });

  it("is 64 requests wide, and the rest wait without their time running", async () => {
    const held: ServerResponse[] = [];
    const api = await apiOf((_, response) => void held.push(response));
    const answers = Promise.all(Array.from({ length: 100 }, () => asking(api)));
    const seen: number[] = [];
    for (let answered = 0; answered < 100; ) {
      const width = Math.min(64, 100 - answered);
      while (held.length < width) await pause(5);
      // Whoever slipped through the gate would be here by now.
      await pause(50);
      seen.push(held.length);
      answered += held.length;
      for (const response of held.splice(0)) ok(response);
    }
    expect(seen).toEqual([64, 36]);
    expect((await answers).every(({ status }) => status === 200)).toBe(true);
  });

  it("is taken anew where a server ends a kept connection just as it is used again", async () => {
    const used = new WeakSet<object>();
    const api = await apiOf(({ socket }, response) => {
      if (used.has(socket)) socket.destroy();
      else ok(response);
      used.add(socket);
    });
    for (let n = 0; n < 5; n += 1) expect((await asking(api)).status).toBe(200);
    expect(connections).toBe(5);
  });

  it("is not taken again where a new connection ends without an answer: it may have been read", async () => {
    const api = await apiOf(({ socket }) => void socket.destroy());
    await expect(asking(api)).rejects.toMatchObject({ code: "CLUSTER_REFUSED", facts: { reason: "unreachable" } });
    expect(connections).toBe(1);
  });
});
