import { forbidden, invalid, Refusal } from "../api/refusal.ts";
import { mergedFiles } from "../git/changes.ts";
import { addCommitOfFiles, type Commit } from "../git/store.ts";
import { fullPullRequest } from "../json/pull-request.ts";
import { commitsOf } from "../pulls.ts";
import { atLeast, nextNumber, type PullRequest, type Repository, roleOf } from "../repository.ts";
import { announce, type User, type World } from "../world.ts";
import { carryObjects, moveBranch } from "./push.ts";

/** Opens a pull request from a branch, here or in a fork, onto a branch of `repository`. */
export function openPullRequest(
  world: World,
  repository: Repository,
  by: User,
  what: {
    readonly title: string;
    readonly body: string;
    readonly from: Repository;
    readonly branch: string;
    readonly base: string;
  },
): PullRequest {
  const headSha = what.from.git.branches.get(what.branch);
  const baseSha = repository.git.branches.get(what.base);
  if (headSha === undefined) throw invalid({ resource: "PullRequest", field: "head", code: "invalid" });
  if (baseSha === undefined) throw invalid({ resource: "PullRequest", field: "base", code: "invalid" });
  carryObjects(what.from, repository);
  const pull = newPull(world, repository, by, { ...what, headSha, baseSha });
  refuseEmptyOrDouble(repository, pull);
  repository.pulls.push(pull);
  emitPull(world, repository, pull, by, "opened");
  return pull;
}

/** Closes or reopens; a merged pull request stays as it is, and one whose branch is gone cannot come back. */
export function setState(world: World, repository: Repository, pull: PullRequest, by: User, open: boolean): void {
  if (pull.state === (open ? "open" : "closed")) return;
  if (pull.merged) throw invalid({ resource: "PullRequest", field: "state", code: "invalid" });
  pull.state = open ? "open" : "closed";
  pull.closedAt = open ? undefined : world.clock.now();
  if (open) pull.headSha = pull.head.repository.git.branches.get(pull.head.branch) ?? pull.headSha;
  pull.timeline.push({ at: world.clock.now(), by, what: open ? "reopened" : "closed", detail: "" });
  emitPull(world, repository, pull, by, open ? "reopened" : "closed");
}

/** Moves a pull request onto another branch, and says from which. */
export function retarget(world: World, repository: Repository, pull: PullRequest, by: User, base: string): void {
  const baseSha = repository.git.branches.get(base);
  if (baseSha === undefined) throw invalid({ resource: "PullRequest", field: "base", code: "invalid" });
  const before = { ref: { from: pull.base }, sha: { from: pull.baseSha } };
  pull.base = base;
  pull.baseSha = baseSha;
  emitPull(world, repository, pull, by, "edited", { changes: { base: before } });
}

/** Merges as GitHub would, or says why not: 405 for what is not allowed now, 409 for a head that has moved. */
export function mergePullRequest(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: User,
  how: {
    readonly expectedSha?: string | undefined;
    readonly squash?: boolean;
    readonly message?: string | undefined;
  } = {},
): Commit {
  if (!atLeast(roleOf(repository, by), "write") && by.type !== "Bot") throw forbidden("You're not authorized to push.");
  if (pull.state === "closed") throw new Refusal(405, "Pull Request is not mergeable");
  if (how.expectedSha !== undefined && how.expectedSha !== pull.headSha) {
    throw new Refusal(409, "Head branch was modified. Review and try the merge again.");
  }
  refuseMissingChecks(repository, pull);
  const commit = mergeCommit(world, repository, pull, by, how);
  const at = world.clock.now();
  pull.merged = { at, by, sha: commit.sha };
  pull.state = "closed";
  pull.closedAt = at;
  pull.timeline.push({ at, by, what: "merged", detail: commit.sha });
  moveBranch(world, repository, by, pull.base, commit.sha);
  emitPull(world, repository, pull, by, "closed");
  return commit;
}

/** Tells the apps, and whoever watches, what happened to a pull request. */
export function emitPull(
  world: World,
  repository: Repository,
  pull: PullRequest,
  sender: User,
  action: string,
  more: Readonly<Record<string, unknown>> = {},
): void {
  pull.updatedAt = world.clock.now();
  const payload = { number: pull.number, pull_request: fullPullRequest(world, repository, pull), ...more };
  world.emit({ event: "pull_request", action, repository, sender, payload });
  announce(world, repository, pull.number);
}

function newPull(
  world: World,
  repository: Repository,
  author: User,
  what: {
    title: string;
    body: string;
    from: Repository;
    branch: string;
    base: string;
    headSha: string;
    baseSha: string;
  },
): PullRequest {
  const at = world.clock.now();
  return {
    id: world.nextId(),
    issueId: world.nextId(),
    number: nextNumber(repository),
    title: what.title,
    body: what.body,
    author,
    head: { repository: what.from, branch: what.branch },
    headSha: what.headSha,
    base: what.base,
    baseSha: what.baseSha,
    state: "open",
    locked: false,
    labels: [],
    comments: [],
    reviews: [],
    timeline: [],
    createdAt: at,
    updatedAt: at,
    closedAt: undefined,
    merged: undefined,
  };
}

function refuseEmptyOrDouble(repository: Repository, pull: PullRequest): void {
  const says = (message: string) => invalid({ resource: "PullRequest", code: "custom", message });
  if (commitsOf(repository, pull).length === 0) {
    throw says(`No commits between ${pull.base} and ${pull.head.branch}`);
  }
  const twin = repository.pulls.find(
    ({ state, head, base }) =>
      state === "open" &&
      head.repository === pull.head.repository &&
      head.branch === pull.head.branch &&
      base === pull.base,
  );
  if (twin) throw says(`A pull request already exists for ${repository.owner.login}:${pull.head.branch}.`);
}

/** GitHub lets success, neutral and skipped pass a required check, and waits for one that never reported. */
const PASSING: readonly (string | null)[] = ["success", "neutral", "skipped"];

function refuseMissingChecks(repository: Repository, pull: PullRequest): void {
  if (pull.base !== repository.defaultBranch) return;
  for (const name of repository.requiredChecks) {
    const run = repository.checkRuns.findLast((check) => check.name === name && check.headSha === pull.headSha);
    if (run && PASSING.includes(run.conclusion)) continue;
    const state = run === undefined || run.conclusion === null ? "is expected" : "is failing";
    throw new Refusal(405, `Required status check "${name}" ${state}.`);
  }
}

/** The commit that merging now would make. */
export function mergeCommit(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: User,
  how: { readonly squash?: boolean; readonly message?: string | undefined },
): Commit {
  const { git } = repository;
  const base = git.commits.get(git.branches.get(pull.base) ?? "");
  const head = git.commits.get(pull.headSha);
  if (base === undefined || head === undefined) throw new Refusal(405, "Pull Request is not mergeable");
  const files = mergedFiles(git, base, head);
  if (files === undefined) throw new Refusal(405, "Pull Request is not mergeable");
  const author = { name: by.login, email: `${by.login}@users.noreply.localhost`, at: world.clock.now() };
  const title = how.squash
    ? `${pull.title} (#${pull.number})`
    : `Merge pull request #${pull.number} from ${pull.head.branch}`;
  const parents = how.squash ? [base.sha] : [base.sha, head.sha];
  return addCommitOfFiles(git, { parents, files, author, message: how.message ?? title });
}
