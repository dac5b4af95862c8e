import { isNotFound, type Repository, where } from "./repository.ts";

/** What GitHub says of somebody's standing in a repository at this moment. */
export type Standing = {
  readonly login: string;
  /** `read`, `triage`, `write`, `maintain`, `admin`, or a custom role's name. */
  readonly role: string;
  /** What the role amounts to, for the bars that are not named in the settings. */
  readonly level: "none" | "read" | "write" | "admin";
};

/** Who holds a capability in the settings. */
export type Capability = { readonly roles: readonly string[]; readonly users: readonly string[] };

/** Asks the collaborator permission API; `author_association` is never used. */
export async function standingOf(repository: Repository, login: string): Promise<Standing> {
  try {
    const { data } = await repository.octokit.rest.repos.getCollaboratorPermissionLevel({
      ...where(repository),
      username: login,
    });
    return { login, role: data.role_name || data.permission, level: levelOf(data.permission) };
  } catch (error) {
    // 404 = GitHub knows nobody of this name here.
    if (isNotFound(error)) return { login, role: "none", level: "none" };
    throw error;
  }
}

/** Whether somebody holds a capability, by role or by name. */
export function holds({ roles, users }: Capability, { login, role }: Standing): boolean {
  return roles.includes(role) || users.some((user) => user.toLowerCase() === login.toLowerCase());
}

/** Whether the standing is at least `write`. */
export function mayWrite({ level }: Standing): boolean {
  return level === "write" || level === "admin";
}

function levelOf(permission: string): Standing["level"] {
  return permission === "admin" || permission === "write" || permission === "read" ? permission : "none";
}
