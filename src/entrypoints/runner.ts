// Starts the runner: reads the environment, composes the ports, and serves until it is told to end; then it rolls back first.

import { hostname } from "node:os";
import pino from "pino";
import { createAlertmanagerSilences } from "../alertmanager/silences.ts";
import { createChannelClient } from "../channel/client.ts";
import { createChannelReports } from "../channel/client-reports.ts";
import { createChannelTickets } from "../channel/client-tickets.ts";
import { createRequestSigner } from "../channel/request-signer.ts";
import { createTicketVerifier } from "../channel/ticket-verifier.ts";
import { systemClock as clock } from "../clock.ts";
import { type RunnerConfig, readRunnerConfig } from "../config/runner.ts";
import { createDaemonFaults } from "../daemon/faults.ts";
import { AppError, messageOf } from "../errors.ts";
import { createLocalCluster } from "../local/cluster.ts";
import { createFileJournal } from "../local/file-journal.ts";
import { createPrometheusMetrics } from "../prometheus/metrics.ts";
import { createOccupancy } from "../run/occupancy.ts";
import type { Silences } from "../run/ports.ts";
import { serve } from "../run/serve.ts";

/** One query, one silence, one call to a daemon or to the bot. */
const CALL_TIMEOUT_MS = 3_000;

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

try {
  await run(readRunnerConfig(process.env), stop.signal);
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}

async function run(config: RunnerConfig, signal: AbortSignal): Promise<void> {
  const log = pino({ level: config.logLevel, base: { runner: config.name, host: hostname() } });
  const cluster = createLocalCluster({ stateFile: config.cluster.stateFile });
  const faults = createDaemonFaults({ addresses: config.daemons, tls: config.daemonTls, timeoutMs: CALL_TIMEOUT_MS });
  const { clusterId } = await cluster.snapshot();
  const over = new AbortController();
  const channel = await channelOf(config, clusterId, log, over.signal);
  log.info({ clusterId, repositories: config.repositories }, "runner started");
  try {
    await serve(
      {
        ...channel,
        cluster,
        probe: cluster,
        faults,
        metrics: createPrometheusMetrics({ url: config.prometheusUrl, timeoutMs: CALL_TIMEOUT_MS }),
        silences: silencesOf(config),
        journal: createFileJournal(config.journalFolder),
        occupancy: createOccupancy(),
        clock,
        log,
        here: { clusterId, runner: config.name, environments: config.environments, guard: config.guard },
        askEveryMs: config.askEveryMs,
      },
      signal,
    );
    log.info({}, "runner ended, everything is rolled back");
  } finally {
    over.abort();
    faults.close();
  }
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
