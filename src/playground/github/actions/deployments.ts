import { invalid, Refusal } from "../api/refusal.ts";
import { resolveRef } from "../git/store.ts";
import type { Deployment, DeploymentStatus, Repository } from "../repository.ts";
import { type Author, announce, type World } from "../world.ts";

export type NewDeployment = Pick<
  Deployment,
  "ref" | "task" | "environment" | "description" | "payload" | "transient" | "production"
> & {
  /** Absent: every check of the commit must have passed, GitHub's default. */
  readonly requiredContexts: readonly string[] | undefined;
};

/** Creates a deployment; 409 while checks that it waits for have not passed. */
export function createDeployment(world: World, repository: Repository, by: Author, what: NewDeployment): Deployment {
  const commit = resolveRef(repository.git, what.ref);
  if (commit === undefined) {
    throw invalid({ resource: "Deployment", code: "custom", message: `No ref found for: ${what.ref}` });
  }
  refuseFailingChecks(repository, commit.sha, what.requiredContexts);
  const { requiredContexts: _, ...rest } = what;
  const deployment: Deployment = {
    id: world.nextId(),
    by,
    ...rest,
    sha: commit.sha,
    at: world.clock.now(),
    statuses: [],
  };
  repository.deployments.push(deployment);
  announceDeployment(world, repository, deployment);
  return deployment;
}

/** Adds a status; a success makes earlier deployments of the environment inactive unless that is declined. */
export function addDeploymentStatus(
  world: World,
  repository: Repository,
  deployment: Deployment,
  by: Author,
  what: Omit<DeploymentStatus, "id" | "by" | "at"> & { readonly autoInactive: boolean },
): DeploymentStatus {
  const { autoInactive, ...rest } = what;
  const status = { id: world.nextId(), by, at: world.clock.now(), ...rest };
  deployment.statuses.push(status);
  if (what.state === "success" && autoInactive) retireOthers(world, repository, deployment, by);
  announceDeployment(world, repository, deployment);
  return status;
}

function retireOthers(world: World, repository: Repository, current: Deployment, by: Author): void {
  for (const other of repository.deployments) {
    const isOlder = other !== current && other.environment === current.environment;
    if (!isOlder || other.production || other.transient || other.statuses.at(-1)?.state !== "success") continue;
    const blank = { description: "", environment: other.environment, logUrl: "", environmentUrl: "" };
    other.statuses.push({ id: world.nextId(), by, at: world.clock.now(), state: "inactive", ...blank });
  }
}

function refuseFailingChecks(repository: Repository, sha: string, contexts: readonly string[] | undefined): void {
  const runs = repository.checkRuns.filter(
    ({ headSha, name }) => headSha === sha && (contexts?.includes(name) ?? true),
  );
  const unreported = (contexts ?? []).some((name) => !runs.some((run) => run.name === name));
  if (unreported || runs.some(({ conclusion }) => conclusion !== "success")) {
    throw new Refusal(409, `Conflict: Commit status checks failed for ${sha}.`);
  }
}

function announceDeployment(world: World, repository: Repository, deployment: Deployment): void {
  announce(world, repository);
  for (const pull of repository.pulls) {
    if (pull.headSha === deployment.sha || pull.merged?.sha === deployment.sha)
      announce(world, repository, pull.number);
  }
}
