import { type Repository, where } from "./repository.ts";

/** The last word of one person's reviews; comments take nothing back, as on GitHub's own page. */
export type Decision = {
  readonly login: string;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "DISMISSED";
  readonly commit: string;
  /** Unix milliseconds, on a whole second. */
  readonly submittedAt: number;
};

/** What people decided in reviews of a pull request; apps decide nothing here. */
export async function decisionsOf(repository: Repository, pullRequest: number): Promise<readonly Decision[]> {
  const { octokit } = repository;
  const page = { ...where(repository), pull_number: pullRequest, per_page: 100 };
  const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, page);
  return lastWords(reviews);
}

type Listed = {
  readonly user: { readonly login: string; readonly type?: string } | null;
  readonly state: string;
  readonly commit_id: string | null;
  readonly submitted_at?: string | undefined;
};

/** GitHub lists reviews oldest first: the last one of each person that decides anything. */
export function lastWords(reviews: readonly Listed[]): readonly Decision[] {
  const last = new Map<string, Decision>();
  for (const { user, state, commit_id, submitted_at = "" } of reviews) {
    if (user === null || user.type === "Bot" || commit_id === null) continue;
    if (state !== "APPROVED" && state !== "CHANGES_REQUESTED" && state !== "DISMISSED") continue;
    const submittedAt = Date.parse(submitted_at);
    if (Number.isNaN(submittedAt)) continue;
    last.set(user.login.toLowerCase(), { login: user.login, state, commit: commit_id, submittedAt });
  }
  return [...last.values()];
}
