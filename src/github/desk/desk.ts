// The bot's side of a runner's requests, after the channel has verified them: what GitHub holds becomes an answer, and what a
// runner says becomes checks, comments and deployment statuses. It keeps nothing between two requests.

import type { Desk, OpenClaims, Pin, RepositoryRef } from "../../run/desk.ts";
import type { Bot } from "../bot.ts";
import { type Haste, inHaste } from "../haste.ts";
import { isNotFound, openRepository, type Repository } from "../repository.ts";
import { readSettings } from "../settings-file.ts";
import { acceptPreview } from "./accept-preview.ts";
import { acceptReport } from "./accept-report.ts";
import { openClaims } from "./open-claims.ts";
import { standingClaims } from "./standing-claims.ts";

/** A desk on GitHub. What runners ask and tell goes first: a run whose reports find no ear stops after 45 s. */
export function createDesk(bot: Bot): Desk {
  const desk = unhurriedDesk(bot);
  return {
    pins: inHasteOf("first", desk.pins),
    openClaims: inHasteOf("first", desk.openClaims),
    standingClaims: inHasteOf("first", desk.standingClaims),
    acceptReport: inHasteOf("first", desk.acceptReport),
    // Completes a review: somebody waits for it, and nothing breaks meanwhile.
    acceptPreview: inHasteOf("people", desk.acceptPreview),
  };
}

function inHasteOf<In extends unknown[], Out>(haste: Haste, work: (...asked: In) => Promise<Out>) {
  return (...asked: In): Promise<Out> =>
    inHaste(
      () => haste,
      () => work(...asked),
    );
}

function unhurriedDesk(bot: Bot): Desk {
  const installations = new Map<string, number>();
  const open = (ref: RepositoryRef) => openInstalled(bot, ref, installations);
  return {
    pins: async (ref) => pinsOf(await open(ref)),
    openClaims: async (clusterId, grants) => {
      const answers = await Promise.all(
        grants.map(async ({ repository, environments }) => {
          const opened = await open(repository);
          return opened === undefined ? NOTHING : openClaims(opened, bot, clusterId, environments);
        }),
      );
      return { claims: answers.flatMap(({ claims }) => claims), previews: answers.flatMap(({ previews }) => previews) };
    },
    standingClaims: async (clusterId, grants) => {
      const answers = await Promise.all(
        grants.map(async ({ repository, environments }) => {
          const opened = await open(repository);
          return opened === undefined ? [] : standingClaims(opened, bot, clusterId, environments);
        }),
      );
      return answers.flat();
    },
    acceptReport: async (report) => acceptReport(required(await open(report.repository)), bot, report),
    acceptPreview: async ({ previewId, repository, snapshot }, { environments }) =>
      acceptPreview(required(await open(repository)), bot, { previewId, snapshot, environments }),
  };
}

const NOTHING: OpenClaims = { claims: [], previews: [] };

/** Undefined where the app is not installed: a runner may name any repository of the world. */
async function openInstalled(
  bot: Bot,
  { owner, name }: RepositoryRef,
  installations: Map<string, number>,
): Promise<Repository | undefined> {
  const key = `${owner}/${name}`;
  const installationId = installations.get(key) ?? (await installationOf(bot, owner, name));
  if (installationId === undefined) return undefined;
  installations.set(key, installationId);
  return openRepository(await bot.clientOf(installationId), bot.self, { owner, name, installationId });
}

async function installationOf(bot: Bot, owner: string, repo: string): Promise<number | undefined> {
  const octokit = await bot.clientOf();
  try {
    return (await octokit.rest.apps.getRepoInstallation({ owner, repo })).data.id;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function pinsOf(repository: Repository | undefined): Promise<readonly Pin[]> {
  if (repository === undefined) return [];
  const { environments } = await readSettings(repository);
  return Object.entries(environments).flatMap(([environment, { cluster, runnerKey }]) =>
    cluster === undefined || runnerKey === undefined ? [] : [{ environment, clusterId: cluster, runnerKey }],
  );
}

/** The signature was verified against this repository's settings a moment ago. */
function required(repository: Repository | undefined): Repository {
  if (repository === undefined) throw new Error("a repository with a verified runner is not installed");
  return repository;
}
