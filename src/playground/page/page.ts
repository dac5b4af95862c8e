// The page: what the author of a pull request would see. In: requests of a browser. Out: HTML that runs no script but our
// own two, and a stream that says when to look again. It decides nothing; what people do goes through people.ts.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { PullRequest, Repository } from "../github/repository.ts";
import type { PageHandler } from "../github/serve.ts";
import type { StandIn } from "../github/stand-in.ts";
import { act } from "./act.ts";
import { sendAsset, sendAvatar } from "./assets.ts";
import { checksTab, currentRuns } from "./checks.ts";
import { conversation } from "./conversation.ts";
import { commitsTab, filesTab } from "./files.ts";
import type { Content } from "./html.ts";
import { pullFrame, type Tab } from "./layout.ts";
import { followLink } from "./links.ts";
import { overview } from "./overview.ts";
import { sendPage } from "./respond.ts";
import { streamChanges } from "./stream.ts";

/** Handles every request that is not the API's. */
export function createPage(standIn: StandIn): PageHandler {
  return async (request, response) => {
    if (!isOwnHost(standIn, request)) return false;
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    if (pathname === "/_/events") return streamChanges(standIn.world, request, response);
    if (pathname.startsWith("/_/avatars/")) return sendAvatar(pathname, response);
    if (pathname.startsWith("/_/assets/")) return sendAsset(pathname, response);
    if (pathname === "/") return sendPage(response, 200, overview(standIn.world));
    return pullPage(standIn, pathname, request, response);
  };
}

const PULL = /^\/([^/]+\/[^/]+)\/pull\/(\d+)(?:\/(commits|checks|files|act))?$/;

async function pullPage(
  standIn: StandIn,
  pathname: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, fullName = "", number, rest] = PULL.exec(pathname) ?? [];
  const repository = standIn.world.repositories.get(fullName.toLowerCase());
  const pull = repository?.pulls.find((candidate) => candidate.number === Number(number));
  if (repository === undefined || pull === undefined) return followLink(standIn, pathname, response);
  if (rest === "act") return act(standIn, repository, pull, request, response);
  return sendPage(response, 200, tabOf(repository, pull, (rest ?? "conversation") as Tab));
}

function tabOf(repository: Repository, pull: PullRequest, tab: Tab): string {
  const people = peopleIn(repository, pull);
  const contents: Readonly<Record<Tab, () => Content>> = {
    conversation: () => conversation(repository, pull, people),
    commits: () => commitsTab(repository, pull),
    checks: () => checksTab(repository, pull, people),
    files: () => filesTab(repository, pull),
  };
  return pullFrame(repository, pull, { tab, checks: currentRuns(repository, pull).length, content: contents[tab]() });
}

/** Who can be chosen to speak: the strongest first, and the author, who may be nobody's collaborator. */
function peopleIn(repository: Repository, pull: PullRequest): readonly string[] {
  const byStrength = ["admin", "maintain", "write", "triage", "read"];
  const collaborators = [...repository.roles].sort(([, a], [, b]) => byStrength.indexOf(a) - byStrength.indexOf(b));
  return [...new Set([...collaborators.map(([login]) => login), pull.author.login])];
}

/** A page of another name that resolves to this machine must not reach it. */
function isOwnHost({ world }: StandIn, request: IncomingMessage): boolean {
  const own = new URL(world.baseUrl);
  const { host } = request.headers;
  return host === own.host || host === (own.port === "" ? "localhost" : `localhost:${own.port}`);
}
