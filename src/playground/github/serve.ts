import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { StandIn } from "./stand-in.ts";
import type { World } from "./world.ts";

/** Takes a request that is not the API's; false when it has no answer either. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export type ServeOptions = {
  /** Loopback unless said otherwise; port 0 is any free one. */
  readonly listen?: { readonly host?: string; readonly port?: number } | { readonly socketPath: string };
  readonly page?: PageHandler;
  /** `/api/v3` unless said otherwise; with nothing there is no page. */
  readonly apiRoot?: World["apiRoot"];
};

export type Serving = { readonly url: string; readonly apiUrl: string; close(): Promise<void> };

/** Serves the API under its root, GraphQL where GitHub has it beside that root, and the page under `/`. */
export async function serveStandIn(standIn: StandIn, options: ServeOptions = {}): Promise<Serving> {
  const server = createServer((request, response) => void route(standIn, options.page, request, response));
  const { apiRoot = "/api/v3" } = options;
  standIn.world.apiRoot = apiRoot;
  const url = await listen(server, options.listen ?? {});
  standIn.world.baseUrl = url;
  return {
    url,
    apiUrl: `${url}${apiRoot}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, where: NonNullable<ServeOptions["listen"]>): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    if ("socketPath" in where) return void server.listen(where.socketPath, () => resolve("http://localhost"));
    const { host = "127.0.0.1", port = 0 } = where;
    server.listen(port, host, () => resolve(`http://${host}:${(server.address() as AddressInfo).port}`));
  });
}

async function route(
  standIn: StandIn,
  page: PageHandler | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const path = apiPath(request.url ?? "/", standIn.world.apiRoot);
    if (path !== undefined) return await answerApi(standIn, path, request, response);
    if (await page?.(request, response)) return;
    response.writeHead(404, { "content-type": "text/plain" }).end("Not Found\n");
  } catch (error) {
    // One broken connection or request never takes the stand-in down; what went wrong is recorded for tests to see.
    const message = error instanceof Error ? error.message : String(error);
    standIn.world.violations.push({ where: `${request.method} ${request.url}`, errors: [message] });
    if (!response.headersSent) response.writeHead(500);
    response.end();
  }
}

function apiPath(url: string, root: World["apiRoot"]): string | undefined {
  if (url === (root === "" ? "/graphql" : "/api/graphql")) return "/graphql";
  return url.startsWith(`${root}/`) ? url.slice(root.length) : undefined;
}

async function answerApi(
  standIn: StandIn,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request);
  if (body === undefined) return void response.writeHead(413).end();
  const { pathname, searchParams } = new URL(path, "http://localhost");
  const {
    status,
    headers,
    body: text,
  } = standIn.handle({
    method: request.method ?? "GET",
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: headersOf(request),
    body,
  });
  response.writeHead(status, headers).end(status === 204 || status === 304 ? undefined : text);
}

const LARGEST_BODY = 8 * 1024 * 1024;

/** A request's body as text; undefined when it is larger than anything GitHub takes here. */
export async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function headersOf(request: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
}
