// A GitHub of one's own: stateful, with GitHub's permissions, limits, refusals and signed webhooks, and held to GitHub's
// own description of its API. In: people's acts (as functions) and requests (as values). Out: answers and webhooks.
// It keeps everything in memory and never listens by itself; serve.ts does.

import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "../../clock.ts";
import { type Answer, answer, type Request } from "./api/answer.ts";
import { answerGraphql } from "./api/graphql.ts";
import { createLimits, type Limits } from "./api/limits.ts";
import { bySpecificity, type Route } from "./api/route.ts";
import { type People, peopleOf } from "./people.ts";
import type { Repository } from "./repository.ts";
import { appRoutes } from "./routes/apps.ts";
import { checkRoutes } from "./routes/checks.ts";
import { contentsRoutes } from "./routes/contents.ts";
import { deploymentRoutes } from "./routes/deployments.ts";
import { gitRoutes } from "./routes/git.ts";
import { issueRoutes } from "./routes/issues.ts";
import { plainIssueRoutes } from "./routes/plain-issues.ts";
import { pullRoutes } from "./routes/pulls.ts";
import { repositoryRoutes } from "./routes/repositories.ts";
import { serviceRoutes } from "./routes/service.ts";
import { teamRoutes } from "./routes/teams.ts";
import { createRepository, forkRepository, installApp, type NewApp, type NewRepository } from "./setup.ts";
import { createSender, type Post, type Sender } from "./webhooks/deliver.ts";
import { type Change, createWorld, type Delivery, type Installation, type Violation, type World } from "./world.ts";

export type StandIn = {
  readonly world: World;
  readonly people: People;
  readonly limits: Limits;
  createRepository(what: NewRepository): Repository;
  fork(parent: Repository, by: string): Repository;
  installApp(what: NewApp): Installation;
  /** Answers of ours that GitHub's description does not allow. A test ends by expecting none. */
  readonly violations: readonly Violation[];
  readonly deliveries: readonly Delivery[];
  readonly redeliver: Sender["redeliver"];
  readonly replay: Sender["replay"];
  /** Resolves when every webhook sent so far has been answered or given up. */
  readonly settled: Sender["settled"];
  readonly routes: readonly Route[];
  handle(request: Request): Answer;
  /** Resolves with the first truthy value of `check`, looked at whenever something changes; rejects after `timeoutMs`. */
  waitFor<T>(what: string, check: () => T | undefined | false, timeoutMs?: number): Promise<T>;
};

export type StandInOptions = {
  readonly clock?: Clock;
  readonly newSecret?: () => string;
  /** How webhooks reach an app; over HTTP unless said otherwise. */
  readonly post?: Post;
};

/** An empty stand-in: no repository, no app. */
export function createStandIn(options: StandInOptions = {}): StandIn {
  const world = createWorld(options.clock ?? systemClock, options.newSecret ?? (() => randomBytes(18).toString("hex")));
  const limits = createLimits(world);
  const sender = createSender(world, options.post);
  world.emit = sender.emit;
  const api = { world, limits, routes: routesOf(limits, sender) };
  return {
    world,
    limits,
    people: peopleOf(world),
    createRepository: (what) => createRepository(world, what),
    fork: (parent, by) => forkRepository(world, parent, by),
    installApp: (what) => installApp(world, what, sender.emitInstallation),
    violations: world.violations,
    deliveries: world.deliveries,
    redeliver: sender.redeliver,
    replay: sender.replay,
    settled: sender.settled,
    routes: api.routes,
    handle: (request) => (request.path === "/graphql" ? answerGraphql(world, request) : answer(api, request)),
    waitFor: (what, check, timeoutMs = 10_000) => waitFor(world, what, check, timeoutMs),
  };
}

function routesOf(limits: Limits, sender: Sender) {
  return bySpecificity([
    ...appRoutes(),
    ...repositoryRoutes(),
    ...gitRoutes(),
    ...contentsRoutes(),
    ...pullRoutes(),
    ...issueRoutes(),
    ...plainIssueRoutes(),
    ...checkRoutes(),
    ...deploymentRoutes(),
    ...teamRoutes(),
    ...serviceRoutes(limits, sender.redeliver),
  ]);
}

function waitFor<T>(world: World, what: string, check: () => T | undefined | false, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const look = (_?: Change): void => {
      const found = check();
      if (found === undefined || found === false) return;
      stop();
      resolve(found);
    };
    const giveUp = setTimeout(() => {
      stop();
      reject(new Error(`${what}: not seen within ${timeoutMs} ms`));
    }, timeoutMs);
    function stop(): void {
      clearTimeout(giveUp);
      world.listeners.delete(look);
    }
    world.listeners.add(look);
    look();
  });
}
