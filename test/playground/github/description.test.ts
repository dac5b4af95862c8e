import { expect, it } from "vitest";
import { answer } from "../../../src/playground/github/api/answer.ts";
import { createLimits } from "../../../src/playground/github/api/limits.ts";
import { gitHubOpenApi } from "../../../src/playground/github/api/openapi.ts";
import type { Route } from "../../../src/playground/github/api/route.ts";
import { createStandIn } from "../../../src/playground/github/stand-in.ts";

// The judge itself: if it let everything pass, the other tests' "no violations" would prove nothing.

const USER: Pick<Route, "method" | "template" | "needs"> = {
  method: "GET",
  template: "/users/{username}",
  needs: { who: "anyone" },
};

it("records and refuses to send an answer that GitHub would not give", () => {
  const { world } = createStandIn();
  const routes = [{ ...USER, handle: () => ({ status: 200, body: { login: 7 } }) }];
  const request = { method: "GET", path: "/users/mia", query: {}, headers: {}, body: "" };
  const { status } = answer({ world, routes, limits: createLimits(world) }, request);
  expect(status).toBe(500);
  expect(world.violations).toMatchObject([{ where: "GET /users/{username} 200" }]);
});

it("records a status that GitHub does not describe for the route", () => {
  const { world } = createStandIn();
  const routes = [{ ...USER, handle: () => ({ status: 299, body: {} }) }];
  answer(
    { world, routes, limits: createLimits(world) },
    { method: "GET", path: "/users/mia", query: {}, headers: {}, body: "" },
  );
  expect(world.violations[0]?.errors).toEqual(["GitHub does not describe an answer 299 here"]);
});

it.each([
  { name: "a payload without its issue", event: "issue_comment", action: "created", payload: {}, wrong: /issue/ },
  { name: "an event that does not exist", event: "issue_comment", action: "shouted", payload: {}, wrong: /no webhook/ },
])("objects to $name", ({ event, action, payload, wrong }) => {
  expect(gitHubOpenApi().checkWebhook(event, action, payload).join()).toMatch(wrong);
});

it("lets null stand where GitHub's description says nullable, beside an enum too, and nowhere else", () => {
  const check = (schema: object) =>
    gitHubOpenApi().checkParameter({ name: "p", place: "query", required: false, schema: schema as never }, "x");
  expect(check({ type: "string", enum: ["x"] })).toEqual([]);
  expect(check({ type: "string", enum: ["y"], nullable: true })).not.toEqual([]);
});

it("has every route of the stand-in in GitHub's description", async () => {
  const standIn = createStandIn();
  const unknown = standIn.routes.filter(({ method, template }) => !gitHubOpenApi().has(method, template));
  expect(unknown).toEqual([]);
  expect(standIn.routes.length).toBeGreaterThan(60);
});
