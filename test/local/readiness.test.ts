import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { isReady } from "../../src/local/readiness.ts";

const open: (Server | TcpServer)[] = [];

afterEach(() => {
  for (const server of open.splice(0)) {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  }
});

async function portOf(server: Server | TcpServer): Promise<number> {
  open.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe("a readiness check by HTTP", () => {
  it.each([
    { status: 200, ready: true },
    { status: 302, ready: true },
    { status: 404, ready: false },
    { status: 503, ready: false },
  ])("takes $status as ready: $ready", async ({ status, ready }) => {
    const port = await portOf(createServer((_, response) => response.writeHead(status).end()));
    expect(await isReady("127.0.0.1", { kind: "http", port, path: "/ready" }, 5_000)).toBe(ready);
  });

  it("asks for the path that was declared", async () => {
    const port = await portOf(createServer(({ url }, response) => response.writeHead(url === "/up" ? 200 : 404).end()));
    expect(await isReady("127.0.0.1", { kind: "http", port, path: "/up" }, 5_000)).toBe(true);
  });

  it("does not wait for ever", async () => {
    const port = await portOf(createServer(() => {}));
    expect(await isReady("127.0.0.1", { kind: "http", port, path: "/" }, 10)).toBe(false);
  });

  it("is not passed where nobody listens", async () => {
    expect(await isReady("127.0.0.1", { kind: "http", port: await closedPort(), path: "/" }, 5_000)).toBe(false);
  });
});

describe("a readiness check by TCP", () => {
  it("is passed where somebody listens, and not where nobody does", async () => {
    const port = await portOf(createTcpServer());
    expect(await isReady("127.0.0.1", { kind: "tcp", port }, 5_000)).toBe(true);
    expect(await isReady("127.0.0.1", { kind: "tcp", port: await closedPort() }, 5_000)).toBe(false);
  });
});
