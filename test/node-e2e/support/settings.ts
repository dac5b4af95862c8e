import { demoSettings } from "../../../src/entrypoints/playground/demo-settings.ts";

export type Known = Parameters<typeof demoSettings>[0];

/** The demo's settings, with the seed's pairing: an experiment may live in staging-chaos and hit staging. */
export function settings(known: Known): string {
  return demoSettings(known).replace(
    "    protected: [shared-db]",
    "    protected: [shared-db]\n    pairings: [{ from: staging-chaos, to: staging }]",
  );
}

/**
 * The same, with objectives that Prometheus answers by itself: an outage is to end the run, and not a shop that a busy machine made
 * late. Where Prometheus is gone the guard is as blind as ever.
 */
export function patientSettings(known: Known): string {
  return settings({ ...known, duration: "2m" })
    .replaceAll(/^( {4}(?:query|freshness)): .*$/gm, '$1: "vector(0)"')
    .replaceAll(/^ {4}traffic: .*\n/gm, "");
}
