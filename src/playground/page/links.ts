import type { ServerResponse } from "node:http";
import { resolveRef } from "../github/git/store.ts";
import type { Repository } from "../github/repository.ts";
import type { StandIn } from "../github/stand-in.ts";
import { redirect, sendText } from "./respond.ts";

const INSIDE = /^\/([^/]+\/[^/]+)\/(runs|blob|raw)\/(.+)$/;

/** Follows the addresses that the API gives for a check run and for a file. */
export function followLink({ world }: StandIn, pathname: string, response: ServerResponse): boolean {
  const [, fullName = "", kind, rest = ""] = INSIDE.exec(pathname) ?? [];
  const repository = world.repositories.get(fullName.toLowerCase());
  if (repository === undefined) return false;
  return kind === "runs" ? toCheck(repository, Number(rest), response) : showFile(repository, rest, response);
}

function toCheck(repository: Repository, id: number, response: ServerResponse): boolean {
  const run = repository.checkRuns.find((candidate) => candidate.id === id);
  const pull = repository.pulls.find(({ headSha }) => headSha === run?.headSha);
  if (run === undefined || pull === undefined) return false;
  return redirect(response, 302, `/${repository.fullName}/pull/${pull.number}/checks#run-${id}`);
}

/** A reference may hold slashes, so the longest start of the path that names a commit is it. */
function showFile({ git }: Repository, rest: string, response: ServerResponse): boolean {
  const parts = rest.split("/");
  for (let length = parts.length - 1; length > 0; length--) {
    const commit = resolveRef(git, parts.slice(0, length).join("/"));
    const sha = commit?.files.get(parts.slice(length).map(decoded).join("/"));
    if (sha !== undefined) return sendText(response, git.blobs.get(sha)?.toString() ?? "");
  }
  return false;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A malformed escape is the name of no file.
    return part;
  }
}
