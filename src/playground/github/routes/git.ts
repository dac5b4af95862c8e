import { notFound } from "../api/refusal.ts";
import { type Call, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { type Commit, historyOf, resolveRef } from "../git/store.ts";
import { commitJson, diffEntry, gitCommitJson, refJson } from "../json/git.ts";
import { simplePullRequest } from "../json/pull-request.ts";
import { pageUrl, repositoryUrl } from "../json/urls.ts";
import { comparison, pullsOf } from "../pulls.ts";
import type { Repository } from "../repository.ts";

/** Commits, references, trees, blobs and comparisons. */
export function gitRoutes(): readonly Route[] {
  const read = "contents:read";
  return [
    repositoryRoute("GET", "/commits", read, listCommits),
    repositoryRoute("GET", "/commits/{ref}", read, getCommit),
    repositoryRoute("GET", "/commits/{commit_sha}/pulls", read, pullsOfCommit),
    repositoryRoute("GET", "/git/ref/{ref}", read, getRef),
    repositoryRoute("GET", "/git/commits/{commit_sha}", read, getGitCommit),
    repositoryRoute("GET", "/git/trees/{tree_sha}", read, getTree),
    repositoryRoute("GET", "/git/blobs/{file_sha}", read, getBlob),
    repositoryRoute("GET", "/branches", read, listBranches),
    repositoryRoute("GET", "/compare/{basehead}", read, compare),
  ];
}

/** The commit that a text names in this repository, or 404. */
export function commitAt(repository: Repository, ref: string | undefined): Commit {
  const commit = ref === undefined ? undefined : resolveRef(repository.git, ref);
  if (commit === undefined) throw notFound();
  return commit;
}

function listCommits({ world, query }: Call, repository: Repository): Reply {
  const head = commitAt(repository, query.sha ?? repository.defaultBranch);
  return { items: historyOf(repository.git, head.sha).map((commit) => commitJson(world, repository, commit)) };
}

function getCommit({ world, params, accept }: Call, repository: Repository): Reply {
  const commit = commitAt(repository, params.ref);
  if (accept.includes("github.sha"))
    return { status: 200, text: { type: "application/vnd.github.sha", body: commit.sha } };
  return { status: 200, body: commitJson(world, repository, commit) };
}

function pullsOfCommit({ world, params }: Call, repository: Repository): Reply {
  const { sha } = commitAt(repository, params.commit_sha);
  const merged = repository.pulls.filter((pull) => pull.merged?.sha === sha || (pull.merged && pull.headSha === sha));
  const items = [...pullsOf(repository, sha), ...merged];
  return { items: items.map((pull) => simplePullRequest(world, repository, pull)) };
}

function getRef({ world, params }: Call, repository: Repository): Reply {
  const branch = /^heads\/(.+)$/.exec(params.ref ?? "")?.[1];
  const sha = branch === undefined ? undefined : repository.git.branches.get(branch);
  if (branch === undefined || sha === undefined) throw notFound();
  return { status: 200, body: refJson(world, repository, branch, sha) };
}

function getGitCommit({ world, params }: Call, repository: Repository): Reply {
  const commit = repository.git.commits.get(params.commit_sha ?? "");
  if (commit === undefined) throw notFound();
  return { status: 200, body: gitCommitJson(world, repository, commit) };
}

function getTree({ world, params, query }: Call, repository: Repository): Reply {
  const sha = resolveRef(repository.git, params.tree_sha ?? "")?.tree ?? params.tree_sha ?? "";
  const entries = repository.git.trees.get(sha);
  if (entries === undefined) throw notFound();
  const tree = treeEntries(repository, sha, "", query.recursive !== undefined).map((entry) => ({
    ...entry,
    url: repositoryUrl(world, repository, `/git/${entry.type === "blob" ? "blobs" : "trees"}/${entry.sha}`),
  }));
  return {
    status: 200,
    body: { sha, url: repositoryUrl(world, repository, `/git/trees/${sha}`), tree, truncated: false },
  };
}

type ListedEntry = { path: string; mode: string; type: string; sha: string; size?: number };

function treeEntries(repository: Repository, sha: string, prefix: string, recursive: boolean): ListedEntry[] {
  return (repository.git.trees.get(sha) ?? []).flatMap(({ name, mode, type, sha: id }) => {
    const path = `${prefix}${name}`;
    if (type === "blob") return [{ path, mode, type, sha: id, size: repository.git.blobs.get(id)?.length ?? 0 }];
    const inside = recursive ? treeEntries(repository, id, `${path}/`, true) : [];
    return [{ path, mode, type, sha: id }, ...inside];
  });
}

function getBlob({ world, params }: Call, repository: Repository): Reply {
  const sha = params.file_sha ?? "";
  const content = repository.git.blobs.get(sha);
  if (content === undefined) throw notFound();
  return {
    status: 200,
    body: {
      sha,
      node_id: `B_${sha}`,
      size: content.length,
      url: repositoryUrl(world, repository, `/git/blobs/${sha}`),
      content: content.toString("base64"),
      encoding: "base64",
    },
  };
}

function listBranches({ world }: Call, repository: Repository): Reply {
  return {
    items: [...repository.git.branches].map(([name, sha]) => ({
      name,
      commit: { sha, url: repositoryUrl(world, repository, `/commits/${sha}`) },
      protected: name === repository.defaultBranch && repository.requiredChecks.length > 0,
    })),
  };
}

function compare({ world, params }: Call, repository: Repository): Reply {
  const [baseRef, headRef] = (params.basehead ?? "").split("...").map((ref) => ref.slice(ref.indexOf(":") + 1));
  const [base, head] = [commitAt(repository, baseRef), commitAt(repository, headRef)];
  const { files, base: ancestor } = comparison(repository, base.sha, head.sha);
  if (ancestor === undefined) throw notFound();
  const ahead = [...historyOf(repository.git, head.sha, base.sha)].reverse();
  const behind = historyOf(repository.git, base.sha, head.sha).length;
  const page = pageUrl(world, repository, `/compare/${base.sha}...${head.sha}`);
  const status = ahead.length === 0 ? (behind === 0 ? "identical" : "behind") : behind === 0 ? "ahead" : "diverged";
  return {
    status: 200,
    body: {
      url: repositoryUrl(world, repository, `/compare/${base.sha}...${head.sha}`),
      html_url: page,
      permalink_url: page,
      diff_url: `${page}.diff`,
      patch_url: `${page}.patch`,
      base_commit: commitJson(world, repository, base),
      merge_base_commit: commitJson(world, repository, ancestor),
      status,
      ahead_by: ahead.length,
      behind_by: behind,
      total_commits: ahead.length,
      commits: ahead.map((commit) => commitJson(world, repository, commit)),
      files: files.map((change) => diffEntry(world, repository, head.sha, change)),
    },
  };
}
