import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ServerProcessOptions, startServerProcess } from "../../src/playground/server-process.ts";

const folder = mkdtempSync(join(tmpdir(), "chaosgate-server-"));

afterAll(() => rmSync(folder, { recursive: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function optionsFor(script: (port: number) => string): Promise<ServerProcessOptions> {
  const port = await freePort();
  return {
    name: "a server",
    code: "PROMETHEUS_UNREACHABLE",
    argv: [process.execPath, "-e", script(port)],
    logFile: join(folder, `${port}.log`),
    url: `http://127.0.0.1:${port}`,
    readyPath: "/-/ready",
  };
}

const serving = (port: number): string => `console.log("hello");
require("node:http").createServer((q, r) => r.writeHead(q.url === "/-/ready" ? 200 : 404).end()).listen(${port}, "127.0.0.1")`;

describe("a server as a process", () => {
  it("is there when it says that it is ready, keeps what it says, and is gone when it was stopped", async () => {
    const options = await optionsFor(serving);
    const server = await startServerProcess(options);
    expect((await fetch(`${server.url}/-/ready`)).status).toBe(200);
    await server.stop();
    await server.stop();
    await expect(fetch(server.url)).rejects.toThrow();
    expect(readFileSync(options.logFile, "utf8")).toBe("hello\n");
  });

  it("is refused with its last words when it ends instead", async () => {
    const options = await optionsFor(() => 'console.error("bad configuration"); process.exit(1)');
    await expect(startServerProcess(options)).rejects.toMatchObject({
      code: "PROMETHEUS_UNREACHABLE",
      message: expect.stringMatching(/could not start a server: it ended; .*bad configuration/),
    });
  });

  it("is refused with what to do when its program is not there", async () => {
    const options = { ...(await optionsFor(serving)), argv: ["/nowhere/prometheus"] };
    await expect(startServerProcess(options)).rejects.toThrow(/run scripts\/packages\.sh/);
  });
});
