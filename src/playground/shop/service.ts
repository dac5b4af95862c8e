import { createServer, type Server } from "node:http";
import type { Telemetry } from "./telemetry.ts";

/** What a request is answered with. */
export type Answer = { readonly code: number; readonly body: string };

/** Serves every request by `answer`, counts it, keeps connections open for as long as the client likes, and drains on SIGTERM. */
export function serve(port: number, telemetry: Telemetry, answer: () => Promise<Answer>): Server {
  const server = createServer((request, response) => {
    const startedAt = performance.now();
    request.resume();
    void answer().then(({ code, body }) => {
      telemetry.answered(code, (performance.now() - startedAt) / 1000);
      response.writeHead(code, { "content-type": "application/json" }).end(body);
    });
  });
  server.keepAliveTimeout = 0;
  server.listen(port);
  process.once("SIGTERM", () => drain(server));
  return server;
}

/** Answers what is open, then ends; whoever keeps an idle connection loses it now. */
function drain(server: Server): void {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}
