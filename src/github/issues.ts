// Issues of the app's own, found again by a marker. An App that was registered without permission to write issues goes without them:
// nothing that decides anything is in one.

import type { Bot } from "./bot.ts";
import { isOwn, type Repository, where } from "./repository.ts";

export type OwnIssue = { readonly number: number; readonly state: string; readonly body: string };

export type IssueDraft = { readonly title: string; readonly marker: string; readonly body: string };

/** GitHub refuses a longer body. */
const LONGEST_BODY = 65_536;

/** The app's newest issue with the marker; anybody could have copied a marker into theirs. */
export async function findIssue(repository: Repository, marker: string): Promise<OwnIssue | undefined> {
  const { octokit, self } = repository;
  const asked = { ...where(repository), creator: self.login, state: "all" as const, per_page: 100 };
  const { data } = await octokit.rest.issues.listForRepo(asked);
  const own = data.find((issue) => isOwn(repository, issue) && issue.body?.startsWith(marker));
  return own === undefined ? undefined : { number: own.number, state: own.state, body: own.body ?? "" };
}

/** Opens an issue; false, and a line in the log, where the app may not or the repository has no issues. */
export async function openIssue(
  repository: Repository,
  bot: Bot,
  { title, marker, body }: IssueDraft,
): Promise<boolean> {
  try {
    await repository.octokit.rest.issues.create({ ...where(repository), title, body: bodyOf(marker, body) });
    return true;
  } catch (error) {
    // 403: no permission, 410: issues are off.
    const { status } = error as { readonly status?: unknown };
    if (status !== 403 && status !== 410) throw error;
    bot.log.warn({ err: error, repository: repository.name, title }, "GitHub took no issue");
    return false;
  }
}

/** Writes an issue anew where it says something else. */
export async function rewriteIssue(
  repository: Repository,
  issue: OwnIssue,
  marker: string,
  body: string,
): Promise<void> {
  const text = bodyOf(marker, body);
  if (issue.body === text) return;
  await repository.octokit.rest.issues.update({ ...where(repository), issue_number: issue.number, body: text });
}

export async function closeIssue(repository: Repository, number: number): Promise<void> {
  await repository.octokit.rest.issues.update({ ...where(repository), issue_number: number, state: "closed" });
}

function bodyOf(marker: string, body: string): string {
  return `${marker}\n${body}`.slice(0, LONGEST_BODY);
}
