import { connect, createServer } from "node:net";

/**
 * Lets people outside the sandbox in: pipes a unix socket to the page's port until this process is told to end (Ctrl-C).
 * scripts/demo.ts listens on loopback outside and pipes to the socket.
 */
export function openDoor(socketPath: string, port: number): Promise<void> {
  const server = createServer((outside) => {
    const inside = connect(port, "127.0.0.1");
    outside.pipe(inside).pipe(outside);
    outside.on("error", () => inside.destroy()).on("close", () => inside.destroy());
    inside.on("error", () => outside.destroy()).on("close", () => outside.destroy());
  });
  return new Promise((resolve) => {
    server.listen(socketPath);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.once(signal, () => {
        server.close();
        resolve();
      });
    }
  });
}
