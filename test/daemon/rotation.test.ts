import { readFileSync, rmSync } from "node:fs";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createDaemonFaults } from "../../src/daemon/faults.ts";
import { NodeDaemonService } from "../../src/daemon/generated/chaosgate/daemon/v1/daemon_pb.ts";
import type { Tls } from "../../src/daemon/transport.ts";
import { makeKeys } from "../../src/entrypoints/playground/keys.ts";

const FOLDER = join(tmpdir(), `chaosgate-rotation-${process.pid}`);
const text = (file: string) => readFileSync(file, "utf8");

let server: Http2SecureServer;
let shown: Tls;
const open = new Set<ServerHttp2Session>();
/** Ends each call that waits for it. */
const waiting: (() => void)[] = [];

beforeEach(async () => {
  const { caFile, daemon, runner } = makeKeys(FOLDER);
  const [cert, key, ca] = [daemon.certFile, daemon.keyFile, caFile].map(text);
  const handler = connectNodeAdapter({
    routes: (router) =>
      router.service(NodeDaemonService, {
        list: async () => {
          await new Promise<void>((resolve) => waiting.push(resolve));
          return {};
        },
      }),
  });
  server = createSecureServer({ cert: cert ?? "", key: key ?? "", ca: ca ?? "", requestCert: true }, handler);
  server.on("session", (session) => {
    open.add(session);
    session.on("close", () => open.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  shown = { certificate: text(runner.certFile), key: text(runner.keyFile), authority: ca ?? "" };
});
afterEach(() => {
  server.close();
  for (const session of open) session.destroy();
  rmSync(FOLDER, { recursive: true });
});

it("ends calls on the connection on which they began when certificates are rotated, and leaves none open", async () => {
  const { port } = server.address() as AddressInfo;
  const faults = createDaemonFaults({
    addresses: { "node-1": `127.0.0.1:${port}` },
    tls: () => shown,
    timeoutMs: 5_000,
  });
  const asked: Promise<readonly string[]>[] = [];
  for (const connections of [1, 2]) {
    asked.push(faults.active("node-1", "r"));
    await expect.poll(() => [waiting.length, open.size]).toEqual([connections, connections]);
    shown = { ...shown };
  }
  for (const end of waiting.splice(0)) end();
  expect(await Promise.all(asked)).toEqual([[], []]);
  // The one before the last is given up with the next.
  const last = faults.active("node-1", "r");
  await expect.poll(() => [waiting.length, open.size]).toEqual([1, 2]);
  for (const end of waiting.splice(0)) end();
  await last;
  faults.close();
  await expect.poll(() => open.size).toBe(0);
});
