// A small scene that the tests of the stand-in share: one organisation, one repository, three people, one app whose
// webhooks arrive at a real server on loopback.

import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import type { PullRequest, Repository } from "../../src/playground/github/repository.ts";
import { type PageHandler, serveStandIn } from "../../src/playground/github/serve.ts";
import { createStandIn, type StandIn, type StandInOptions } from "../../src/playground/github/stand-in.ts";
import type { Installation, Permissions } from "../../src/playground/github/world.ts";

export type Received = { readonly headers: IncomingHttpHeaders; readonly body: string };

export type Scene = {
  readonly standIn: StandIn;
  readonly url: string;
  readonly apiUrl: string;
  readonly repository: Repository;
  readonly pull: PullRequest;
  readonly installation: Installation;
  readonly privateKey: string;
  readonly received: readonly Received[];
  /** Octokit as the app, as its installation, or as a person. */
  readonly asApp: Octokit;
  readonly asInstallation: Octokit;
  as(login: string): Octokit;
  stop(): Promise<void>;
};

export const SECRET = "a secret of the tests, 32 bytes or more";

const PERMISSIONS: Permissions = {
  checks: "write",
  contents: "read",
  deployments: "write",
  issues: "read",
  pull_requests: "write",
};

const EVENTS = ["pull_request", "issue_comment", "check_run", "check_suite", "push", "pull_request_review"];

export type SceneOptions = StandInOptions & {
  readonly permissions?: Permissions;
  readonly events?: readonly string[];
  readonly isPrivate?: boolean;
  readonly requiredChecks?: readonly string[];
  readonly page?: (standIn: StandIn) => PageHandler;
};

/** Sets the scene: `dev` has opened pull request 1 from `slow`; `mia` maintains, `guest` reads. */
export async function setScene(options: SceneOptions = {}): Promise<Scene> {
  const standIn = createStandIn(options);
  const page = options.page?.(standIn);
  const serving = await serveStandIn(standIn, page ? { page } : {});
  const hook = await receiver();
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const { repository, installation, pull } = populate(standIn, options, { publicKey, webhookUrl: hook.url });
  await standIn.settled();
  const octokit = (auth: object) => new Octokit({ baseUrl: serving.apiUrl, log: QUIET, ...auth });
  const appAuth = { appId: 7, privateKey: pem };
  return {
    standIn,
    url: serving.url,
    apiUrl: serving.apiUrl,
    repository,
    pull,
    installation,
    privateKey: pem,
    received: hook.received,
    asApp: octokit({ authStrategy: createAppAuth, auth: appAuth }),
    asInstallation: octokit({ authStrategy: createAppAuth, auth: { ...appAuth, installationId: installation.id } }),
    as: (login) => octokit({ auth: standIn.people.token(login) }),
    stop: async () => {
      await standIn.settled();
      await serving.close();
      await hook.close();
    },
  };
}

function populate(
  standIn: StandIn,
  options: SceneOptions,
  app: { readonly publicKey: Parameters<StandIn["installApp"]>[0]["publicKey"]; readonly webhookUrl: string },
) {
  const repository = standIn.createRepository({
    fullName: "acme/shop",
    private: options.isPrivate ?? false,
    requiredChecks: options.requiredChecks ?? [],
    files: { "chaos/old.yaml": "old: 1\n" },
  });
  const installation = standIn.installApp({
    appId: 7,
    ...app,
    secret: SECRET,
    permissions: options.permissions ?? PERMISSIONS,
    events: options.events ?? EVENTS,
    repositories: [repository],
  });
  const { people } = standIn;
  people.addCollaborator(repository, "mia", "maintain");
  people.addCollaborator(repository, "dev", "write");
  people.addCollaborator(repository, "guest", "read");
  people.push(repository, "dev", { branch: "slow", files: { "chaos/slow.yaml": "a: 1\nb: 2\n" } });
  const pull = people.openPullRequest(repository, "dev", { title: "Slow payment", body: "why", branch: "slow" });
  return { repository, installation, pull };
}

/** Refusals are what the tests are about; Octokit need not warn of them. */
export const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function receiver() {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
