import type { PullRequest, Repository } from "../repository.ts";
import type { User, World } from "../world.ts";

/** Below the root of the API. */
export function apiUrl(world: World, path = ""): string {
  return `${world.baseUrl}${world.apiRoot}${path}`;
}

export function repositoryUrl(world: World, repository: Repository, path = ""): string {
  return apiUrl(world, `/repos/${repository.fullName}${path}`);
}

/** The page of a repository, or of something in it. */
export function pageUrl(world: World, repository: Repository, path = ""): string {
  return `${world.baseUrl}/${repository.fullName}${path}`;
}

export function pullPageUrl(world: World, repository: Repository, pull: PullRequest): string {
  return pageUrl(world, repository, `/pull/${pull.number}`);
}

export function userUrl(world: World, user: User, path = ""): string {
  return apiUrl(world, `/users/${encodeURIComponent(user.login)}${path}`);
}

/** GitHub's times: whole seconds, UTC. */
export function isoTime(unixMs: number): string {
  return new Date(unixMs).toISOString().replace(/\.\d{3}Z$/, "Z");
}
