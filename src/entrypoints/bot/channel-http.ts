import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_BODY_BYTES } from "../../channel/protocol.ts";
import type { ChannelAnswer } from "../../channel/server.ts";
import type { ChannelRequest } from "../../channel/verify-request.ts";

/** A runner's request off the wire. Reading stops one byte past the limit, and the channel then refuses it. */
export async function channelRequestOf(request: IncomingMessage, path: string): Promise<ChannelRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk.subarray(0, MAX_BODY_BYTES + 1 - size));
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) break;
  }
  const { authorization } = request.headers;
  const headers = authorization === undefined ? {} : { authorization };
  return { method: request.method ?? "", path, headers, rawBody: Buffer.concat(chunks) };
}

/** Sends an answer as JSON. */
export function sendJson(response: ServerResponse, { status, body }: ChannelAnswer): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
