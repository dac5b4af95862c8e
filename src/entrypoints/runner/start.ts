// Composes a runner's ports and serves until it is told to end; then it rolls back first. Where it runs decides which world it gets.

import { hostname } from "node:os";
import pino from "pino";
import { createAlertmanagerSilences } from "../../alertmanager/silences.ts";
import { createChannelClient } from "../../channel/client.ts";
import { createChannelReports } from "../../channel/client-reports.ts";
import { createChannelTickets } from "../../channel/client-tickets.ts";
import { createRequestSigner } from "../../channel/request-signer.ts";
import { createTicketVerifier } from "../../channel/ticket-verifier.ts";
import { systemClock as clock } from "../../clock.ts";
import type { RunnerConfig } from "../../config/runner.ts";
import { AppError } from "../../errors.ts";
import { createRunnerMetrics } from "../../metrics/runner.ts";
import { createPrometheusMetrics } from "../../prometheus/metrics.ts";
import type { Silences } from "../../run/ports.ts";
import { serve } from "../../run/serve.ts";
import { counted, countedReports, serveMetrics } from "./counted.ts";
import { type Ground, openKubernetesGround, openLocalGround } from "./ground.ts";

/** One query, one silence, one call to a daemon or to the bot. */
const CALL_TIMEOUT_MS = 3_000;

/** Runs until `stop` aborts or the world ends it; rejects when everything could not be brought to a good end. */
export async function startRunner(config: RunnerConfig, stop: AbortSignal): Promise<void> {
  const log = pino({ level: config.logLevel, base: { runner: config.name, host: hostname() } });
  const over = new AbortController();
  const tools = { clock, log, over: over.signal, stop, callTimeoutMs: CALL_TIMEOUT_MS };
  const ground =
    config.cluster.kind === "local"
      ? await openLocalGround(config.cluster, config, tools)
      : await openKubernetesGround(config.cluster, config, tools);
  try {
    if (ground !== undefined) await serveOn(ground, config, stop, log, over.signal);
  } finally {
    over.abort();
    await ground?.close();
  }
}

async function serveOn(
  ground: Ground,
  config: RunnerConfig,
  stop: AbortSignal,
  log: pino.Logger,
  over: AbortSignal,
): Promise<void> {
  const { clusterId, world, lost } = ground;
  const metrics = createRunnerMetrics();
  const shown = await serveMetrics(metrics, config.metricsPort);
  const channel = await channelOf(config, clusterId, log, over);
  log.info({ clusterId, repositories: config.repositories }, "runner started");
  const prometheus = createPrometheusMetrics({ url: config.prometheusUrl, timeoutMs: CALL_TIMEOUT_MS });
  const runner = {
    ...world,
    tickets: counted("bot", channel.tickets, metrics),
    reports: countedReports(counted("bot", channel.reports, metrics), metrics),
    faults: counted("daemon", world.faults, metrics),
    metrics: counted("prometheus", prometheus, metrics, isBlind),
    silences: counted("alertmanager", silencesOf(config), metrics),
    clock,
    log,
    here: {
      clusterId,
      runner: config.name,
      environments: config.environments,
      guard: config.guard,
      chaosMesh: usesChaosMesh(config),
    },
    askEveryMs: config.askEveryMs,
  };
  await serve(runner, AbortSignal.any([stop, lost])).finally(() => shown?.close());
  log.info({}, "runner ended, everything is rolled back");
}

/** A query that failed is a value: the guard decides on it. */
function isBlind(answer: unknown): boolean {
  return (answer as { readonly ok?: boolean }).ok === false;
}

function usesChaosMesh({ cluster }: RunnerConfig): boolean {
  return cluster.kind === "kubernetes" && cluster.chaosMesh;
}

async function channelOf(config: RunnerConfig, clusterId: string, log: pino.Logger, over: AbortSignal) {
  const signer = await createRequestSigner(config.runnerKey, config.name, clusterId);
  const client = createChannelClient({ url: config.botUrl, signer, timeoutMs: 5 * CALL_TIMEOUT_MS, clock });
  const verifier = createTicketVerifier({ keys: [], ...config.ticketKeys });
  const asker = { clusterId, runner: config.name, repositories: config.repositories };
  return {
    tickets: createChannelTickets(client, verifier, asker, log),
    reports: createChannelReports(client, clock, over),
  };
}

/** Without an Alertmanager nobody asks for a silence: the guard says so in its terms. */
function silencesOf({ alertmanagerUrl }: RunnerConfig): Silences {
  if (alertmanagerUrl !== undefined)
    return createAlertmanagerSilences({ url: alertmanagerUrl, timeoutMs: CALL_TIMEOUT_MS });
  const none = () => Promise.reject(new AppError("ALERTMANAGER_REFUSED", "no Alertmanager is configured"));
  return { create: none, extend: none, expire: () => Promise.resolve() };
}
