import type { Experiment } from "./experiment.ts";
import type { Finding, Place, Problem } from "./problem.ts";

/** What the API server with Chaos Mesh would say. */
export type Answer = "accept" | "reject";

/** A namespace that a selector names, and where. */
export type Reach = { readonly namespace: string; readonly path: string; readonly place: Place };

/** One chaos document of a file, with its exact bytes' digest left to the caller (crypto is not a pure room's business). */
export type ManifestDocument = {
  /** 0-based index of the document within its file. */
  readonly index: number;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly place: Place;
  readonly answer: Answer;
  readonly problems: readonly Problem[];
  /** Admitted, but does not do what it says. */
  readonly findings: readonly Finding[];
  /** Namespaces that the selectors name, also of a refused document: a policy can judge them before the mistakes are gone. */
  readonly reaches?: readonly Reach[];
  /** Present when `answer` is `accept`. */
  readonly experiment?: Experiment;
};

/** A file of a pull request after reading. `problems` are those of the file itself (not YAML, too large, too deep). */
export type ManifestFile = {
  readonly path: string;
  readonly problems: readonly Problem[];
  /** Only documents of chaos-mesh.org; others are skipped and counted. */
  readonly documents: readonly ManifestDocument[];
  readonly otherDocuments: number;
};
