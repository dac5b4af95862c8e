import type { PullRequest } from "../../../playground/github/repository.ts";
import { p99, userErrorRatio } from "../../../playground/shop/queries.ts";
import type { Story } from "../story.ts";
import type { KernelState } from "../victims.ts";
import type { World } from "../world.ts";

export const MANIFEST_PATH = "chaos/network-delay.yaml";
export const SEED_MANIFEST = "test/fixtures/seed/network-delay.yaml";

/** What the seed's manifest injects, and what its review predicts for a new connection. */
export const PREDICTED_ADDED_MS = 500;
/** Enough that the median of a jitter of 10 % is within 3 %. */
export const CONNECTIONS = 20;
/** A measured figure counts as predicted within this share. */
export const TOLERANCE = 0.1;
/** The runner's poll in the story. */
export const POLL_SECONDS = 1;

/** What must be 0 before a run is asked for. */
export const FAILING_ORDERS = userErrorRatio("staging/checkout", "15s");

/** What must be well below the baseline's 250 ms before a merge runs, which nobody can ask for twice. */
export const SLOWEST_ORDERS = p99("checkout-service", "15s");
export const STEADY_SECONDS = 0.15;

/** Everything a step needs; `pull` is the story's first pull request. */
export type Scene = {
  readonly world: World;
  readonly story: Story;
  readonly pull: PullRequest;
  /** Every pod's kernel lists before the first fault. */
  readonly untouched: KernelState;
  /** Takes a picture of the first pull request's page, or of the first thing on it that a selector finds. */
  picture(name: string, select?: string): Promise<void>;
};
