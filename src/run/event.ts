// What a run is told (events) and what it asks for (commands). Every command is answered by exactly one event; `failed` answers
// any of them. Times are Unix milliseconds.

import type { Reading } from "../slo/objective.ts";
import type { FaultOrder, FaultReceipt, NodeCapabilities, SilenceRequest } from "./ports.ts";
import type { Measured, Order } from "./report.ts";
import type { Resolution } from "./resolve.ts";
import type { Victim } from "./target.ts";

export type Command =
  | { readonly do: "look" }
  | { readonly do: "ask"; readonly namespaces: readonly string[]; readonly nodes: readonly string[] }
  | { readonly do: "poll"; readonly by: "baseline" | "run" }
  | { readonly do: "wait"; readonly until: number }
  | { readonly do: "silence"; readonly request: SilenceRequest }
  | { readonly do: "extend-silence"; readonly id: string; readonly request: SilenceRequest }
  | { readonly do: "expire-silence"; readonly id: string }
  | { readonly do: "inject"; readonly wave: Wave }
  | { readonly do: "renew"; readonly nodes: readonly string[]; readonly epoch: number }
  /** Everything of the run, on each of these nodes. */
  | { readonly do: "revert"; readonly nodes: readonly string[]; readonly epoch: number }
  | { readonly do: "inspect"; readonly victims: readonly Victim[]; readonly oneShot: boolean };

/** Faults that are put in place beside each other: one after the other on a node, and on several nodes at once. */
export type Wave = {
  readonly victims: readonly Victim[];
  readonly order: FaultOrder;
  readonly epoch: number;
  readonly deadlineMs: number;
  /** By then the guard is due, and whoever has not begun is left for the next wave. */
  readonly until: number;
};

/** Commands that change the world: each is in the journal before it is done. */
export const ACTS: readonly Command["do"][] = [
  "silence",
  "extend-silence",
  "expire-silence",
  "inject",
  "renew",
  "revert",
];

/** Acts that only ever take something back: they are done even when the journal is gone. */
export const UNDOS: readonly Command["do"][] = ["expire-silence", "revert"];

export type Asked = {
  readonly kind: "asked";
  readonly refusedNamespaces: readonly { readonly namespace: string; readonly why: string }[];
  readonly nodes: readonly NodeCapabilities[];
  readonly unreachable: readonly NodeTrouble[];
};

export type NodeTrouble = { readonly node: string; readonly why: string };

/** A fault in place, since `at`. */
export type Placed = { readonly faultId: string; readonly receipt: FaultReceipt; readonly at: number };

/** An order that brought no receipt. Of one that nobody answered it is not known whether the fault is in place. */
export type Unplaced = { readonly faultId: string; readonly why: string; readonly unanswered: boolean };

/** Answers to commands. */
type Answer =
  | { readonly kind: "looked"; readonly resolution: Resolution }
  | Asked
  | { readonly kind: "polled"; readonly readings: readonly Reading[]; readonly heardAt: number }
  | { readonly kind: "woke" }
  | { readonly kind: "silenced"; readonly id: string; readonly endsAt: number }
  | { readonly kind: "extended"; readonly id: string; readonly endsAt: number }
  | { readonly kind: "expired" }
  /** Whoever of the wave is in neither list was not begun. */
  | { readonly kind: "injected"; readonly placed: readonly Placed[]; readonly unplaced: readonly Unplaced[] }
  /** `gone`: no node has a fault of the run any more, because its victims have ended. */
  | { readonly kind: "renewed"; readonly lost: readonly NodeTrouble[]; readonly gone?: boolean }
  | {
      readonly kind: "reverted";
      readonly freed: readonly { readonly node: string; readonly at: number }[];
      readonly failures: readonly NodeTrouble[];
    }
  | { readonly kind: "inspected"; readonly found: readonly string[]; readonly unread: readonly NodeTrouble[] }
  | { readonly kind: "failed"; readonly of: Command["do"]; readonly why: string };

/** What nobody asked for. */
type Interruption =
  | { readonly kind: "ordered"; readonly order: Order }
  | { readonly kind: "told-to-stop"; readonly why: string }
  | { readonly kind: "journal-lost"; readonly why: string }
  | { readonly kind: "resumed" }
  | {
      readonly kind: "probed";
      readonly measured: readonly Measured[];
      readonly felt: boolean;
      /** Why nothing could be measured. */
      readonly why?: string;
    };

type At = { readonly at: number };

export type AnswerEvent = Answer & At;
export type InterruptionEvent = Interruption & At;
export type Event = AnswerEvent | InterruptionEvent;

/** One kind of event. */
export type EventOf<K extends Event["kind"]> = Extract<Event, { kind: K }>;
