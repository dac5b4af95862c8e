/** The shorter of the manifest's duration and the ticket's limit, and what the manifest said when it was cut. */
export function cap(
  manifestMs: number | undefined,
  limitMs: number,
): { readonly durationMs: number; readonly cappedFromMs?: number } {
  if (manifestMs === undefined) return { durationMs: limitMs };
  return manifestMs <= limitMs ? { durationMs: manifestMs } : { durationMs: limitMs, cappedFromMs: manifestMs };
}
