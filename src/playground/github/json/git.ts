import type { FileChange } from "../git/changes.ts";
import type { Signature } from "../git/objects.ts";
import type { Commit } from "../git/store.ts";
import type { Repository } from "../repository.ts";
import { nodeId, type World } from "../world.ts";
import { isoTime, pageUrl, repositoryUrl } from "./urls.ts";
import { simpleUser } from "./user.ts";

/** A commit of the `commits` routes. */
export function commitJson(world: World, repository: Repository, commit: Commit) {
  const url = repositoryUrl(world, repository, `/commits/${commit.sha}`);
  const author = world.users.get(commit.author.name.toLowerCase());
  const user = author === undefined ? null : simpleUser(world, author);
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url,
    html_url: pageUrl(world, repository, `/commit/${commit.sha}`),
    comments_url: `${url}/comments`,
    commit: {
      url: repositoryUrl(world, repository, `/git/commits/${commit.sha}`),
      author: signatureJson(commit.author),
      committer: signatureJson(commit.author),
      message: commit.message,
      comment_count: 0,
      tree: treeLink(world, repository, commit),
      verification: UNSIGNED,
    },
    author: user,
    committer: user,
    parents: parentsOf(world, repository, commit),
  };
}

/** A commit of the `git/commits` route. */
export function gitCommitJson(world: World, repository: Repository, commit: Commit) {
  return {
    sha: commit.sha,
    node_id: `C_${commit.sha}`,
    url: repositoryUrl(world, repository, `/git/commits/${commit.sha}`),
    html_url: pageUrl(world, repository, `/commit/${commit.sha}`),
    author: signatureJson(commit.author),
    committer: signatureJson(commit.author),
    message: commit.message,
    tree: treeLink(world, repository, commit),
    parents: parentsOf(world, repository, commit),
    verification: UNSIGNED,
  };
}

/** A commit in a push and in a check suite. */
export function simpleCommit(commit: Commit) {
  const { name, email, at } = commit.author;
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: isoTime(at),
    author: { name, email },
    committer: { name, email },
  };
}

export function refJson(world: World, repository: Repository, branch: string, sha: string) {
  return {
    ref: `refs/heads/${branch}`,
    node_id: nodeId("REF", repository.id),
    url: repositoryUrl(world, repository, `/git/refs/heads/${branch}`),
    object: { sha, type: "commit", url: repositoryUrl(world, repository, `/git/commits/${sha}`) },
  };
}

/** A changed file of a pull request or comparison. */
export function diffEntry(world: World, repository: Repository, headSha: string, change: FileChange) {
  const path = encodeURI(change.path);
  return {
    sha: change.sha,
    filename: change.path,
    status: change.status,
    additions: change.additions,
    deletions: change.deletions,
    changes: change.additions + change.deletions,
    blob_url: pageUrl(world, repository, `/blob/${headSha}/${path}`),
    raw_url: pageUrl(world, repository, `/raw/${headSha}/${path}`),
    contents_url: repositoryUrl(world, repository, `/contents/${path}?ref=${headSha}`),
    patch: change.patch,
  };
}

const UNSIGNED = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

function signatureJson({ name, email, at }: Signature) {
  return { name, email, date: isoTime(at) };
}

function treeLink(world: World, repository: Repository, commit: Commit) {
  return { sha: commit.tree, url: repositoryUrl(world, repository, `/git/trees/${commit.tree}`) };
}

function parentsOf(world: World, repository: Repository, commit: Commit) {
  return commit.parents.map((sha) => ({
    sha,
    url: repositoryUrl(world, repository, `/commits/${sha}`),
    html_url: pageUrl(world, repository, `/commit/${sha}`),
  }));
}
