/** Environment of checkout's two configurations, and what the repository's settings must say of each for the prediction to fit. */
export const CHECKOUT_MODES = {
  /** Waits long, refuses when the pool is full. */
  fragile: { MODE: "fragile", POOL: "8", TIMEOUT_MS: "2000" },
  /** Gives up soon, takes the order and charges later, stops calling for a while. */
  resilient: { MODE: "resilient", POOL: "8", TIMEOUT_MS: "150" },
} as const;
