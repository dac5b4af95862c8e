import { addCommit, type Commit, type FileChanges, historyOf } from "../git/store.ts";
import { simpleCommit } from "../json/git.ts";
import { fullPullRequest } from "../json/pull-request.ts";
import { fullRepository } from "../json/repository.ts";
import { pageUrl } from "../json/urls.ts";
import type { PullRequest, Repository } from "../repository.ts";
import { announce, type User, type World } from "../world.ts";
import { requestSuites } from "./check-suites.ts";

const NO_COMMIT = "0".repeat(40);

/** Commits file changes onto a branch, which starts at the default branch when it is new. */
export function push(
  world: World,
  repository: Repository,
  by: User,
  what: { readonly branch: string; readonly changes: FileChanges; readonly message: string; readonly force?: boolean },
): Commit {
  const { git } = repository;
  const start = git.branches.get(what.force === true ? repository.defaultBranch : what.branch);
  const parent = start ?? git.branches.get(repository.defaultBranch);
  const author = { name: by.login, email: `${by.id}+${by.login}@users.noreply.localhost`, at: world.clock.now() };
  const parents = parent === undefined ? [] : [parent];
  const commit = addCommit(git, { parents, changes: what.changes, author, message: what.message });
  moveBranch(world, repository, by, what.branch, commit.sha, what.force);
  return commit;
}

/** Points a branch at a commit and tells everybody what follows from it: the push, open pull requests, check suites. */
export function moveBranch(
  world: World,
  repository: Repository,
  by: User,
  branch: string,
  sha: string,
  force = false,
): void {
  const before = repository.git.branches.get(branch);
  if (before === sha) return;
  repository.git.branches.set(branch, sha);
  repository.activities.push({
    id: world.nextId(),
    by,
    branch,
    before: before ?? NO_COMMIT,
    after: sha,
    type: before === undefined ? "branch_creation" : force ? "force_push" : "push",
    at: world.clock.now(),
  });
  repository.pushedAt = world.clock.now();
  world.emit({
    event: "push",
    repository,
    sender: by,
    payload: pushPayload(world, repository, by, { branch, before, sha, force }),
  });
  for (const { home, pull } of openPullsFrom(world, repository, branch)) synchronize(world, home, pull, by, sha);
  requestSuites(world, repository, by, branch, sha);
  announce(world, repository);
}

function openPullsFrom(world: World, repository: Repository, branch: string) {
  return [...world.repositories.values()].flatMap((home) =>
    home.pulls
      .filter(({ state, head }) => state === "open" && head.repository === repository && head.branch === branch)
      .map((pull) => ({ home, pull })),
  );
}

function synchronize(world: World, home: Repository, pull: PullRequest, by: User, sha: string): void {
  const before = pull.headSha;
  carryObjects(pull.head.repository, home);
  pull.headSha = sha;
  pull.updatedAt = world.clock.now();
  pull.timeline.push({ at: world.clock.now(), by, what: "pushed", detail: sha });
  const payload = { number: pull.number, before, after: sha, pull_request: fullPullRequest(world, home, pull) };
  world.emit({ event: "pull_request", action: "synchronize", repository: home, sender: by, payload });
  announce(world, home, pull.number);
}

/** A pull request's commits can be read in the repository it asks to enter, also when they come from a fork. */
export function carryObjects(from: Repository, to: Repository): void {
  if (from === to) return;
  for (const kind of ["blobs", "trees", "commits"] as const) {
    const target: Map<string, unknown> = to.git[kind];
    for (const [sha, object] of from.git[kind]) target.set(sha, object);
  }
}

function pushPayload(
  world: World,
  repository: Repository,
  by: User,
  move: { readonly branch: string; readonly before: string | undefined; readonly sha: string; readonly force: boolean },
) {
  const commits = historyOf(repository.git, move.sha, move.before).slice(0, 20).reverse();
  const described = commits.map((commit) => commitOfPush(world, repository, commit));
  return {
    ref: `refs/heads/${move.branch}`,
    before: move.before ?? NO_COMMIT,
    after: move.sha,
    created: move.before === undefined,
    deleted: false,
    forced: move.force,
    base_ref: null,
    compare: pageUrl(world, repository, `/compare/${move.before ?? NO_COMMIT}...${move.sha}`),
    commits: described,
    head_commit: described.at(-1) ?? null,
    pusher: { name: by.login, email: `${by.login}@users.noreply.localhost` },
    repository: pushedRepository(world, repository),
  };
}

/** The push event alone tells a repository's times in seconds. */
function pushedRepository(world: World, repository: Repository) {
  const seconds = (unixMs: number) => Math.floor(unixMs / 1000);
  return {
    ...fullRepository(world, repository),
    created_at: seconds(repository.createdAt),
    pushed_at: seconds(repository.pushedAt),
    stargazers: 0,
    master_branch: repository.defaultBranch,
  };
}

function commitOfPush(world: World, repository: Repository, commit: Commit) {
  const before = repository.git.commits.get(commit.parents[0] ?? "")?.files ?? new Map<string, string>();
  const paths = [...commit.files.keys()];
  return {
    ...simpleCommit(commit),
    distinct: true,
    url: pageUrl(world, repository, `/commit/${commit.sha}`),
    added: paths.filter((path) => !before.has(path)),
    modified: paths.filter((path) => before.has(path) && before.get(path) !== commit.files.get(path)),
    removed: [...before.keys()].filter((path) => !commit.files.has(path)),
  };
}
