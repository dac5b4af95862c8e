import { pressAction, rerequestCheck } from "./actions/checks.ts";
import { createComment, editComment } from "./actions/comments.ts";
import { addLabels, removeLabel } from "./actions/labels.ts";
import { mergePullRequest, openPullRequest, setState } from "./actions/pull-requests.ts";
import { push } from "./actions/push.ts";
import { createReview } from "./actions/reviews.ts";
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
  openPullRequest(repository: Repository, by: string, what: PullByPerson): PullRequest;
  comment(repository: Repository, by: string, number: number, body: string): Comment;
  editComment(repository: Repository, by: string, commentId: number, body: string): void;
  review(repository: Repository, by: string, number: number, state: Review["state"], body?: string): Review;
  merge(repository: Repository, by: string, number: number, how?: { readonly squash?: boolean }): Commit;
  label(repository: Repository, by: string, number: number, name: string): void;
  unlabel(repository: Repository, by: string, number: number, name: string): void;
  close(repository: Repository, by: string, number: number): void;
  reopen(repository: Repository, by: string, number: number): void;
  lock(repository: Repository, number: number, locked: boolean): void;
  pressButton(repository: Repository, by: string, checkRunId: number, identifier: string): void;
  rerequest(repository: Repository, by: string, checkRunId: number): void;
};

export type PushByPerson = { readonly branch: string; readonly files: FileChanges; readonly message?: string };
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

type Members = Pick<People, "addCollaborator" | "removeCollaborator" | "token">;

function membersOf(world: World): Members {
  return {
    addCollaborator: (repository, login, role) => {
      repository.roles.set(login.toLowerCase(), role);
      return userOf(world, login);
    },
    removeCollaborator: (repository, login) => {
      repository.roles.delete(login.toLowerCase());
    },
    token: (login) => {
      const token = `ghp_${world.newSecret()}`;
      world.tokens.set(token, { kind: "user", user: userOf(world, login) });
      return token;
    },
  };
}

type Authors = Pick<People, "push" | "openPullRequest" | "comment" | "editComment" | "review">;

function authorsOf(world: World): Authors {
  return {
    push: (repository, by, { branch, files, message = "Change files" }) =>
      push(world, repository, allowed(world, repository, by, "write"), { branch, changes: files, message }),
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
