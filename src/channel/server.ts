// The bot's end of the channel: one request enters, one answer leaves, and no framework in between, so that a Node server and a
// serverless function share it. It never talks to GitHub itself; everything past the signature is the Desk's.

import type { Clock } from "../clock.ts";
import type { Desk, Grant, Pin, RepositoryRef } from "../run/desk.ts";
import { isClaimsRequest, isPreviewsRequest, isReportsRequest } from "./message-shapes.ts";
import { CLAIMS_PATH, MAX_BODY_BYTES, PREVIEWS_PATH, REPORTS_PATH, STANDING_PATH } from "./protocol.ts";
import { type ChannelRequest, claimedCluster, pinsThatSigned, tokenOf } from "./verify-request.ts";

export type ChannelAnswer = { readonly status: number; readonly body: unknown };

/** Answers a runner's request. Refusals say what was refused; an error of the desk is thrown to the caller. */
export async function answerRunner(request: ChannelRequest, desk: Desk, clock: Clock): Promise<ChannelAnswer> {
  const route = ROUTES[request.path];
  if (route === undefined) return refuse(404, "there is no such path on the channel");
  if (request.method !== "POST") return refuse(405, "the channel is spoken by POST");
  if (request.rawBody.byteLength > MAX_BODY_BYTES) return refuse(413, `a body may have ${MAX_BODY_BYTES} bytes`);
  const token = tokenOf(request);
  const clusterId = token === undefined ? undefined : claimedCluster(token);
  if (token === undefined || clusterId === undefined) return refuse(401, "authorization must be Bearer and a JWS");
  const message = route(parsed(request.rawBody));
  if (message === undefined) return refuse(400, "the body is not a message of this path");
  if (message.clusterId !== clusterId) return refuse(403, "the body speaks for another cluster than the signature");
  const grants = await grantsOf(token, request, message.repositories, desk, clock.now());
  if (grants.length === 0) return refuse(401, "no key pinned for this cluster in the settings signed this request");
  return message.deliver(desk, grants);
}

/** A well-formed message: whom it speaks for, and what is done once the signature is known to be good. */
type Message = {
  readonly clusterId: string;
  readonly repositories: readonly RepositoryRef[];
  readonly deliver: (desk: Desk, grants: readonly Grant[]) => Promise<ChannelAnswer>;
};

type Route = (body: unknown) => Message | undefined;

const ROUTES: Readonly<Record<string, Route | undefined>> = {
  [CLAIMS_PATH]: claimsMessage,
  [STANDING_PATH]: standingMessage,
  [REPORTS_PATH]: reportMessage,
  [PREVIEWS_PATH]: previewMessage,
};

function claimsMessage(body: unknown): Message | undefined {
  if (!isClaimsRequest(body)) return undefined;
  const { clusterId, repositories } = body;
  return {
    clusterId,
    repositories,
    deliver: async (desk, grants) => ok(await desk.openClaims(clusterId, grants)),
  };
}

function standingMessage(body: unknown): Message | undefined {
  if (!isClaimsRequest(body)) return undefined;
  const { clusterId, repositories } = body;
  return {
    clusterId,
    repositories,
    deliver: async (desk, grants) => ok({ claims: await desk.standingClaims(clusterId, grants) }),
  };
}

function reportMessage(body: unknown): Message | undefined {
  if (!isReportsRequest(body)) return undefined;
  const { report } = body;
  return {
    clusterId: report.clusterId,
    repositories: [report.repository],
    deliver: async (desk, [grant]) =>
      grant?.environments.includes(report.environment)
        ? ok(await desk.acceptReport(report))
        : refuse(403, "the key that signed is not pinned for the report's environment"),
  };
}

function previewMessage(body: unknown): Message | undefined {
  if (!isPreviewsRequest(body)) return undefined;
  const { clusterId, repository, snapshot } = body;
  if (snapshot.clusterId !== clusterId) return undefined;
  return {
    clusterId,
    repositories: [repository],
    deliver: async (desk, [grant]) =>
      grant === undefined
        ? refuse(403, "the key that signed is not pinned for this repository")
        : ok(await desk.acceptPreview(body, grant)),
  };
}

async function grantsOf(
  token: string,
  request: ChannelRequest,
  repositories: readonly RepositoryRef[],
  desk: Desk,
  nowMs: number,
): Promise<readonly Grant[]> {
  const grants = await Promise.all(
    repositories.map(async (repository) => {
      const signed: readonly Pin[] = await pinsThatSigned(token, request, await desk.pins(repository), nowMs);
      return { repository, environments: signed.map(({ environment }) => environment) };
    }),
  );
  return grants.filter(({ environments }) => environments.length > 0);
}

function parsed(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(rawBody));
  } catch {
    // Not JSON is not a message; the route answers 400.
    return undefined;
  }
}

function ok(body: unknown): ChannelAnswer {
  return { status: 200, body };
}

function refuse(status: number, error: string): ChannelAnswer {
  return { status, body: { error } };
}
