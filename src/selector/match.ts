// Which pods a selector matches, with the meaning Chaos Mesh gives it: experiment's selector and a snapshot enter, pods leave.

import type { Selector } from "../manifest/experiment.ts";
import { compile } from "./compile.ts";
import { indexOf } from "./pod-index.ts";
import type { ChaosMeshScope, PodFact, Snapshot } from "./snapshot.ts";

const INJECT = "chaos-mesh.org/inject";

/**
 * Pods the selector matches, each once. `pods` overrides everything else; missing names are skipped. A selector that Chaos Mesh
 * cannot read matches nobody, as there.
 */
export function matchPods(selector: Selector, snapshot: Snapshot): readonly PodFact[] {
  const index = indexOf(snapshot);
  const { pods } = selector;
  const inScope = scopeTest(snapshot);
  if (pods !== undefined && Object.keys(pods).length > 0) {
    return index.named(pods).filter(({ namespace }) => inScope(namespace));
  }
  const compiled = isBeyond(selector.namespaces, snapshot.scope) ? undefined : compile(selector, index.nodes);
  if (compiled === undefined) return [];
  const namespaces = [...new Set(selector.namespaces)].filter(inScope);
  return namespaces.flatMap((name) => index.candidates(name, compiled.labels).filter(compiled.matches));
}

/** An installation for one namespace refuses a selector that names another one, or several. */
function isBeyond(namespaces: readonly string[], { targetNamespace }: ChaosMeshScope = {}): boolean {
  if (targetNamespace === undefined) return false;
  return namespaces.length > 1 || namespaces.some((name) => name !== targetNamespace);
}

/** An installation for annotated namespaces, or for a single one, leaves all others out. */
function scopeTest({ scope, namespaces }: Snapshot): (namespace: string) => boolean {
  const { targetNamespace, annotatedOnly = false } = scope ?? {};
  if (targetNamespace === undefined && !annotatedOnly) return () => true;
  const enabled = namespaces.filter(({ annotations = {} }) => annotations[INJECT] === "enabled");
  const names = new Set(enabled.map(({ name }) => name));
  return (namespace) =>
    (targetNamespace === undefined || namespace === targetNamespace) && (!annotatedOnly || names.has(namespace));
}
