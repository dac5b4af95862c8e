import { checkSuiteJson } from "../json/check.ts";
import type { CheckSuite, Repository } from "../repository.ts";
import type { App, User, World } from "../world.ts";

/** Gives every app that may write checks its suite for a pushed commit, and asks it to fill it. */
export function requestSuites(world: World, repository: Repository, by: User, branch: string, sha: string): void {
  for (const { app, repositories } of world.installations.values()) {
    if (!repositories.includes(repository) || app.permissions.checks !== "write") continue;
    const suite = suiteOf(world, repository, app, sha, branch);
    emitSuite(world, repository, by, suite, "requested");
  }
}

/** The one suite of an app at a commit; made when it is first needed. */
export function suiteOf(world: World, repository: Repository, app: App, sha: string, branch?: string): CheckSuite {
  const known = repository.checkSuites.find((suite) => suite.app === app && suite.headSha === sha);
  if (known) return known;
  const headBranch = branch ?? branchAt(repository, sha);
  const suite = { id: world.nextId(), app, headSha: sha, headBranch, createdAt: world.clock.now() };
  repository.checkSuites.push(suite);
  return suite;
}

/** Tells the suite's own app of it. */
export function emitSuite(
  world: World,
  repository: Repository,
  sender: User,
  suite: CheckSuite,
  action: "requested" | "rerequested",
): void {
  const { repository: _, ...told } = checkSuiteJson(world, repository, suite);
  world.emit({
    event: "check_suite",
    action,
    repository,
    sender,
    payload: { check_suite: told },
    onlyApp: suite.app,
  });
}

function branchAt(repository: Repository, sha: string): string | null {
  return [...repository.git.branches].find(([, head]) => head === sha)?.[0] ?? null;
}
