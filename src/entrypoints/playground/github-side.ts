// The GitHub half of the story: the stand-in with its page and one repository, and the bot as a process of its own, as installed
// from app.yml.

import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";
import { load } from "js-yaml";
import type { FileChanges } from "../../playground/github/git/store.ts";
import type { Repository } from "../../playground/github/repository.ts";
import { type Serving, serveStandIn } from "../../playground/github/serve.ts";
import { createStandIn, type StandIn } from "../../playground/github/stand-in.ts";
import type { Permissions } from "../../playground/github/world.ts";
import { createPage } from "../../playground/page/page.ts";
import type { Keys } from "./keys.ts";
import { type Part, startPart } from "./part.ts";

export const REPOSITORY = "acme/shop";
const APP_ID = 4711;

/** Who is who in the story. */
export const PEOPLE = { author: "dev", maintainer: "mia", admin: "ada", reader: "guest" } as const;

export type GitHubSide = {
  readonly standIn: StandIn;
  readonly repository: Repository;
  readonly serving: Serving;
  readonly bot: Part;
  readonly botUrl: string;
  /** Page of a pull request. */
  pageOf(number: number): string;
  stop(): Promise<void>;
};

export type GitHubSideOptions = {
  readonly keys: Keys;
  /** Where the bot's log goes. */
  readonly folder: string;
  /** Files of the default branch. */
  readonly files: FileChanges;
  readonly port?: number;
};

/** Starts the stand-in, installs the app as app.yml describes it, and starts the bot. */
export async function startGitHubSide({ keys, folder, files, port = 0 }: GitHubSideOptions): Promise<GitHubSide> {
  const standIn = createStandIn();
  const serving = await serveStandIn(standIn, { page: createPage(standIn), listen: { port } });
  const repository = standIn.createRepository({
    fullName: REPOSITORY,
    private: true,
    requiredChecks: ["chaos / gate"],
    files,
  });
  enrolPeople(standIn, repository);
  const botPort = await freePort();
  const botUrl = `http://127.0.0.1:${botPort}`;
  standIn.installApp({
    appId: APP_ID,
    publicKey: keys.appPublicKey,
    webhookUrl: `${botUrl}/api/github/webhooks`,
    secret: keys.webhookSecret,
    ...appManifest(),
    repositories: [repository],
  });
  // The story tells in minutes what takes a team an hour, so nobody keeps GitHub's pace in it: neither the bot nor whoever would enforce it.
  standIn.limits.lift();
  const bot = startPart({
    name: "bot",
    argv: [process.execPath, "src/entrypoints/bot.ts"],
    env: botEnvironment(keys, serving.apiUrl, botPort),
    logFile: join(folder, "bot.log"),
  });
  await bot.said(/the bot listens/);
  return {
    standIn,
    repository,
    serving,
    bot,
    botUrl,
    pageOf: (number) => `${serving.url}/${REPOSITORY}/pull/${number}`,
    stop: async () => {
      await bot.stop();
      await serving.close();
    },
  };
}

function enrolPeople({ people }: StandIn, repository: Repository): void {
  people.addCollaborator(repository, PEOPLE.author, "write");
  people.addCollaborator(repository, PEOPLE.maintainer, "maintain");
  people.addCollaborator(repository, PEOPLE.admin, "admin");
  people.addCollaborator(repository, PEOPLE.reader, "read");
}

function botEnvironment(keys: Keys, apiUrl: string, port: number): Readonly<Record<string, string>> {
  return {
    CHAOSGATE_APP_ID: String(APP_ID),
    CHAOSGATE_APP_KEY_FILE: keys.appKeyFile,
    CHAOSGATE_WEBHOOK_SECRET_FILE: keys.webhookSecretFile,
    CHAOSGATE_TICKET_KEY_FILE: keys.ticketKeyFile,
    CHAOSGATE_GITHUB_API_URL: apiUrl,
    CHAOSGATE_GITHUB_THROTTLE: "off",
    CHAOSGATE_LISTEN: `127.0.0.1:${port}`,
  };
}

/** What the app may do and hears of is read from app.yml, so that the story proves that file to be enough. */
function appManifest(): { readonly permissions: Permissions; readonly events: readonly string[] } {
  const manifest = load(readFileSync("app.yml", "utf8")) as {
    default_permissions: Permissions;
    default_events: string[];
  };
  return { permissions: manifest.default_permissions, events: manifest.default_events };
}

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
