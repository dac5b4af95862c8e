import type { ChangedFile } from "../review/suggestions.ts";
import { bytesOfAdded } from "./added-file.ts";
import { isNotFound, type Repository, where } from "./repository.ts";

/** A pull request as it is now. */
export type PullRequest = {
  readonly number: number;
  readonly nodeId: string;
  readonly author: string;
  readonly open: boolean;
  readonly merged: boolean;
  readonly mergedBy?: string;
  readonly mergeSha?: string;
  readonly locked: boolean;
  readonly fromFork: boolean;
  readonly headSha: string;
  readonly headBranch: string;
  readonly baseSha: string;
  readonly baseBranch: string;
  readonly labels: readonly string[];
  readonly changedFiles: number;
};

/** Reads a pull request. */
export async function readPullRequest(repository: Repository, number: number): Promise<PullRequest> {
  const { data } = await repository.octokit.rest.pulls.get({ ...where(repository), pull_number: number });
  return {
    number,
    nodeId: data.node_id,
    author: data.user.login,
    open: data.state === "open",
    merged: data.merged,
    ...(data.merged_by && { mergedBy: data.merged_by.login }),
    ...(data.merged && data.merge_commit_sha && { mergeSha: data.merge_commit_sha }),
    locked: data.locked,
    fromFork: data.head.repo?.id !== data.base.repo.id,
    headSha: data.head.sha,
    headBranch: data.head.ref,
    baseSha: data.base.sha,
    baseBranch: data.base.ref,
    labels: data.labels.map(({ name }) => name),
    changedFiles: data.changed_files,
  };
}

/** Reads a pull request; undefined when the number is an issue's. */
export async function findPullRequest(repository: Repository, number: number): Promise<PullRequest | undefined> {
  try {
    return await readPullRequest(repository, number);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** GitHub lists at most this many files of a pull request; beyond it a review is incomplete and never green. */
const MOST_FILES = 3000;

export type ChangedFiles = {
  /** That exist at the head and were added, changed or renamed by the pull request. */
  readonly files: readonly ChangedFile[];
  /** Paths that exist at the base and are changed, renamed or removed. */
  readonly basePaths: readonly string[];
  /** The bytes at the head of files that the pull request adds, where GitHub's list gives them. */
  readonly added: ReadonlyMap<string, Buffer>;
  readonly complete: boolean;
};

/** What a pull request touches. */
export async function changedFiles(repository: Repository, pr: PullRequest): Promise<ChangedFiles> {
  const { octokit } = repository;
  const files = await octokit.paginate(octokit.rest.pulls.listFiles, {
    ...where(repository),
    pull_number: pr.number,
    per_page: 100,
  });
  const present = files.filter(({ status }) => status !== "removed");
  const basePaths = files.flatMap(({ status, filename, previous_filename: before = filename }) =>
    status === "added" || status === "copied" ? [] : [before],
  );
  const added = present.flatMap((file): [string, Buffer][] => {
    const bytes = bytesOfAdded(file, pr.headSha);
    return bytes === undefined ? [] : [[file.filename, bytes]];
  });
  return {
    files: present.map(({ filename: path, patch }) => ({ path, ...(patch !== undefined && { patch }) })),
    basePaths,
    added: new Map(added),
    complete: files.length >= Math.min(pr.changedFiles, MOST_FILES + 1),
  };
}

/** Every open pull request whose head is this commit. */
export async function pullRequestsOf(repository: Repository, headSha: string): Promise<readonly number[]> {
  const { octokit } = repository;
  const page = { ...where(repository), state: "open" as const, per_page: 100 };
  const open = await octokit.paginate(octokit.rest.pulls.list, page);
  return open.filter(({ head }) => head.sha === headSha).map(({ number }) => number);
}

/** The hundred open pull requests that changed last, newest first. */
export async function openPullRequests(
  repository: Repository,
): Promise<readonly { readonly number: number; readonly headSha: string }[]> {
  const { data } = await repository.octokit.rest.pulls.list({
    ...where(repository),
    state: "open",
    sort: "updated",
    direction: "desc",
    per_page: 100,
  });
  return data.map(({ number, head }) => ({ number, headSha: head.sha }));
}

/** Commits after the newest one that `login` has reviewed, oldest first; all of them (GitHub gives 250) without a review. */
export async function commitsSinceReview(
  repository: Repository,
  number: number,
  login: string,
): Promise<readonly string[]> {
  const { octokit } = repository;
  const page = { ...where(repository), pull_number: number, per_page: 100 };
  const [commits, reviews] = await Promise.all([
    octokit.paginate(octokit.rest.pulls.listCommits, page),
    octokit.paginate(octokit.rest.pulls.listReviews, page),
  ]);
  const reviewed = reviews.filter(({ user }) => user?.login === login).map(({ commit_id }) => commit_id);
  const shas = commits.map(({ sha }) => sha);
  return shas.slice(1 + shas.findLastIndex((sha) => reviewed.includes(sha)));
}

/** Whether the comment still stands as it was written; a deleted or edited one commands nothing. */
export async function commentStands(repository: Repository, id: number, body: string): Promise<boolean> {
  try {
    const { data } = await repository.octokit.rest.issues.getComment({ ...where(repository), comment_id: id });
    return data.body === body;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Adds or removes a label; already so is success. */
export async function setLabel(repository: Repository, number: number, label: string, on: boolean): Promise<void> {
  const { issues } = repository.octokit.rest;
  const issue = { ...where(repository), issue_number: number };
  if (on) {
    await issues.addLabels({ ...issue, labels: [label] });
    return;
  }
  await issues.removeLabel({ ...issue, name: label }).catch((error: unknown) => {
    // 404 = the label is not on this pull request.
    if (!isNotFound(error)) throw error;
  });
}
