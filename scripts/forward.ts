// forward.ts SOCKET [PORT]: makes a server inside a sandbox reachable from outside. The server listens on a unix socket in a folder
// that both sides see; this listens on 127.0.0.1:PORT (0: any free one) and pipes each connection to the socket.

import { connect, createServer, type Server, type Socket } from "node:net";

if (import.meta.main) await main(process.argv.slice(2));

async function main([socketPath, port]: readonly string[]): Promise<void> {
  if (socketPath === undefined) {
    console.error("usage: node scripts/forward.ts SOCKET [PORT]");
    process.exitCode = 2;
    return;
  }
  const server = await forward(socketPath, Number(port ?? 0));
  console.log(`http://127.0.0.1:${portOf(server)}`);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(0));
}

/** Listens on loopback and pipes to the unix socket; a connection that the socket refuses is closed. */
export function forward(socketPath: string, port: number): Promise<Server> {
  const server = createServer((outside) => pipeBoth(outside, connect(socketPath)));
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

/** The port that a listening server got. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server does not listen on a TCP port");
  return address.port;
}

function pipeBoth(outside: Socket, inside: Socket): void {
  outside.pipe(inside).pipe(outside);
  // Either side may go at any time, in the middle of a page too; the other one goes with it.
  outside.on("error", () => inside.destroy()).on("close", () => inside.destroy());
  inside.on("error", () => outside.destroy()).on("close", () => outside.destroy());
}
