// One API server: a kubeconfig enters; JSON answers or typed refusals leave. Credentials and TLS are the client library's business;
// its generated calls are not used, because a dry run must send the manifest's own bytes and lists must be bounded while they arrive.

import type { IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import { AppError } from "../errors.ts";

export type ApiRequest = {
  readonly method: "GET" | "POST";
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
};

/** A page of 500 large pods is about 10 MB. */
const MOST_BYTES = 64 << 20;
const TIMEOUT_MS = 30_000;

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
  return { server, namespace, ask: (asked) => ask(config, server, asked, timeoutMs) };
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

async function ask(config: KubeConfig, server: string, asked: ApiRequest, timeoutMs: number): Promise<ApiAnswer> {
  const { method, path, query = {}, accept = "application/json", body } = asked;
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/$/, "")}${path}`;
  url.search = new URLSearchParams(query).toString();
  const options: RequestOptions = { method, headers: { accept, ...(body && { "content-type": body.type }) } };
  options.signal = AbortSignal.timeout(timeoutMs);
  await config.applyToHTTPSOptions(options);
  try {
    const answer = await send(url, options, body?.bytes);
    return { status: answer.statusCode ?? 0, body: JSON.parse(await textOf(answer)) };
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const isLate = options.signal.aborted;
    const why = isLate ? `no answer within ${timeoutMs / 1000} s` : reasonOf(cause);
    throw refusal(isLate ? "timeout" : "unreachable", `could not ask ${server} for ${path}: ${why}`, { path }, cause);
  }
}

function send(url: URL, options: RequestOptions, body: Uint8Array | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(url, options, resolve).on("error", reject).end(body);
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
