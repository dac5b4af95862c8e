// One API server: a kubeconfig enters; JSON answers or typed refusals leave. Credentials and TLS are the client library's business;
// its generated calls are not used, because a dry run must send the manifest's own bytes and lists must be bounded while they arrive.

import type { IncomingMessage } from "node:http";
import { Agent, type RequestOptions, request } from "node:https";
import { StringDecoder } from "node:string_decoder";
import { KubeConfig } from "@kubernetes/client-node";
import { AppError } from "../errors.ts";
import { createGate } from "../run/gate.ts";

export type ApiRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly body?: { readonly type: string; readonly bytes: Uint8Array };
};

export type ApiAnswer = { readonly status: number; readonly body: unknown };

export type Api = {
  /** Where it is, for messages. */
  readonly server: string;
  /** Namespace of the kubeconfig's context. */
  readonly namespace: string;
  /** Any answer of the server, also an error; a refusal only where there was no readable answer. */
  readonly ask: (asked: ApiRequest) => Promise<ApiAnswer>;
  /** The lines of an answer that goes on, as a watch's does, until it ends or `signal` aborts. */
  readonly follow: (asked: Followed, signal: AbortSignal) => Promise<AsyncIterable<string>>;
};

export type Followed = Pick<ApiRequest, "path" | "query" | "accept">;

/** A page of 500 large pods is about 10 MB. */
const MOST_BYTES = 64 << 20;
const TIMEOUT_MS = 30_000;
/** Requests under way at once, watches apart: two hundred runs may want to write at the same moment. */
const MOST_UNDER_WAY = 64;

/** Opens the cluster of a kubeconfig; without a file, of KUBECONFIG, the home folder or the pod's own service account. */
export function openApi(
  { kubeconfig, context }: { kubeconfig?: string; context?: string },
  timeoutMs = TIMEOUT_MS,
): Api {
  const config = new KubeConfig();
  const where = kubeconfig ?? "the default kubeconfig";
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (cause) {
    throw refusal("config", `could not read ${where}: ${reasonOf(cause)}`, {}, cause);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const fix = context === undefined ? "it has no current context" : `it has no context ${context}`;
    throw refusal("config", `could not choose a cluster from ${where}: ${fix}; name one with --context`);
  }
  const { server } = cluster;
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? "default";
  const gate = createGate(MOST_UNDER_WAY);
  const connection = {
    server,
    config,
    agent: cluster.proxyUrl === undefined ? new Agent({ keepAlive: true }) : undefined,
  };
  return {
    server,
    namespace,
    ask: (asked) => gate(() => ask(connection, asked, timeoutMs)),
    follow: (asked, signal) => follow(connection, asked, signal, timeoutMs),
  };
}

/** A body of JSON, or of another type that is written as JSON, such as a patch. */
export function jsonBody(value: unknown, type = "application/json"): NonNullable<ApiRequest["body"]> {
  return { type, bytes: Buffer.from(JSON.stringify(value)) };
}

/** A refusal by the cluster, with why in one word for programs. */
export function refusal(
  reason: "config" | "unreachable" | "timeout" | "forbidden" | "unauthorized" | "not-installed" | "too-large" | "error",
  message: string,
  facts: Readonly<Record<string, string | number>> = {},
  cause?: unknown,
): AppError {
  return new AppError("CLUSTER_REFUSED", message, { facts: { reason, ...facts }, cause });
}

/** The library's own agent opens a connection for every request; it is used where only it knows the way, through a proxy. */
type Connection = { readonly server: string; readonly config: KubeConfig; readonly agent: Agent | undefined };

async function authorized({ config, agent }: Connection, options: RequestOptions): Promise<RequestOptions> {
  const known = { ...options };
  await config.applyToHTTPSOptions(known);
  return agent === undefined ? known : { ...known, agent };
}

async function ask(connection: Connection, asked: ApiRequest, timeoutMs: number): Promise<ApiAnswer> {
  const { server } = connection;
  const { method, path, query = {}, accept = "application/json", body } = asked;
  const url = urlOf(server, path, query);
  const signal = AbortSignal.timeout(timeoutMs);
  const headers = { accept, ...(body && { "content-type": body.type }) };
  const options = await authorized(connection, { method, headers, signal });
  try {
    const answer = await send(url, options, body?.bytes);
    return { status: answer.statusCode ?? 0, body: JSON.parse(await textOf(answer)) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const isLate = signal.aborted;
    const why = isLate ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
    throw refusal(isLate ? "timeout" : "unreachable", `could not ask ${server} for ${path}: ${why}`, { path }, cause);
  }
}

function urlOf(server: string, path: string, query: Readonly<Record<string, string>>): URL {
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
  url.search = new URLSearchParams(query).toString();
  return url;
}

/** Answers once the server has; what comes after that has no deadline of its own. */
async function follow(
  connection: Connection,
  { path, query = {}, accept = "application/json" }: Followed,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<AsyncIterable<string>> {
  const { server } = connection;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeoutMs);
  const until = AbortSignal.any([signal, late.signal]);
  const options = await authorized(connection, { method: "GET", headers: { accept }, signal: until });
  try {
    const answer = await send(urlOf(server, path, query), options, undefined);
    if (answer.statusCode === 200) return linesOf(answer);
    const facts = { path, status: answer.statusCode ?? 0 };
    answer.resume();
    throw refusal("error", `could not watch ${path} of ${server}: status ${facts.status}`, facts);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw refusal("unreachable", `could not watch ${path} of ${server}: ${reasonOf(cause)}`, { path }, cause);
  } finally {
    clearTimeout(timer);
  }
}

async function* linesOf(answer: IncomingMessage): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  for await (const chunk of answer) {
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MOST_BYTES)
      throw refusal("too-large", `a line of the cluster is larger than ${MOST_BYTES} bytes`);
    yield* lines.filter((line) => line !== "");
  }
}

function send(url: URL, options: RequestOptions, body: Uint8Array | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, resolve);
    sent.on("error", (error: NodeJS.ErrnoException) => {
      // A server may close a kept connection at the moment in which it is used again, and has then read nothing of the request.
      if (sent.reusedSocket && error.code === "ECONNRESET") resolve(send(url, options, body));
      else reject(error);
    });
    sent.end(body);
  });
}

/** A plain-text answer, such as `404 page not found`, is given as JSON text. */
async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw refusal("too-large", `an answer of the cluster is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  return answer.headers["content-type"]?.startsWith("application/json") ? text : JSON.stringify(text.slice(0, 1000));
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
