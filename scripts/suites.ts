// What `make test` runs, in order. Each suite leaves a machine-readable result under .test/, which tally.ts adds up.

export type Suite = {
  readonly name: string;
  /** What it proves, said when it starts. */
  readonly says: string;
  readonly argv: readonly string[];
  readonly result:
    | { readonly kind: "vitest"; readonly file: string }
    /** Output of one or more test binaries of Rust, kept in a log. */
    | { readonly kind: "cargo" }
    /** Passes or fails as a whole. */
    | { readonly kind: "exit" };
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMinutes: number;
  /** Mostly waits, in a sandbox of its own: starts together with the suite before it, and its output is shown when it ends. */
  readonly alongside?: true;
};

const SANDBOX = "scripts/sandbox.sh";

function vitest(name: string, files: readonly string[] = []): readonly string[] {
  return [
    "vitest",
    "run",
    "--project",
    name,
    "--reporter=default",
    "--reporter=json",
    `--outputFile=.test/${name}.json`,
    ...files,
  ];
}

const CHECKS: readonly Suite[] = [
  {
    name: "format",
    says: "one formatter, one linter",
    argv: ["biome", "ci", "--colors=off", "--error-on-warnings", "."],
    result: { kind: "exit" },
    timeoutMinutes: 2,
  },
  { name: "types", says: "TypeScript, strict", argv: ["tsc", "--noEmit"], result: { kind: "exit" }, timeoutMinutes: 3 },
  {
    name: "proto",
    says: "the contract between runner and daemon",
    argv: ["buf", "lint"],
    result: { kind: "exit" },
    timeoutMinutes: 2,
  },
  {
    name: "rustfmt",
    says: "Rust formatting",
    argv: ["cargo", "fmt", "--check"],
    result: { kind: "exit" },
    timeoutMinutes: 2,
  },
];

const CLIPPY: Suite = {
  name: "clippy",
  says: "Rust lints, warnings are errors",
  argv: ["cargo", "clippy", "--release", "--all-targets", "--locked", "--", "-D", "warnings"],
  result: { kind: "exit" },
  timeoutMinutes: 15,
};

const UNIT: Suite = {
  name: "unit",
  says: "the pure rooms, and edges against small real servers",
  argv: vitest("unit"),
  result: { kind: "vitest", file: ".test/unit.json" },
  timeoutMinutes: 10,
};

const INTEGRATION: Suite = {
  name: "integration",
  says: "bot, function and command line as processes, against the stand-in and an independent GitHub emulator",
  argv: vitest("integration"),
  result: { kind: "vitest", file: ".test/integration.json" },
  timeoutMinutes: 10,
};

const DAEMON: Suite = {
  name: "daemon",
  says: "the node daemon on this kernel: felt, bounded, undone",
  argv: [SANDBOX, "cargo", "test", "--release", "--locked", "--no-fail-fast", "--", "--test-threads=1"],
  result: { kind: "cargo" },
  timeoutMinutes: 15,
};

const KEEPER: Suite = {
  name: "keeper",
  says: "kill -9 of the daemon, and nobody but its keeper to heal: a minute of waiting",
  argv: [
    SANDBOX,
    "cargo",
    "test",
    "--release",
    "--locked",
    "--test",
    "core",
    "--",
    "--ignored",
    "--exact",
    "healing::kill_9_without_restart_is_healed_within_46_seconds",
  ],
  result: { kind: "cargo" },
  timeoutMinutes: 15,
  alongside: true,
};

const E2E: Suite = {
  name: "e2e",
  says: "the whole story with real parts: pull request, run, fault, guard, rollback, proof",
  argv: [SANDBOX, ...vitest("e2e")],
  result: { kind: "vitest", file: ".test/e2e.json" },
  timeoutMinutes: 20,
};

const API_SERVER: Suite = {
  name: "api-server",
  says: "build kube-apiserver for the cluster suite, once, while others compile too",
  argv: ["scripts/cluster/build.sh"],
  result: { kind: "exit" },
  timeoutMinutes: 20,
  alongside: true,
};

const CLUSTER: Suite = {
  name: "cluster",
  says: "snapshot and dry run against a real etcd and kube-apiserver",
  argv: vitest("cluster"),
  result: { kind: "vitest", file: ".test/cluster.json" },
  timeoutMinutes: 10,
};

/** The long matrices and outages; the same suites with every cell. */
const FULL = { CHAOSGATE_FULL: "1" };

export const PLANS: Readonly<Record<string, readonly Suite[]>> = {
  check: [...CHECKS, UNIT],
  test: [...CHECKS, CLIPPY, API_SERVER, UNIT, INTEGRATION, DAEMON, KEEPER, E2E, CLUSTER],
  "test-full": [
    ...CHECKS,
    CLIPPY,
    API_SERVER,
    UNIT,
    INTEGRATION,
    { ...DAEMON, env: FULL, timeoutMinutes: 40 },
    KEEPER,
    { ...E2E, env: FULL, timeoutMinutes: 40 },
    CLUSTER,
  ],
};
