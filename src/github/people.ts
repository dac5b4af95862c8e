import type { CapabilityList } from "../settings/environment.ts";
import { isNotFound, type Repository, where } from "./repository.ts";

/** What GitHub says of somebody's standing in a repository at this moment. */
export type Standing = {
  readonly login: string;
  /** `read`, `triage`, `write`, `maintain`, `admin`, or a custom role's name. */
  readonly role: string;
  /** What the role amounts to, for the bars that are not named in the settings. */
  readonly level: "none" | "read" | "write" | "admin";
  /** Those of the teams that were asked about. */
  readonly teams: readonly string[];
};

/** Somebody GitHub does not name: of an account that is gone, or where nobody asks. */
export const NOBODY: Standing = { login: "ghost", role: "none", level: "none", teams: [] };

/**
 * Asks the collaborator permission API, and for each of `teams` (slugs in the repository's organization) whether the person is in
 * it. `author_association` is never used. A team that is not asked about is one that nobody is in.
 */
export async function standingOf(
  repository: Repository,
  login: string,
  teams: readonly string[] = [],
): Promise<Standing> {
  try {
    const { data } = await repository.octokit.rest.repos.getCollaboratorPermissionLevel({
      ...where(repository),
      username: login,
    });
    const role = data.role_name || data.permission;
    return { login, role, level: levelOf(data.permission), teams: await teamsOf(repository, login, teams) };
  } catch (error) {
    // 404 = GitHub knows nobody of this name here.
    if (isNotFound(error)) return { login, role: "none", level: "none", teams: [] };
    throw error;
  }
}

async function teamsOf(repository: Repository, login: string, slugs: readonly string[]): Promise<readonly string[]> {
  const asked = [...new Set(slugs)].map(async (slug) => ({ slug, member: await isMember(repository, login, slug) }));
  return (await Promise.all(asked)).filter(({ member }) => member).map(({ slug }) => slug);
}

/** An invitation that nobody has accepted is no membership. */
async function isMember({ octokit, owner }: Repository, username: string, team_slug: string): Promise<boolean> {
  try {
    const { data } = await octokit.rest.teams.getMembershipForUserInOrg({ org: owner, team_slug, username });
    return data.state === "active";
  } catch (error) {
    // 404 = not in the team, or there is no such team; 403 = the app may not know, and then nobody is in it.
    if (isNotFound(error) || (error as { status?: unknown }).status === 403) return false;
    throw error;
  }
}

/** Whether somebody holds a capability, by role, by name or by team. Whoever cannot even read holds none. */
export function holds({ roles, users, teams }: CapabilityList, by: Standing): boolean {
  if (by.level === "none") return false;
  return (
    roles.includes(by.role) ||
    users.some((user) => isSame(user, by.login)) ||
    teams.some((team) => by.teams.includes(team))
  );
}

/** Whether the standing is at least `write`. */
export function mayWrite({ level }: Standing): boolean {
  return level === "write" || level === "admin";
}

/** Whether two logins are one account's: GitHub keeps their case and does not look at it. */
export function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function levelOf(permission: string): Standing["level"] {
  return permission === "admin" || permission === "write" || permission === "read" ? permission : "none";
}
