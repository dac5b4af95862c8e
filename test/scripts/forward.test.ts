import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { forward, portOf } from "../../scripts/forward.ts";

const open: Server[] = [];
const folder = mkdtempSync(join(tmpdir(), "chaosgate-forward-"));

afterAll(() => rmSync(folder, { recursive: true }));

afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

async function forwarded(socketPath: string): Promise<string> {
  const server = await forward(socketPath, 0);
  open.push(server);
  return `http://127.0.0.1:${portOf(server)}/`;
}

describe("forwarding a loopback port to a unix socket", () => {
  it("carries requests in and answers out", async () => {
    const socketPath = join(folder, "page.sock");
    const page = createServer((request, response) => request.pipe(response));
    await new Promise<void>((resolve) => page.listen(socketPath, resolve));
    open.push(page);
    const body = "x".repeat(300_000);
    const answer = await fetch(await forwarded(socketPath), { method: "POST", body });
    expect(await answer.text()).toBe(body);
  });

  it("closes a connection when nobody listens on the socket, and goes on", async () => {
    const url = await forwarded(join(folder, "nobody.sock"));
    await expect(fetch(url)).rejects.toThrow();
    await expect(fetch(url)).rejects.toThrow();
  });
});
