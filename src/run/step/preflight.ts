import { effectiveDuration } from "../../policy/duration.ts";
import type { Event } from "../event.ts";
import { type Preflight, type Requested, type Step, unexpected } from "../phase.ts";
import { leaseOf, preflightRefusals } from "../preflight.ts";
import { tell } from "../story.ts";
import { nodesOf } from "../target.ts";
import { refuse } from "./finish.ts";

/** What follows the look at the cluster. */
export function whileRequested(phase: Requested, event: Event): Step {
  const { at } = event;
  if (event.kind === "failed") return refuse(phase, event.why, at);
  if (event.kind !== "looked") return unexpected(phase, event);
  const { resolution } = event;
  if (resolution.kind === "refused") return refuse(phase, resolution.refusals.join("; "), at);
  const { target } = resolution;
  const { experiment, claims } = phase.terms;
  const limitMs = claims.limits.max_duration_seconds * 1000;
  const duration = { durationMs: limitMs, ...effectiveDuration(experiment, limitMs) };
  const story = tell(phase.story, at, `${target.victims.length} of ${target.matchedPods} matching pods selected`);
  const preflight: Preflight = { ...phase, ...duration, name: "preflight", story, target };
  return { phase: preflight, command: { do: "ask", namespaces: target.namespaces, nodes: nodesOf(target) } };
}

/** What follows the answers of namespaces and daemons. */
export function whilePreflight(phase: Preflight, event: Event): Step {
  const { at } = event;
  if (event.kind === "failed") return refuse(phase, event.why, at);
  if (event.kind !== "asked") return unexpected(phase, event);
  const refusals = preflightRefusals(phase, event);
  if (refusals.length > 0) return refuse(phase, refusals.join("; "), at);
  const story = tell(phase.story, at, "preflight passed; looking for a steady state");
  return {
    phase: { ...phase, name: "baseline", story, lease: leaseOf(event.nodes) },
    command: { do: "poll", by: "baseline" },
  };
}
