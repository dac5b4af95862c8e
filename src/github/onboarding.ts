// A repository on which the app was installed: where it has no settings, an issue says what would be looked at and proposes them. The
// app writes no file, because it must not be able to; whoever follows the link does.

import { foldersOf, mayHoldManifests, renderInvitation } from "../review/invitation.ts";
import type { Bot } from "./bot.ts";
import { readFile } from "./contents.ts";
import { SETTINGS_PATH } from "./delivery.ts";
import { closeIssue, findIssue, openIssue } from "./issues.ts";
import { isNotFound, type Repository, where } from "./repository.ts";

const MARKER = "<!-- chaosgate:invitation -->";
const TITLE = "Set up chaosgate";

/** Invites once: who closed the invitation is not asked again. */
export async function invite(repository: Repository, bot: Bot): Promise<void> {
  if ((await readFile(repository, SETTINGS_PATH, repository.defaultBranch)) !== undefined) return;
  if ((await findIssue(repository, MARKER)) !== undefined) return;
  const { paths, complete } = await filesOf(repository);
  const manifests = paths.filter(mayHoldManifests);
  const newFile = (path: string, text: string) => newFileUrl(repository, path, text);
  const body = renderInvitation({ manifests, complete, newFile });
  const opened = await openIssue(repository, bot, { title: TITLE, marker: MARKER, body });
  if (opened) bot.log.info({ repository: repository.name, folders: foldersOf(manifests).length }, "invited");
}

/** The settings are there: the invitation has served its purpose. Decorative: a failure is logged and nobody else's problem. */
export async function endInvitation(repository: Repository, bot: Bot): Promise<void> {
  try {
    const found = await findIssue(repository, MARKER);
    if (found?.state !== "open") return;
    if ((await readFile(repository, SETTINGS_PATH, repository.defaultBranch)) === undefined) return;
    await closeIssue(repository, found.number);
  } catch (error) {
    bot.log.warn({ err: error, repository: repository.name }, "the invitation could not be closed");
  }
}

/** Every file of the default branch; GitHub cuts the list of a very large one. */
async function filesOf(
  repository: Repository,
): Promise<{ readonly paths: readonly string[]; readonly complete: boolean }> {
  const asked = { ...where(repository), tree_sha: repository.defaultBranch, recursive: "1" };
  try {
    const { data } = await repository.octokit.rest.git.getTree(asked);
    const files = data.tree.filter(({ type }) => type === "blob").flatMap(({ path }) => path ?? []);
    return { paths: files.sort(), complete: !data.truncated };
  } catch (error) {
    // A repository without a commit has no tree: 404, or 409 "Git Repository is empty".
    if (isNotFound(error) || (error as { status?: unknown }).status === 409) return { paths: [], complete: true };
    throw error;
  }
}

function newFileUrl({ pageUrl, defaultBranch }: Repository, path: string, text: string): string {
  const query = new URLSearchParams({ filename: path, value: text });
  return `${pageUrl}/new/${defaultBranch.split("/").map(encodeURIComponent).join("/")}?${query}`;
}
