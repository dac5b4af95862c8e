import type { Octokit } from "./octokit.ts";

/** This app, as GitHub names it in what it wrote. */
export type Identity = { readonly appId: number; readonly login: string };

/** One repository as one installation of the app sees it; everything on GitHub is reached through this. */
export type Repository = {
  readonly octokit: Octokit;
  readonly self: Identity;
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly installationId: number;
  readonly defaultBranch: string;
  readonly isPublic: boolean;
  /** Where people look at it. */
  readonly pageUrl: string;
};

/** Looks the repository up again: a payload's default branch and visibility may be of another day. */
export async function openRepository(
  octokit: Octokit,
  self: Identity,
  { owner, name, installationId }: { readonly owner: string; readonly name: string; readonly installationId: number },
): Promise<Repository> {
  const { data } = await octokit.rest.repos.get({ owner, repo: name });
  return {
    octokit,
    self,
    id: data.id,
    owner: data.owner.login,
    name: data.name,
    installationId,
    defaultBranch: data.default_branch,
    isPublic: !data.private,
    pageUrl: data.html_url,
  };
}

/** The two path parameters of nearly every route. */
export function where({ owner, name }: Repository): { readonly owner: string; readonly repo: string } {
  return { owner, repo: name };
}

type Signed = {
  readonly performed_via_github_app?: { readonly id: number } | null;
  readonly user?: { readonly login: string } | null;
  readonly creator?: { readonly login: string } | null;
};

/** Whether this app wrote something; GitHub leaves out the app on some routes, where the bot's own login stands in. */
export function isOwn({ self }: Repository, { performed_via_github_app: app, user, creator }: Signed): boolean {
  return app ? app.id === self.appId : (user ?? creator)?.login === self.login;
}

/** Whether GitHub said that something is not there. */
export function isNotFound(error: unknown): boolean {
  return (error as { status?: unknown } | null)?.status === 404;
}
