// What a local cluster is at one moment, as its supervisor writes it to a file and everybody else reads it. The supervisor is the
// only writer; a reader sees either the old or the new state, never half of one.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { NamespaceDeclaration } from "./declaration.ts";
import type { ProcessId } from "./process-id.ts";

export type LocalState = {
  readonly version: 1;
  readonly clusterId: string;
  readonly supervisor: ProcessId;
  readonly updatedAt: number;
  readonly namespaces: readonly NamespaceDeclaration[];
  /** Addresses that faults leave alone: the bridge, from where Prometheus scrapes and readiness is asked. */
  readonly exemptions: readonly { readonly cidr: string; readonly port: number }[];
  readonly pods: readonly LocalPod[];
};

export type LocalPod = {
  readonly name: string;
  readonly uid: string;
  readonly namespace: string;
  readonly service: string;
  /** `Deployment/checkout`. */
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly ip: string;
  readonly ipv6?: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly pid: number;
  readonly ready: boolean;
  /** Asked to end and not in the endpoints any more. */
  readonly terminating: boolean;
  readonly startedAt: number;
};

/** Replaces the file in one step. */
export function writeAtomically(file: string, content: unknown): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(content, undefined, 1)}\n`, { mode: 0o644 });
  renameSync(draft, file);
}

/** Reads a state that a supervisor wrote; throws when the file is absent or of another version. */
export function readState(file: string): LocalState {
  const state = JSON.parse(readFileSync(file, "utf8")) as Partial<LocalState>;
  if (state.version !== 1 || !Array.isArray(state.pods) || typeof state.clusterId !== "string")
    throw new Error(`${file} is not the state of a local cluster (version 1)`);
  return state as LocalState;
}
