import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = resolve(import.meta.dirname, "../../..");
const BINARY = join(ROOT, ".cache/kubernetes/kube-apiserver-v1.36.3");

/** Why there can be no API server here; nothing where there can. */
export function whyNot(): string | undefined {
  const path = (process.env.PATH ?? "").split(delimiter);
  if (!existsSync(BINARY)) return "kube-apiserver is not built (scripts/cluster/build.sh)";
  return path.some((folder) => existsSync(join(folder, "etcd"))) ? undefined : "etcd is not installed";
}

export type ApiServer = {
  /** A kubeconfig of `admin`, `reader` (no rights at first) or `stranger` (a token nobody knows). */
  readonly kubeconfig: (who: "admin" | "reader" | "stranger") => string;
  readonly call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: string }>;
  /** As a service account, `namespace:name`, by impersonation. */
  readonly callAs: (
    account: string,
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<{ status: number; body: string }>;
  /** Server-side apply. */
  readonly apply: (path: string, object: unknown) => Promise<{ status: number; body: string }>;
  /** The first row that `kubectl get` would show of a path, by column. */
  readonly table: (path: string) => Promise<Readonly<Record<string, unknown>>>;
  /** What `reader` asked and was answered, an event a line, where the server was started to keep it. */
  readonly auditLog: string;
  /** Makes the server deaf and dumb, connections and all, until `resume`. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly stop: () => Promise<void>;
};

const TOKENS = { admin: "admin-of-this-test", reader: "reader-of-this-test", stranger: "nobody" };

/** Who asked what, of `reader` alone, once for each answer: a watch counts where it ended. */
const AUDIT = {
  apiVersion: "audit.k8s.io/v1",
  kind: "Policy",
  omitStages: ["RequestReceived", "ResponseStarted"],
  rules: [{ level: "Metadata", users: ["reader"] }, { level: "None" }],
};

/** A real etcd and a real kube-apiserver on loopback, in a folder of their own, without any controller. */
export async function startApiServer({ audited = false } = {}): Promise<ApiServer> {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-cluster-"));
  const [client, peer, port] = [await freePort(), await freePort(), await freePort()];
  writeFileSync(join(folder, "tokens.csv"), `${TOKENS.admin},admin,1,system:masters\n${TOKENS.reader},reader,2\n`);
  const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  writeFileSync(join(folder, "sa.key"), key.export({ type: "pkcs1", format: "pem" }));
  const auditLog = join(folder, "audit.log");
  writeFileSync(join(folder, "audit.yaml"), JSON.stringify(AUDIT));
  const etcd = start("etcd", [
    `--data-dir=${join(folder, "etcd")}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=http://127.0.0.1:${client}`,
    `--advertise-client-urls=http://127.0.0.1:${client}`,
    `--listen-peer-urls=http://127.0.0.1:${peer}`,
  ]);
  const server = start(BINARY, [
    `--etcd-servers=http://127.0.0.1:${client}`,
    "--bind-address=127.0.0.1",
    `--secure-port=${port}`,
    "--advertise-address=10.123.0.1",
    "--service-cluster-ip-range=10.96.0.0/16",
    `--cert-dir=${join(folder, "certs")}`,
    `--token-auth-file=${join(folder, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--disable-admission-plugins=ServiceAccount",
    "--service-account-issuer=https://kubernetes.default.svc",
    `--service-account-key-file=${join(folder, "sa.key")}`,
    `--service-account-signing-key-file=${join(folder, "sa.key")}`,
    ...(audited ? [`--audit-policy-file=${join(folder, "audit.yaml")}`, `--audit-log-path=${auditLog}`] : []),
  ]);
  const certificate = join(folder, "certs/apiserver.crt");
  const call = async (method: string, path: string, body?: unknown) => {
    return callServer(port, readFileSync(certificate), method, path, body);
  };
  const stop = async () => {
    await Promise.all([end(server), end(etcd)]);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await ready(call, server);
  } catch (error) {
    await stop();
    throw error;
  }
  const kubeconfig = (who: keyof typeof TOKENS) => {
    const file = join(folder, `${who}.kubeconfig`);
    const cluster = { server: `https://127.0.0.1:${port}`, "certificate-authority": certificate };
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "test", cluster }],
      users: [{ name: who, user: { token: TOKENS[who] } }],
      contexts: [{ name: "test", context: { cluster: "test", user: who, namespace: "staging" } }],
      "current-context": "test",
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  };
  const table = async (path: string) => {
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const { body } = await callServer(port, readFileSync(certificate), "GET", path, undefined, accept);
    const { columnDefinitions, rows } = JSON.parse(body);
    const names: readonly { name: string }[] = columnDefinitions;
    return Object.fromEntries(names.map(({ name }, at) => [name, rows[0]?.cells[at]]));
  };
  const apply = async (path: string, object: unknown) => {
    const type = "application/apply-patch+yaml";
    return callServer(port, readFileSync(certificate), "PATCH", path, object, "application/json", type);
  };
  const callAs = async (account: string, method: string, path: string, body?: unknown) => {
    const [namespace = ""] = account.split(":");
    const groups = ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"];
    const who = { "impersonate-user": `system:serviceaccount:${account}`, "impersonate-group": groups };
    return callServer(port, readFileSync(certificate), method, path, body, undefined, undefined, who);
  };
  const pause = () => void server.child.kill("SIGSTOP");
  const resume = () => void server.child.kill("SIGCONT");
  return { kubeconfig, call, callAs, apply, table, auditLog, pause, resume, stop };
}

type Running = { readonly child: ChildProcess; readonly said: () => string };

function start(command: string, words: readonly string[]): Running {
  const child = spawn(command, words, { stdio: ["ignore", "ignore", "pipe"] });
  let tail = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    tail = (tail + text).slice(-4000);
  });
  child.on("error", (error) => {
    tail += error.message;
  });
  return { child, said: () => tail };
}

async function end({ child }: Running): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await gone;
}

async function ready(call: ApiServer["call"], { child, said }: Running): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (child.exitCode !== null) throw new Error(`kube-apiserver ended: ${said()}`);
    const answer = await call("GET", "/readyz").catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(200);
  }
  throw new Error(`kube-apiserver was not ready within two minutes: ${said()}`);
}

function callServer(
  port: number,
  ca: Buffer,
  method: string,
  path: string,
  body: unknown,
  accept = "application/json",
  patchType = "application/merge-patch+json",
  more: Readonly<Record<string, string | string[]>> = {},
) {
  const headers = {
    ...more,
    accept,
    authorization: `Bearer ${TOKENS.admin}`,
    "content-type": method === "PATCH" ? patchType : "application/json",
  };
  const yaml = typeof body === "string";
  if (yaml) headers["content-type"] = "application/yaml";
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, method, path, ca, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body: text })).on("error", reject);
    });
    sent.on("error", reject).end(yaml ? body : JSON.stringify(body));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
