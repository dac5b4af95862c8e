import type { IncomingMessage, ServerResponse } from "node:http";
import type { Change, World } from "../github/world.ts";

/** A comment line now and then keeps idle proxies and browsers from hanging up. */
const HEARTBEAT_MS = 20_000;

/** Server-sent events: one `change` for each thing that is new in the repository that is looked at, or in any. */
export function streamChanges(world: World, request: IncomingMessage, response: ServerResponse): true {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  const wanted = searchParams.get("repository") ?? "";
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.write("retry: 1000\n\n");
  const tell = (change: Change): void => {
    if (wanted === "" || change.repository === wanted)
      response.write(`event: change\ndata: ${change.number ?? ""}\n\n`);
  };
  const heartbeat = setInterval(() => response.write(": still here\n\n"), HEARTBEAT_MS);
  world.listeners.add(tell);
  response.on("close", () => {
    clearInterval(heartbeat);
    world.listeners.delete(tell);
  });
  return true;
}
