// An independent second opinion on the app: npm's emulate, a GitHub emulator that shares no code with our stand-in.
// A door in front of it keeps a log of what the app asked and what emulate lacks, answers one route that emulate only
// pretends to have (the files of a pull request are invented names) from emulate's own comparison, and tells it the places
// of a review's comments in the only way that it knows, which GitHub is closing down.

import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createEmulator } from "emulate";

export type EmulateOptions = {
  readonly appId: number;
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  /** Texts by path on the default branch, before the app looks. */
  readonly files: Readonly<Record<string, string>>;
};

export type Asked = { readonly method: string; readonly path: string; readonly status: number };

export type Emulate = {
  /** For Octokit's baseUrl: emulate serves the API at the root. */
  readonly apiUrl: string;
  readonly privateKey: string;
  readonly installationId: number;
  readonly owner: string;
  readonly repo: string;
  /** Everything the app asked through the door, with emulate's status. */
  readonly asked: readonly Asked[];
  /** Calls as a person: `mia` owns the repository, `dev` may write, `guest` is nobody. */
  as(login: keyof typeof TOKENS, method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Puts files on a new branch and opens a pull request from it; gives its number. */
  openPullRequest(branch: string, files: Readonly<Record<string, string>>): Promise<number>;
  /** Routes that emulate answered with its 404 for a route that it does not have. */
  lacking(): readonly string[];
  close(): Promise<void>;
};

const TOKENS = { mia: "token_of_mia", dev: "token_of_dev", guest: "token_of_guest" } as const;
const OWNER = "mia";
const REPO = "shop";
const INSTALLATION = 100;

/** Starts emulate on loopback with one repository, three people and the app installed. */
export async function startEmulate(options: EmulateOptions): Promise<Emulate> {
  const asked: Asked[] = [];
  const behind = await freePort();
  const door = await openDoor(`http://127.0.0.1:${behind}`, asked);
  const emulator = await createEmulator({ service: "github", port: behind, baseUrl: door.url, seed: seedOf(options) });
  const privateKey = emulator.generatedSecrets.find(({ kind }) => kind === "github.app_private_key")?.value;
  if (privateKey === undefined) throw new Error("emulate made no key for the app");
  const as: Emulate["as"] = (login, method, path, body) =>
    call(`http://127.0.0.1:${behind}`, TOKENS[login], method, path, body);
  await as("mia", "PUT", `/repos/${OWNER}/${REPO}/collaborators/dev`, { permission: "push" });
  for (const [path, text] of Object.entries(options.files)) await putFile(as, "main", path, text);
  return {
    apiUrl: door.url,
    privateKey,
    installationId: INSTALLATION,
    owner: OWNER,
    repo: REPO,
    asked,
    as,
    openPullRequest: (branch, files) => openPullRequest(as, branch, files),
    lacking: () => [
      ...new Set(asked.filter(({ status }) => status === LACKS).map(({ method, path }) => `${method} ${path}`)),
    ],
    close: async () => {
      await emulator.close();
      await door.close();
    },
  };
}

function seedOf({ appId, webhookUrl, webhookSecret }: EmulateOptions) {
  const tokens = Object.entries(TOKENS).map(([login, token]) => [token, { login, scopes: ["repo"] }]);
  const app = {
    app_id: appId,
    slug: "chaosgate",
    name: "chaosgate",
    webhook_url: webhookUrl,
    webhook_secret: webhookSecret,
    permissions: { checks: "write", contents: "read", deployments: "write", issues: "write", pull_requests: "write" },
    events: ["pull_request", "issue_comment", "check_run", "check_suite", "push"],
    installations: [{ installation_id: INSTALLATION, account: OWNER }],
  };
  const github = {
    users: Object.keys(TOKENS).map((login) => ({ login })),
    repos: [{ owner: OWNER, name: REPO, auto_init: true }],
    apps: [app],
  };
  return { tokens: Object.fromEntries(tokens), github };
}

async function openPullRequest(
  as: Emulate["as"],
  branch: string,
  files: Readonly<Record<string, string>>,
): Promise<number> {
  const { object } = await as("mia", "GET", `/repos/${OWNER}/${REPO}/git/ref/heads/main`);
  const sha = (object as { sha: string }).sha;
  await as("mia", "POST", `/repos/${OWNER}/${REPO}/git/refs`, { ref: `refs/heads/${branch}`, sha });
  for (const [path, text] of Object.entries(files)) await putFile(as, branch, path, text);
  const pull = await as("dev", "POST", `/repos/${OWNER}/${REPO}/pulls`, { title: branch, head: branch, base: "main" });
  return Number(pull.number);
}

async function putFile(as: Emulate["as"], branch: string, path: string, text: string): Promise<void> {
  const content = Buffer.from(text).toString("base64");
  const known = await as("mia", "GET", `/repos/${OWNER}/${REPO}/contents/${path}?ref=${branch}`).catch(() => undefined);
  const sha = known === undefined ? {} : { sha: known.sha };
  const body = { message: `Write ${path}`, content, branch, ...sha };
  await as("mia", "PUT", `/repos/${OWNER}/${REPO}/contents/${path}`, body);
}

async function call(root: string, token: string, method: string, path: string, body: object | undefined) {
  const headers = { authorization: `token ${token}`, "content-type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const answer = await fetch(root + path, { method, headers, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`emulate answered ${answer.status} to ${method} ${path}: ${text}`);
  return text === "" ? {} : JSON.parse(text);
}

/** Recorded instead of emulate's 404 where the whole route is missing and not the thing that it names. */
const LACKS = 501;
const MISSING_ROUTES = /\/(reactions|deployments|statuses)\b|^\/graphql$/;

async function openDoor(behind: string, asked: Asked[]) {
  const server = createServer((request, response) => void passOn(behind, asked, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function passOn(behind: string, asked: Asked[], request: IncomingMessage, response: ServerResponse) {
  const { method = "GET", url = "/", headers } = request;
  const path = url.split("?")[0] ?? url;
  const files = /^(\/repos\/[^/]+\/[^/]+)\/pulls\/(\d+)\/files$/.exec(path);
  if (files && method === "GET") return await answerFiles(behind, files, String(headers.authorization), response);
  const isReview = method === "POST" && /\/pulls\/\d+\/reviews$/.test(path);
  const body = isReview ? withPositions(await bytesOf(request)) : undefined;
  const length = body === undefined ? {} : { "content-length": String(body.length) };
  const onward = httpRequest(
    behind + url,
    { method, headers: { ...headers, ...length, host: new URL(behind).host } },
    (answer) => {
      const status = answer.statusCode ?? 502;
      asked.push({ method, path, status: status === 404 && MISSING_ROUTES.test(path) ? LACKS : status });
      response.writeHead(status, answer.headers);
      answer.pipe(response);
    },
  );
  onward.on("error", () => response.destroy());
  if (body === undefined) request.pipe(onward);
  else onward.end(body);
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** In a file that is new, as all are here, a line's position in the diff is its number. */
function withPositions(body: Buffer): Buffer {
  const review = JSON.parse(body.toString()) as { readonly comments?: readonly { readonly line: number }[] };
  const comments = review.comments?.map((comment) => ({ ...comment, position: comment.line }));
  return Buffer.from(JSON.stringify({ ...review, comments }));
}

/** emulate compares commits truly, so the files of a pull request can be read there. */
async function answerFiles(
  behind: string,
  [, repository = "", number = ""]: RegExpExecArray,
  authorization: string,
  response: ServerResponse,
): Promise<void> {
  const get = async (path: string) => (await fetch(behind + path, { headers: { authorization } })).json();
  const pull = (await get(`${repository}/pulls/${number}`)) as { base: { ref: string }; head: { ref: string } };
  const compared = await get(`${repository}/compare/${pull.base.ref}...${pull.head.ref}`);
  const { files = [] } = compared as { files?: unknown[] };
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(files));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
