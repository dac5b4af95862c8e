// Webhooks as GitHub sends them: signed over the body alone, once, without waiting for the answer and without a retry.

import { createHash, createHmac } from "node:crypto";
import { gitHubOpenApi } from "../api/openapi.ts";
import { installationJson } from "../json/app.ts";
import { fullRepository } from "../json/repository.ts";
import { simpleOrganization, simpleUser } from "../json/user.ts";
import type { Repository } from "../repository.ts";
import { type Delivery, type Installation, nodeId, type WebhookEvent, type World } from "../world.ts";

/** GitHub hangs up on a receiver that has not answered by then. */
const PATIENCE_MS = 10_000;
const LONGEST_ANSWER = 4096;

export type Sender = {
  /** Builds, checks, signs and sends an event to every app that subscribed to it. */
  emit(event: WebhookEvent): void;
  /** Tells an app of its own installation; no subscription is needed. */
  emitInstallation(installation: Installation): void;
  /** The same body under the same guid once more, as the button in an app's settings does. */
  redeliver(delivery: Delivery): Delivery;
  /** The same signed body with a new guid: what somebody could send who has seen one delivery. */
  replay(delivery: Delivery): Delivery;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
};

/** Brings a signed body to a receiver; rejects when nobody is there, or nobody answers in time. */
export type Post = (delivery: Delivery) => Promise<{ readonly status: number; readonly answer: string }>;

export function createSender(world: World, post: Post = postByFetch): Sender {
  const underWay = new Set<Promise<void>>();
  const dispatch = (delivery: Delivery): Delivery => {
    world.deliveries.push(delivery);
    const trip = send(world, delivery, post).finally(() => underWay.delete(trip));
    underWay.add(trip);
    return delivery;
  };
  return {
    emit: (event) => {
      for (const installation of receiversOf(world, event)) {
        dispatch(newDelivery(world, installation, event.event, event.action, payloadOf(world, installation, event)));
      }
    },
    emitInstallation: (installation) => {
      dispatch(newDelivery(world, installation, "installation", "created", installationPayload(world, installation)));
    },
    redeliver: (delivery) => dispatch(again(world, delivery, delivery.guid)),
    replay: (delivery) => dispatch(again(world, delivery, guidOf(world.nextId()))),
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

function receiversOf(world: World, { event, repository, onlyApp }: WebhookEvent): readonly Installation[] {
  return [...world.installations.values()].filter(
    ({ app, repositories }) =>
      repositories.includes(repository) &&
      (onlyApp === undefined || onlyApp === app) &&
      // What concerns an app's own suite, check or button reaches it whether it subscribed or not.
      (app.events.includes(event) || onlyApp !== undefined),
  );
}

function payloadOf(world: World, installation: Installation, event: WebhookEvent): Record<string, unknown> {
  const { repository } = event;
  return {
    ...(event.action === undefined ? {} : { action: event.action }),
    ...event.payload,
    repository: event.payload.repository ?? fullRepository(world, repository),
    ...organizationOf(world, repository),
    sender: simpleUser(world, event.sender),
    installation: { id: installation.id, node_id: nodeId("INS", installation.id) },
  };
}

function organizationOf(world: World, { owner }: Repository) {
  return owner.type === "Organization" ? { organization: simpleOrganization(world, owner) } : {};
}

function installationPayload(world: World, installation: Installation): Record<string, unknown> {
  return {
    action: "created",
    installation: installationJson(world, installation),
    repositories: installation.repositories.map((repository) => ({
      id: repository.id,
      node_id: nodeId("R", repository.id),
      name: repository.name,
      full_name: repository.fullName,
      private: repository.private,
    })),
    requester: null,
    sender: simpleUser(world, installation.account),
  };
}

function newDelivery(
  world: World,
  installation: Installation,
  event: string,
  action: string | undefined,
  payload: Record<string, unknown>,
): Delivery {
  const errors = gitHubOpenApi().checkWebhook(event, action, payload);
  if (errors.length > 0) world.violations.push({ where: `webhook ${event}.${action ?? ""}`, errors });
  const id = world.nextId();
  const repositoryId = (payload.repository as { id?: number } | undefined)?.id ?? null;
  const body = JSON.stringify(payload);
  const guid = guidOf(id);
  return {
    ...blank(world, id, guid, body, installation, event),
    event,
    action: action ?? null,
    installationId: installation.id,
    repositoryId,
    redelivery: false,
  };
}

function blank(world: World, id: number, guid: string, body: string, { app }: Installation, event: string) {
  return {
    id,
    guid,
    app,
    body,
    headers: headersOf(app.id, app.webhook.secret, { guid, event, body }),
    at: world.clock.now(),
    state: "pending" as const,
    durationMs: 0,
    status: 0,
    answer: "",
  };
}

function headersOf(appId: number, secret: string, what: { guid: string; event: string; body: string }) {
  return {
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/playground",
    "x-github-delivery": what.guid,
    "x-github-event": what.event,
    "x-github-hook-id": String(appId),
    "x-github-hook-installation-target-id": String(appId),
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature-256": `sha256=${createHmac("sha256", secret).update(what.body).digest("hex")}`,
  };
}

function again(world: World, delivery: Delivery, guid: string): Delivery {
  return {
    ...delivery,
    id: world.nextId(),
    guid,
    headers: { ...delivery.headers, "x-github-delivery": guid },
    redelivery: guid === delivery.guid,
    at: world.clock.now(),
    state: "pending",
    durationMs: 0,
    status: 0,
    answer: "",
  };
}

async function postByFetch({ app, headers, body }: Delivery) {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = await fetch(app.webhook.url, { method: "POST", headers, body, signal, redirect: "manual" });
  return { status: answer.status, answer: (await answer.text()).slice(0, LONGEST_ANSWER) };
}

/** A receiver that is down, slow or unhappy is a line in the delivery log and nothing else. */
async function send(world: World, delivery: Delivery, post: Post): Promise<void> {
  try {
    const { status, answer } = await post(delivery);
    delivery.status = status;
    delivery.answer = answer;
    delivery.state = status >= 200 && status < 300 ? "delivered" : "failed";
  } catch (error) {
    delivery.answer = error instanceof Error ? error.message : String(error);
    delivery.state = "failed";
  }
  delivery.durationMs = world.clock.now() - delivery.at;
}

/** A UUID that depends on the number alone. */
function guidOf(id: number): string {
  const hex = createHash("sha256").update(`delivery ${id}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    "-",
  );
}
