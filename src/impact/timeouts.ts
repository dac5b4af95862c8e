/**
 * Share of calls that come back later than `timeoutMs`. netem's jitter without a distribution is uniform (sch_netem.c, tabledist);
 * two delayed trips add up to a triangle.
 */
export function lateShare(
  timeoutMs: number,
  call: { readonly takesMs: number; readonly jitterMs: number; readonly trips: 1 | 2 },
): number {
  const { takesMs, jitterMs, trips } = call;
  if (jitterMs === 0) return takesMs >= timeoutMs ? 1 : 0;
  const above = clamp((takesMs + jitterMs - timeoutMs) / (2 * jitterMs));
  if (trips === 1) return above;
  return above < 0.5 ? 2 * above ** 2 : 1 - 2 * (1 - above) ** 2;
}

/** Share of requests that fail, when each of `calls` has `attempts` and every attempt fails with `share`. */
export function failingRequests(share: number, { calls, attempts }: { calls: number; attempts: number }): number {
  return 1 - (1 - share ** attempts) ** calls;
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
