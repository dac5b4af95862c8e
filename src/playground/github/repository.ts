import type { GitStore } from "./git/store.ts";
import type { App, Author, User } from "./world.ts";

/** GitHub's five roles of a collaborator, weakest first. */
export const ROLES = ["read", "triage", "write", "maintain", "admin"] as const;
export type Role = (typeof ROLES)[number];

export type Label = {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string;
};

export type ReactionContent = "+1" | "-1" | "laugh" | "confused" | "heart" | "hooray" | "rocket" | "eyes";
export type Reaction = {
  readonly id: number;
  readonly by: Author;
  readonly content: ReactionContent;
  readonly at: number;
};

export type Comment = {
  readonly id: number;
  readonly by: Author;
  body: string;
  readonly createdAt: number;
  updatedAt: number;
  readonly reactions: Reaction[];
  /** Present: folded away, with GitHub's classifier in lower case (`outdated`). */
  minimized?: string;
};

export type Review = {
  readonly id: number;
  readonly by: Author;
  state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  readonly body: string;
  readonly commitSha: string;
  readonly at: number;
  readonly comments: readonly ReviewComment[];
};

/** A review's word on lines of the diff, numbered as its commit has them. */
export type ReviewComment = {
  readonly id: number;
  readonly reviewId: number;
  readonly by: Author;
  readonly body: string;
  readonly path: string;
  readonly side: "LEFT" | "RIGHT";
  /** Present: the first of several lines, of which `line` is the last. */
  readonly startLine?: number;
  readonly line: number;
  readonly commitSha: string;
  readonly at: number;
};

/** What the conversation shows between the comments. */
export type TimelineEvent = {
  readonly at: number;
  readonly by: User;
  readonly what: "pushed" | "labeled" | "unlabeled" | "merged" | "closed" | "reopened" | "deployed";
  readonly detail: string;
};

export type PullRequest = {
  readonly id: number;
  readonly issueId: number;
  readonly number: number;
  title: string;
  body: string;
  readonly author: User;
  readonly head: { readonly repository: Repository; readonly branch: string };
  /** Frozen when the pull request is closed, as GitHub keeps what was last shown. */
  headSha: string;
  base: string;
  baseSha: string;
  state: "open" | "closed";
  locked: boolean;
  readonly labels: string[];
  readonly comments: Comment[];
  readonly reviews: Review[];
  readonly timeline: TimelineEvent[];
  readonly createdAt: number;
  updatedAt: number;
  closedAt: number | undefined;
  merged: { readonly at: number; readonly by: User; readonly sha: string } | undefined;
};

/** An issue that is no pull request; both are numbered together. */
export type Issue = {
  readonly id: number;
  readonly number: number;
  readonly by: Author;
  title: string;
  body: string;
  state: "open" | "closed";
  readonly createdAt: number;
  updatedAt: number;
  closedAt: number | undefined;
};

export type Annotation = {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly startColumn: number | null;
  readonly endColumn: number | null;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string | null;
  readonly message: string;
  readonly rawDetails: string | null;
};

export type CheckAction = { readonly label: string; readonly description: string; readonly identifier: string };

export type CheckRun = {
  readonly id: number;
  readonly suiteId: number;
  readonly app: App;
  readonly headSha: string;
  name: string;
  externalId: string;
  detailsUrl: string;
  status: "queued" | "in_progress" | "completed";
  conclusion: string | null;
  startedAt: number;
  completedAt: number | undefined;
  title: string | null;
  summary: string | null;
  text: string | null;
  readonly annotations: Annotation[];
  actions: readonly CheckAction[];
};

export type CheckSuite = {
  readonly id: number;
  readonly app: App;
  readonly headSha: string;
  readonly headBranch: string | null;
  readonly createdAt: number;
};

export type DeploymentStatus = {
  readonly id: number;
  readonly by: Author;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly logUrl: string;
  readonly environmentUrl: string;
  readonly at: number;
};

export type Deployment = {
  readonly id: number;
  readonly by: Author;
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly transient: boolean;
  readonly production: boolean;
  readonly at: number;
  readonly statuses: DeploymentStatus[];
};

/** Who moved a branch from where to where. */
export type Activity = {
  readonly id: number;
  readonly by: User;
  readonly branch: string;
  readonly before: string;
  readonly after: string;
  readonly type: "branch_creation" | "push" | "force_push";
  readonly at: number;
};

export type Repository = {
  readonly id: number;
  readonly owner: User;
  readonly name: string;
  readonly fullName: string;
  readonly description: string;
  readonly private: boolean;
  readonly defaultBranch: string;
  readonly parent: Repository | undefined;
  /** By login in lower case; the owner is an admin without an entry. */
  readonly roles: Map<string, Role>;
  /** Checks without whose success nothing merges into the default branch. */
  readonly requiredChecks: readonly string[];
  readonly git: GitStore;
  readonly labels: Map<string, Label>;
  readonly pulls: PullRequest[];
  readonly issues: Issue[];
  readonly checkSuites: CheckSuite[];
  readonly checkRuns: CheckRun[];
  readonly deployments: Deployment[];
  readonly createdAt: number;
  pushedAt: number;
  readonly activities: Activity[];
};

/** The role of a user in a repository; of a public one everybody may read. */
export function roleOf(repository: Repository, user: User): Role | undefined {
  if (user.id === repository.owner.id) return "admin";
  return repository.roles.get(user.login.toLowerCase()) ?? (repository.private ? undefined : "read");
}

/** The number of what is opened next. */
export function nextNumber({ pulls, issues }: Repository): number {
  return pulls.length + issues.length + 1;
}

/** Whether a role is at least as strong as another. */
export function atLeast(role: Role | undefined, needed: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Finds a comment and the pull request it stands in. */
export function findComment(repository: Repository, id: number): { pull: PullRequest; comment: Comment } | undefined {
  for (const pull of repository.pulls) {
    const comment = pull.comments.find((candidate) => candidate.id === id);
    if (comment) return { pull, comment };
  }
  return undefined;
}
