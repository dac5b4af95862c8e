import { setTimeout as delay } from "node:timers/promises";
import type { World } from "./world.ts";

export type PrometheusPoint = { readonly at: number; readonly value: number };

/** Every evaluation of an expression between two instants (Unix ms), `stepSeconds` apart, straight from Prometheus. */
export async function evaluations(
  world: World,
  expression: string,
  from: number,
  to: number,
  stepSeconds = 0.1,
): Promise<readonly PrometheusPoint[]> {
  const query = new URLSearchParams({
    query: expression,
    start: String(from / 1000),
    end: String(to / 1000),
    step: String(stepSeconds),
  });
  const answer = await fetch(`${world.cluster.observability.prometheusUrl}/api/v1/query_range?${query}`);
  const { data } = (await answer.json()) as { data: { result: readonly { values: readonly [number, string][] }[] } };
  return (data.result[0]?.values ?? []).map(([at, value]) => ({ at: at * 1000, value: Number(value) }));
}

export type SilenceSeen = { readonly id: string; readonly state: string; readonly endsAt: string };

/** Alertmanager's own list of silences. */
export async function silencesOf(world: World): Promise<readonly SilenceSeen[]> {
  const answer = await fetch(`${world.cluster.observability.alertmanagerUrl}/api/v2/silences`);
  const silences = (await answer.json()) as readonly { id: string; status: { state: string }; endsAt: string }[];
  return silences.map(({ id, status, endsAt }) => ({ id, state: status.state, endsAt }));
}

/** How many silences hold now. */
export async function activeSilences(world: World): Promise<number> {
  return (await silencesOf(world)).filter(({ state }) => state === "active").length;
}

/**
 * Waits until Prometheus evaluates an expression to no more than `atMost`: no failing order in its window. A browser that takes a picture on two cores makes the shop late, and
 * a baseline that is not met refuses the run, as it should.
 */
export async function waitUntilSteady(world: World, expression: string, atMost = 0, withinMs = 60_000): Promise<void> {
  const until = Date.now() + withinMs;
  while (Date.now() < until) {
    const now = Date.now();
    const [point] = await evaluations(world, expression, now, now);
    if (point !== undefined && point.value <= atMost) return;
    await delay(500);
  }
}
