import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CLAIMS_PATH } from "../../src/channel/protocol.ts";
import type { UrlAnswer, UrlEvent, WorkEvent } from "../../src/entrypoints/lambda/event.ts";
import { createHandler } from "../../src/entrypoints/lambda/handler.ts";
import { invokeSelf } from "../../src/entrypoints/lambda/self-invoke.ts";
import { CLUSTER } from "../channel/runner-key.ts";
import { conclusionOf, deploymentsOf, planOf } from "../github/support/look.ts";
import { buildTown, openPullRequest, type Town } from "../github/support/town.ts";

let town: Town;

beforeEach(async () => {
  town = await buildTown();
});

afterEach(async () => {
  await town.stop();
  expect(town.github.violations).toEqual([]);
});

type Shape = { readonly base64?: boolean; readonly secret?: string };

/** A function URL's event for a body that GitHub would have signed. */
function webhook(event: string, body: string, { base64 = false, secret = town.webhookSecret }: Shape = {}): UrlEvent {
  const signature = `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
  return {
    rawPath: "/api/github/webhooks",
    headers: { "x-github-event": event, "x-github-delivery": "d-1", "x-hub-signature-256": signature },
    requestContext: { http: { method: "POST" } },
    body: base64 ? Buffer.from(body).toString("base64") : body,
    isBase64Encoded: base64,
  };
}

function bodyOf(event: string): string {
  return town.github.deliveries.findLast((delivery) => delivery.event === event)?.body ?? "";
}

/** The function with an invocation that only writes down what it was given. */
function aFunction(variables = town.variables) {
  const invoked: WorkEvent[] = [];
  const handler = createHandler(variables, async (event) => {
    invoked.push(event);
  });
  return { handler, invoked };
}

describe("a webhook", () => {
  it.each([{ base64: false }, { base64: true }])(
    "is handed on before it is answered (base64: $base64)",
    async (shape) => {
      await openPullRequest(town);
      const { handler, invoked } = aFunction();
      const answer = (await handler(webhook("pull_request", bodyOf("pull_request"), shape))) as UrlAnswer;
      expect(answer.statusCode).toBe(202);
      expect(invoked.map(({ delivery }) => delivery.kind)).toEqual(["pull-request"]);
      expect(JSON.stringify(invoked[0]).length).toBeLessThan(2000);
    },
  );

  it("signed over other bytes is refused, and handed to nobody", async () => {
    await openPullRequest(town);
    const { handler, invoked } = aFunction();
    const event = webhook("pull_request", bodyOf("pull_request"));
    const answers = [
      await handler({ ...event, body: `${event.body} ` }),
      await handler(webhook("pull_request", bodyOf("pull_request"), { secret: "some other secret of enough length" })),
      await handler({ ...event, headers: {} }),
    ] as UrlAnswer[];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([401, 401, 401]);
    expect(invoked).toEqual([]);
  });

  it("is not acknowledged when it could not be handed on, so that GitHub shows it as failed", async () => {
    await openPullRequest(town);
    const handler = createHandler(town.variables, () => Promise.reject(new Error("throttled")));
    await expect(handler(webhook("pull_request", bodyOf("pull_request")))).rejects.toThrow("throttled");
  });

  it("that nobody handles is answered and forgotten", async () => {
    const { handler, invoked } = aFunction();
    const answer = (await handler(webhook("ping", bodyOf("installation")))) as UrlAnswer;
    expect(answer.statusCode).toBe(200);
    expect(invoked).toEqual([]);
  });

  it("is refused by a function whose secret is too short to trust", async () => {
    const { handler } = aFunction({ ...town.variables, CHAOSGATE_WEBHOOK_SECRET: "short" });
    await expect(handler(webhook("pull_request", "{}"))).rejects.toThrow("shorter than 32 bytes");
  });
});

it("the second invocation does the work: a review, and a run", async () => {
  // Nobody else is there to do it.
  await town.bot.stop();
  const { handler, invoked } = aFunction();
  const pull = await openPullRequest(town);
  await handler(webhook("pull_request", bodyOf("pull_request")));
  await handler(invoked[0] as WorkEvent);
  expect(conclusionOf(town, pull, "chaos / gate")).toBe("action_required");
  town.github.people.comment(town.repository, "grace", pull.number, `/chaos run --plan ${planOf(town, pull)}`);
  await handler(webhook("issue_comment", bodyOf("issue_comment")));
  await handler(invoked[1] as WorkEvent);
  // Lambda invokes again when it is in doubt.
  await handler(invoked[1] as WorkEvent);
  expect(deploymentsOf(town, "chaosgate:run")).toHaveLength(1);
});

it("answers a runner through the same URL", async () => {
  const { handler } = aFunction();
  const claims = { clusterId: CLUSTER, runner: "runner-1", repositories: [{ owner: "acme", name: "shop" }] };
  const signed = await town.runner.request(CLAIMS_PATH, claims, { at: Math.floor(Date.now() / 1000) });
  const event = {
    rawPath: CLAIMS_PATH,
    headers: signed.headers,
    requestContext: { http: { method: "POST" } },
    body: Buffer.from(signed.rawBody).toString("base64"),
    isBase64Encoded: true,
  };
  const answer = (await handler(event)) as UrlAnswer;
  expect([answer.statusCode, JSON.parse(answer.body)]).toEqual([200, { claims: [], previews: [] }]);
});

describe("the function invokes itself", () => {
  const event: WorkEvent = {
    chaosgate: "delivery",
    delivery: {
      kind: "check",
      id: "d-1",
      repository: { owner: "acme", name: "shop", installationId: 1 },
      action: "rerequested",
      checkId: 1,
      appId: 1,
      headSha: "abc",
      sender: "ada",
      senderType: "User",
    },
  };
  let lambda: Server;
  let asked: { url: string; type: unknown; authorization: string; body: string }[];
  let status: number;

  beforeEach(async () => {
    asked = [];
    status = 202;
    lambda = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      const { "x-amz-invocation-type": type, authorization = "" } = request.headers;
      asked.push({ url: request.url ?? "", type, authorization, body: Buffer.concat(chunks).toString() });
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => lambda.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => {
    lambda.close();
  });

  const variables = () => ({
    AWS_REGION: "eu-central-1",
    AWS_LAMBDA_FUNCTION_NAME: "chaosgate",
    AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${(lambda.address() as AddressInfo).port}`,
  });

  it("asynchronously, by one signed request that carries the delivery", async () => {
    await invokeSelf(variables())(event);
    expect(asked).toMatchObject([{ url: "/2015-03-31/functions/chaosgate/invocations", type: "Event" }]);
    expect(asked[0]?.authorization).toContain("/eu-central-1/lambda/aws4_request");
    expect(JSON.parse(asked[0]?.body ?? "")).toEqual(event);
  });

  it("and fails when the platform does not accept it", async () => {
    status = 429;
    await expect(invokeSelf(variables())(event)).rejects.toThrow("Lambda answered 429");
  });

  it("and says what is missing outside of Lambda", async () => {
    await expect(invokeSelf({})(event)).rejects.toThrow("AWS_REGION is not set");
  });
});
