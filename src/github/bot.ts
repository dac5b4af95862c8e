import type { Clock } from "../clock.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import type { Octokit } from "./octokit.ts";
import type { Identity } from "./repository.ts";

/** Signs tickets and reads back its own; the key never leaves the implementation. */
export interface Tickets {
  sign(claims: TicketClaims): Promise<string>;
  /** The claims of a ticket that carries this bot's signature, expired or not; undefined for anything else. */
  open(compact: string): Promise<TicketClaims | undefined>;
  /** Secret to everybody else and the same every time: what a review showed is what the run will hit. */
  seed(plan: string, environment: string): string;
}

/** The part of a logger that is used: facts first, then a static sentence. */
export interface Log {
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}

/** Everything a handler needs besides the delivery; it holds no state between deliveries. */
export type Bot = {
  readonly self: Identity;
  readonly clock: Clock;
  readonly tickets: Tickets;
  readonly log: Log;
  /** A client for one installation, or for the app itself. */
  readonly clientOf: (installationId?: number) => Promise<Octokit>;
};
