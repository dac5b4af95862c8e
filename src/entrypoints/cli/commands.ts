import type { Options } from "./words.ts";

// Every command with its words, in one table: help, completion and parsing read it, and a command's own modules are loaded only
// when it runs.

export type FlagSpec = {
  readonly type: "boolean" | "string";
  /** What help writes behind the flag; a list of words is what completion offers. */
  readonly value?: string | readonly string[];
  readonly says: string;
};

export type Run = (names: readonly string[], options: Options) => number | Promise<number>;

export type CommandSpec = {
  /** What stands behind the command's name. */
  readonly takes: string;
  readonly says: string;
  readonly flags: Readonly<Record<string, FlagSpec>>;
  /** Further lines of the command's help. */
  readonly notes?: readonly string[];
  readonly load: () => Promise<Run>;
};

/** Reads its own words, because its flags depend on a first word. */
export type OwnWordsSpec = {
  readonly takes: string;
  readonly says: string;
  readonly loadOwn: () => Promise<(words: readonly string[]) => number>;
};

const LINT_FORMATS = ["text", "json", "sarif", "github", "markdown"];

const VERSION: FlagSpec = {
  type: "string",
  value: ["2.8", "2.7"],
  says: "the version of Chaos Mesh whose answers are given (default: 2.8; in a review, chaosMesh of the settings)",
};

const CLUSTER_FLAGS = {
  kubeconfig: { type: "string", value: "FILE", says: "a kubeconfig (default: as kubectl finds it)" },
  context: { type: "string", value: "NAME", says: "a context of the kubeconfig (default: its current one)" },
} as const;

/** In the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, CommandSpec | OwnWordsSpec>> = {
  lint: {
    takes: "FILE...",
    says: "check manifests as a cluster with Chaos Mesh would, without a cluster",
    flags: {
      format: format(LINT_FORMATS),
      "chaos-mesh": VERSION,
      cluster: { type: "boolean", says: "ask a cluster by server-side dry run as well, and say where it differs" },
      ...CLUSTER_FLAGS,
    },
    notes: ["json is an array with one object per document; github prints annotations of a GitHub Actions job."],
    load: async () => (await import("./lint.ts")).lintCommand,
  },
  fix: {
    takes: "FILE...",
    says: "show what would repair manifests, as a diff; comments and formatting stay",
    flags: {
      format: format(["text", "json"]),
      write: { type: "boolean", says: "write the repaired text back to the files" },
      diff: { type: "boolean", says: "print a diff for standard input, too, and not the repaired text" },
      yes: { type: "boolean", says: "take the first answer to every question" },
      "keep-namespace": {
        type: "boolean",
        says: "leave metadata.namespace as it is when the selector names another namespace",
      },
    },
    notes: ["What only the author can decide is asked on a terminal, and listed elsewhere."],
    load: async () => (await import("./fix.ts")).fixCommand,
  },
  review: {
    takes: "FILE...",
    says: "say what the pull request would say: findings, pods, predicted impact",
    flags: {
      format: format(["text", "markdown", "json"]),
      "chaos-mesh": VERSION,
      settings: {
        type: "string",
        value: "FILE",
        says: "the repository's .github/chaosgate.yml; without it there are no caps and no service models",
      },
      base: { type: "string", value: "REF", says: "a commit or branch of git, to say what differs from it" },
      codeowners: {
        type: "string",
        value: "FILE",
        says: "the repository's CODEOWNERS, for services whose settings have a path",
      },
      environment: { type: "string", value: "NAME", says: "an environment of the settings (default: the first)" },
      snapshot: {
        type: "string",
        value: "FILE",
        says: "a snapshot of the cluster (chaosgate snapshot); without it no pods are counted",
      },
      explain: { type: "boolean", says: "trace every figure: formula, source, and each input with where it was read" },
      "what-if": {
        type: "string",
        value: "CHANGE",
        says: "say what delay=200ms, loss=1% or both would do instead",
      },
      cluster: { type: "boolean", says: "look at the pods of a cluster instead of a snapshot" },
      ...CLUSTER_FLAGS,
    },
    load: async () => (await import("./review.ts")).reviewCommand,
  },
  snapshot: {
    takes: "",
    says: "print what reviews need of a cluster: pods, nodes, namespaces, disruption budgets",
    flags: CLUSTER_FLAGS,
    notes: ["The account needs to list these and replica sets, and nothing else: docs/cluster.md has its role."],
    load: async () => (await import("./snapshot.ts")).snapshotCommand,
  },
  explain: {
    takes: "[CODE]",
    says: "print the page of a rule, or list every rule",
    flags: {},
    load: async () => (await import("./explain.ts")).explainCommand,
  },
  schema: {
    takes: "[NAME]",
    says: "print the JSON Schema of a kind or of the settings, or list them",
    flags: { all: { type: "string", value: "DIR", says: "write every schema to DIR, for editors" } },
    notes: ["NAME is a kind such as NetworkChaos, or settings. DIR/chaos-mesh.json is for files of any kind."],
    load: async () => (await import("./schema.ts")).schemaCommand,
  },
  predict: {
    takes: "QUESTION",
    says: "calculate one figure: window, loss, pool, erlang, retries or transfer",
    loadOwn: async () => (await import("./predict.ts")).predictCommand,
  },
  calibrate: {
    takes: "RUN",
    says: "correct the settings' service model by what a run measured",
    flags: {
      format: format(["text", "json"]),
      settings: { type: "string", value: "FILE", says: "the settings to correct; the difference is printed" },
      write: { type: "boolean", says: "write the corrected text back to the file" },
    },
    notes: ["RUN is a run's report in JSON, or the journal of a runner."],
    load: async () => (await import("./calibrate.ts")).calibrateCommand,
  },
  doctor: {
    takes: "",
    says: "say what is missing or unsafe in a cluster, with the commands that mend it",
    flags: {
      installation: {
        type: "boolean",
        says: "look only at what the installation brings, and at nothing that is permitted",
      },
      namespace: { type: "string", value: "NAME", says: "chaosgate's own namespace (default: chaosgate)" },
      ...CLUSTER_FLAGS,
    },
    notes: ["It changes nothing. The exit code is 1 when there is anything to mend."],
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
  abort: {
    takes: "[RUN...]",
    says: "end runs in a cluster, and wait until they are rolled back",
    flags: {
      all: { type: "boolean", says: "every run that goes on" },
      by: { type: "string", value: "WHO", says: "who asks for it (default: your user name)" },
      reason: { type: "string", value: "TEXT", says: "why, for the report" },
      namespace: { type: "string", value: "NAME", says: "chaosgate's own namespace (default: chaosgate)" },
      ...CLUSTER_FLAGS,
    },
    notes: ["The exit code is 1 when a run did not end in 90 s, or left something behind."],
    load: async () => (await import("./abort.ts")).abortCommand,
  },
  certificates: {
    takes: "",
    says: "make and renew the certificates that daemons and runners show each other, as far as it is due",
    flags: {
      namespace: { type: "string", value: "NAME", says: "chaosgate's own namespace (default: chaosgate)" },
      webhook: {
        type: "string",
        value: "NAME",
        says: "also what runners show API servers, and what these believe by the ValidatingWebhookConfiguration of that name",
      },
      ...CLUSTER_FLAGS,
    },
    notes: [
      "The chart's job runs it daily: docs/kubernetes.md says in which order. The secrets must be there already.",
    ],
    load: async () => (await import("./certificates.ts")).certificatesCommand,
  },
  runner: {
    takes: "",
    says: "serve tickets: check, inject, guard, roll back, report, until a signal ends it",
    flags: { kubernetes: { type: "boolean", says: "in the cluster around this pod (default: CHAOSGATE_CLUSTER)" } },
    notes: ["Everything else is configured by the environment, as docs/kubernetes.md lists it."],
    load: async () => (await import("./runner.ts")).runnerCommand,
  },
  key: {
    takes: "FILE",
    says: "make an Ed25519 key: the private half into FILE, the public half to standard output",
    flags: {},
    notes: ["For the bot's tickets and for a runner's requests; docs/install.md says which goes where."],
    load: async () => (await import("./key.ts")).keyCommand,
  },
  completion: {
    takes: "SHELL",
    says: "print the completion script for bash, zsh or fish",
    flags: {},
    load: async () => (await import("./completion.ts")).completionCommand,
  },
};

function format(formats: readonly string[]): FlagSpec {
  return { type: "string", value: formats, says: `how to print (default: ${formats[0]})` };
}
