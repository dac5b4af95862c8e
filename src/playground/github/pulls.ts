import { changesBetween, type FileChange, mergedFiles } from "./git/changes.ts";
import { type Commit, historyOf, mergeBase } from "./git/store.ts";
import type { PullRequest, Repository } from "./repository.ts";

/** What a pull request changes, seen from where its branch left the base. */
export function filesOf(repository: Repository, pull: PullRequest): readonly FileChange[] {
  return comparison(repository, pull.baseSha, pull.headSha).files;
}

/** The commits of a pull request, oldest first. */
export function commitsOf(repository: Repository, pull: PullRequest): readonly Commit[] {
  return [...historyOf(repository.git, pull.headSha, pull.baseSha)].reverse();
}

/** Whether the head merges into the base's branch of now without a conflict. */
export function isMergeable(repository: Repository, pull: PullRequest): boolean {
  const base = repository.git.commits.get(repository.git.branches.get(pull.base) ?? "");
  const head = repository.git.commits.get(pull.headSha);
  return base !== undefined && head !== undefined && mergedFiles(repository.git, base, head) !== undefined;
}

/** Open pull requests of this repository's own branches whose head is that commit; a fork's are not told. */
export function pullsOf(repository: Repository, sha: string): readonly PullRequest[] {
  return repository.pulls.filter(
    (pull) => pull.state === "open" && pull.headSha === sha && pull.head.repository === repository,
  );
}

/** What lies between two commits: files from their merge base to the head, as `base...head` compares. */
export function comparison(
  repository: Repository,
  baseSha: string,
  headSha: string,
): { readonly files: readonly FileChange[]; readonly base: Commit | undefined } {
  const base = mergeBase(repository.git, headSha, baseSha);
  const head = repository.git.commits.get(headSha);
  if (head === undefined) throw new Error(`no commit ${headSha} in ${repository.fullName}`);
  return { files: changesBetween(repository.git, base?.files ?? new Map(), head.files), base };
}
