import { unprocessable } from "../api/refusal.ts";
import type { Repository } from "../repository.ts";
import type { User, World } from "../world.ts";
import { setState } from "./pull-requests.ts";
import { moveBranch } from "./push.ts";

/** Renames a branch. To those who look at it as a head it is gone: their pull requests are closed, as by its deletion. */
export function renameBranch(world: World, repository: Repository, by: User, from: string, to: string): void {
  const sha = repository.git.branches.get(from);
  if (sha === undefined || repository.git.branches.has(to)) throw unprocessable(`Could not rename ${from} to ${to}`);
  moveBranch(world, repository, by, to, sha);
  repository.git.branches.delete(from);
  for (const pull of repository.pulls) {
    const gone = pull.state === "open" && pull.head.repository === repository && pull.head.branch === from;
    if (gone) setState(world, repository, pull, by, false);
  }
}
