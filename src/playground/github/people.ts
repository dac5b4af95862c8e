import { emitSuite } from "./actions/check-suites.ts";
import { pressAction, rerequestCheck } from "./actions/checks.ts";
import { createComment, editComment } from "./actions/comments.ts";
import { addLabels, removeLabel } from "./actions/labels.ts";
import { enqueue } from "./actions/merge-queue.ts";
import { mergePullRequest, openPullRequest, retarget, setState } from "./actions/pull-requests.ts";
import { push } from "./actions/push.ts";
import { renameBranch } from "./actions/rename-branch.ts";
import { createReview, dismissReview } from "./actions/reviews.ts";
import { forbidden, notFound } from "./api/refusal.ts";
import type { Commit, FileChanges } from "./git/store.ts";
import {
  atLeast,
  type CheckRun,
  type Comment,
  findComment,
  type PullRequest,
  type Repository,
  type Review,
  type Role,
  roleOf,
} from "./repository.ts";
import { announce, type User, userOf, type World } from "./world.ts";

/** What people do with the buttons of GitHub, by login. A person who may not is refused, as the page would refuse. */
export type People = {
  addCollaborator(repository: Repository, login: string, role: Role): User;
  removeCollaborator(repository: Repository, login: string): void;
  /** A personal access token, for acting over HTTP. */
  token(login: string): string;
  push(repository: Repository, by: string, what: PushByPerson): Commit;
  /** Gives a branch another name; GitHub closes the pull requests that came from the old one. */
  renameBranch(repository: Repository, by: string, from: string, to: string): void;
  openPullRequest(repository: Repository, by: string, what: PullByPerson): PullRequest;
  comment(repository: Repository, by: string, number: number, body: string): Comment;
  editComment(repository: Repository, by: string, commentId: number, body: string): void;
  review(repository: Repository, by: string, number: number, state: Review["state"], body?: string): Review;
  dismissReview(repository: Repository, by: string, number: number, reviewId: number): void;
  /** Puts somebody into a team of an organization, or takes them out; the team is made when it is first needed. */
  team(organization: string, slug: string, login: string, isMember: boolean): void;
  merge(repository: Repository, by: string, number: number, how?: { readonly squash?: boolean }): Commit;
  label(repository: Repository, by: string, number: number, name: string): void;
  unlabel(repository: Repository, by: string, number: number, name: string): void;
  close(repository: Repository, by: string, number: number): void;
  reopen(repository: Repository, by: string, number: number): void;
  lock(repository: Repository, number: number, locked: boolean): void;
  pressButton(repository: Repository, by: string, checkRunId: number, identifier: string): void;
  /** `Re-run all checks`: asks the app of that suite. */
  rerequestSuite(repository: Repository, by: string, suiteId: number): void;
  /** Puts a pull request into the merge queue: a commit on a branch of the queue, about which every app is asked. */
  enqueue(repository: Repository, by: string, number: number, alsoIn?: FileChanges): Commit;
  /** Moves a pull request onto another branch. */
  retarget(repository: Repository, by: string, number: number, base: string): void;
  rerequest(repository: Repository, by: string, checkRunId: number): void;
};

export type PushByPerson = {
  readonly branch: string;
  readonly files: FileChanges;
  readonly message?: string;
  /** Begins at the default branch again, whatever the branch held. */
  readonly force?: boolean;
};
export type PullByPerson = {
  readonly title: string;
  readonly body?: string;
  readonly branch: string;
  readonly base?: string;
  /** A fork to come from; absent: a branch of the repository itself. */
  readonly from?: Repository;
};

/** Everybody, acting on this world. */
export function peopleOf(world: World): People {
  return { ...membersOf(world), ...authorsOf(world), ...maintainersOf(world) };
}

type Members = Pick<People, "addCollaborator" | "removeCollaborator" | "token" | "team">;

function membersOf(world: World): Members {
  return {
    addCollaborator: (repository, login, role) => {
      repository.roles.set(login.toLowerCase(), role);
      return userOf(world, login);
    },
    removeCollaborator: (repository, login) => {
      repository.roles.delete(login.toLowerCase());
    },
    team: (organization, slug, login, isMember) => {
      const key = `${organization}/${slug}`.toLowerCase();
      const members = world.teams.get(key) ?? new Set<string>();
      world.teams.set(key, members);
      if (isMember) members.add(userOf(world, login).login.toLowerCase());
      else members.delete(login.toLowerCase());
    },
    token: (login) => {
      const token = `ghp_${world.newSecret()}`;
      world.tokens.set(token, { kind: "user", user: userOf(world, login) });
      return token;
    },
  };
}

type Authors = Pick<People, "push" | "renameBranch" | "openPullRequest" | "comment" | "editComment" | "review">;

function authorsOf(world: World): Authors {
  return {
    push: (repository, by, { branch, files, message = "Change files", force = false }) =>
      push(world, repository, allowed(world, repository, by, "write"), { branch, changes: files, message, force }),
    renameBranch: (repository, by, from, to) =>
      renameBranch(world, repository, allowed(world, repository, by, "write"), from, to),
    openPullRequest: (
      repository,
      by,
      { title, body = "", branch, base = repository.defaultBranch, from = repository },
    ) =>
      openPullRequest(world, repository, allowed(world, repository, by, "read"), { title, body, from, branch, base }),
    comment: (repository, by, number, body) =>
      createComment(
        world,
        repository,
        pullOf(repository, number),
        { user: allowed(world, repository, by, "read") },
        body,
      ),
    editComment: (repository, by, commentId, body) => {
      const found = findComment(repository, commentId);
      if (found === undefined) throw notFound();
      editComment(world, repository, found, { user: allowed(world, repository, by, "read") }, body);
    },
    review: (repository, by, number, state, body = "") => {
      const author = { user: allowed(world, repository, by, "read") };
      return createReview(world, repository, pullOf(repository, number), author, { state, body });
    },
  };
}

type Maintainers = Omit<People, keyof Members | keyof Authors>;

function maintainersOf(world: World): Maintainers {
  const act = (repository: Repository, by: string, role: Role) => allowed(world, repository, by, role);
  return {
    merge: (repository, by, number, how = {}) =>
      mergePullRequest(world, repository, pullOf(repository, number), act(repository, by, "write"), how),
    dismissReview: (repository, by, number, reviewId) =>
      dismissReview(world, repository, pullOf(repository, number), act(repository, by, "write"), reviewId),
    label: (repository, by, number, name) =>
      addLabels(world, repository, pullOf(repository, number), act(repository, by, "triage"), [name]),
    unlabel: (repository, by, number, name) =>
      removeLabel(world, repository, pullOf(repository, number), act(repository, by, "triage"), name),
    close: (repository, by, number) => openOrClose(world, repository, by, number, false),
    reopen: (repository, by, number) => openOrClose(world, repository, by, number, true),
    lock: (repository, number, locked) => {
      pullOf(repository, number).locked = locked;
      announce(world, repository, number);
    },
    pressButton: (repository, by, checkRunId, identifier) =>
      pressAction(world, repository, runOf(repository, checkRunId), userOf(world, by), identifier),
    rerequestSuite: (repository, by, suiteId) => {
      const suite = repository.checkSuites.find(({ id }) => id === suiteId);
      if (suite === undefined) throw notFound();
      emitSuite(world, repository, act(repository, by, "write"), suite, "rerequested");
    },
    enqueue: (repository, by, number, alsoIn) =>
      enqueue(world, repository, pullOf(repository, number), act(repository, by, "write"), alsoIn),
    retarget: (repository, by, number, base) =>
      retarget(world, repository, pullOf(repository, number), act(repository, by, "write"), base),
    rerequest: (repository, by, checkRunId) =>
      rerequestCheck(world, repository, runOf(repository, checkRunId), userOf(world, by)),
  };
}

/** Authors may close and reopen what is theirs; for others' it takes triage. */
function openOrClose(world: World, repository: Repository, by: string, number: number, open: boolean): void {
  const pull = pullOf(repository, number);
  const isOwn = pull.author.login.toLowerCase() === by.toLowerCase();
  setState(world, repository, pull, allowed(world, repository, by, isOwn ? "read" : "triage"), open);
}

function allowed(world: World, repository: Repository, login: string, role: Role): User {
  const user = userOf(world, login);
  if (!atLeast(roleOf(repository, user), role)) throw forbidden(`${login} needs ${role} in ${repository.fullName}.`);
  return user;
}

/** The pull request of that number, or GitHub's 404. */
export function pullOf(repository: Repository, number: number): PullRequest {
  const pull = repository.pulls.find((candidate) => candidate.number === number);
  if (pull === undefined) throw notFound();
  return pull;
}

function runOf(repository: Repository, id: number): CheckRun {
  const run = repository.checkRuns.find((candidate) => candidate.id === id);
  if (run === undefined) throw notFound();
  return run;
}
