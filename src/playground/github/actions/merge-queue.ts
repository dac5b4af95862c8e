import { addCommit, type Commit, type FileChanges } from "../git/store.ts";
import { simpleCommit } from "../json/git.ts";
import type { PullRequest, Repository } from "../repository.ts";
import type { User, World } from "../world.ts";
import { mergeCommit } from "./pull-requests.ts";

/**
 * Builds a pull request onto its base on a branch of the queue, and asks every app that subscribed about that commit. `alsoIn` is
 * what those ahead of it in the queue bring along.
 */
export function enqueue(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: User,
  alsoIn: FileChanges = {},
): Commit {
  const baseSha = repository.git.branches.get(pull.base) ?? "";
  const merged = mergeCommit(world, repository, pull, by, {});
  const author = { name: by.login, email: `${by.login}@users.noreply.localhost`, at: world.clock.now() };
  const changed = { parents: [merged.sha], changes: alsoIn, author, message: "Those ahead in the queue" };
  const head = Object.keys(alsoIn).length === 0 ? merged : addCommit(repository.git, changed);
  const branch = `gh-readonly-queue/${pull.base}/pr-${pull.number}-${baseSha}`;
  repository.git.branches.set(branch, head.sha);
  const merge_group = {
    head_sha: head.sha,
    head_ref: `refs/heads/${branch}`,
    base_sha: baseSha,
    base_ref: `refs/heads/${pull.base}`,
    head_commit: simpleCommit(head),
  };
  world.emit({ event: "merge_group", action: "checks_requested", repository, sender: by, payload: { merge_group } });
  return head;
}
