import { notFound } from "../api/refusal.ts";
import { type Call, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { treesOf } from "../git/objects.ts";
import { commitJson } from "../json/git.ts";
import { pageUrl, repositoryUrl } from "../json/urls.ts";
import type { Repository } from "../repository.ts";
import type { World } from "../world.ts";
import { commitAt } from "./git.ts";

/** Above this GitHub gives a file's content only raw, up to its hard limit. */
const LARGEST_INLINE = 1_048_576;

/** Files and folders at a commit. */
export function contentsRoutes(): readonly Route[] {
  return [
    repositoryRoute("GET", "/contents/{path}", "contents:read", getContents),
    repositoryRoute("GET", "/branches/{branch}", "contents:read", getBranch),
  ];
}

function getContents({ world, params, query, accept }: Call, repository: Repository): Reply {
  const ref = query.ref ?? repository.defaultBranch;
  const commit = commitAt(repository, ref);
  const path = (params.path ?? "").replace(/^\/|\/$/g, "");
  const sha = commit.files.get(path);
  if (sha === undefined) return folder(world, repository, { ref, path, paths: [...commit.files] });
  const content = repository.git.blobs.get(sha);
  if (content === undefined) throw new Error(`blob ${sha} of ${path} is not stored`);
  if (/\braw\b/.test(accept)) {
    return { status: 200, text: { type: "application/vnd.github.raw; charset=utf-8", body: content.toString() } };
  }
  return { status: 200, body: file(world, repository, { ref, path, sha, content }) };
}

type Entry = { readonly ref: string; readonly path: string; readonly sha: string; readonly content: Buffer };

function file(world: World, repository: Repository, entry: Entry) {
  const isInline = entry.content.length <= LARGEST_INLINE;
  return {
    ...entryJson(world, repository, entry),
    content: isInline ? entry.content.toString("base64").replace(/(.{60})/g, "$1\n") : "",
    encoding: isInline ? "base64" : "none",
  };
}

function entryJson(world: World, repository: Repository, { ref, path, sha, content }: Entry) {
  const self = repositoryUrl(world, repository, `/contents/${encodeURI(path)}?ref=${encodeURIComponent(ref)}`);
  const html = pageUrl(world, repository, `/blob/${ref}/${encodeURI(path)}`);
  const git = repositoryUrl(world, repository, `/git/blobs/${sha}`);
  return {
    type: "file",
    name: path.slice(path.lastIndexOf("/") + 1),
    path,
    sha,
    size: content.length,
    url: self,
    html_url: html,
    git_url: git,
    download_url: pageUrl(world, repository, `/raw/${ref}/${encodeURI(path)}`),
    _links: { self, git, html },
  };
}

/** What lies directly in a folder; a path with nothing below it does not exist. */
function folder(
  world: World,
  repository: Repository,
  { ref, path, paths }: { readonly ref: string; readonly path: string; readonly paths: readonly [string, string][] },
): Reply {
  const inside = paths.filter(([each]) => each.startsWith(`${path}/`));
  if (inside.length === 0) throw notFound();
  const names = new Set(inside.map(([each]) => each.slice(path.length + 1).split("/")[0] ?? ""));
  const body = [...names].map((name) => {
    const whole = `${path}/${name}`;
    const sha = inside.find(([each]) => each === whole)?.[1];
    if (sha !== undefined) {
      return entryJson(world, repository, {
        ref,
        path: whole,
        sha,
        content: repository.git.blobs.get(sha) ?? Buffer.alloc(0),
      });
    }
    const entry = entryJson(world, repository, {
      ref,
      path: whole,
      sha: treeIdOf(inside, whole),
      content: Buffer.alloc(0),
    });
    return { ...entry, type: "dir", download_url: null };
  });
  return { status: 200, body };
}

function treeIdOf(paths: readonly [string, string][], path: string): string {
  const below = paths.filter(([each]) => each.startsWith(`${path}/`));
  return treesOf(new Map(below.map(([each, sha]) => [each.slice(path.length + 1), sha]))).root;
}

function getBranch({ world, params }: Call, repository: Repository): Reply {
  const name = params.branch ?? "";
  const sha = repository.git.branches.get(name);
  if (sha === undefined) throw notFound();
  const self = repositoryUrl(world, repository, `/branches/${name}`);
  const isProtected = name === repository.defaultBranch && repository.requiredChecks.length > 0;
  return {
    status: 200,
    body: {
      name,
      commit: commitJson(world, repository, commitAt(repository, sha)),
      _links: { self, html: pageUrl(world, repository, `/tree/${name}`) },
      protected: isProtected,
      protection: { enabled: isProtected },
      protection_url: `${self}/protection`,
    },
  };
}
