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
  /** Of those that it starts together with, the suite whose end it waits for. */
  readonly after?: string;
};

const SANDBOX = "scripts/sandbox.sh";

/** Tests of a project, all but those that `chosen` leaves out; the report is under the suite's own name. */
function vitest(project: string, chosen: readonly string[] = [], suite = project): readonly string[] {
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=.test/${suite}.json`];
  return ["vitest", "run", "--project", project, ...reporters, ...chosen];
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

const DAEMON_BUILD: Suite = {
  name: "daemon-build",
  says: "compile the daemon's tests while the integration tests mostly wait",
  argv: ["cargo", "test", "--release", "--locked", "--no-run"],
  result: { kind: "exit" },
  timeoutMinutes: 15,
  alongside: true,
};

const DAEMON: Suite = {
  name: "daemon",
  says: "the node daemon on this kernel: felt, bounded, undone",
  argv: [
    SANDBOX,
    ...["cargo", "test", "--release", "--locked", "--no-fail-fast", "--", "--test-threads=1"],
    ...["--skip", "another_kernel"],
  ],
  result: { kind: "cargo" },
  timeoutMinutes: 20,
};

function otherKernel(name: string, says: string, ...which: readonly string[]): Suite {
  return {
    name,
    says,
    argv: [
      SANDBOX,
      ...["cargo", "test", "--release", "--locked", "--test", "network", "--test", "core"],
      ...["--", "--test-threads=1", ...which],
    ],
    result: { kind: "cargo" },
    timeoutMinutes: 20,
  };
}

/** One processor for itself, and the suites beside it mostly wait. */
const OTHER_KERNEL: Suite = {
  ...otherKernel(
    "other-kernel",
    "network faults by netem, and a clock that jumps, in user-mode Linux",
    "another_kernel::another_kernel_with_netem",
    "another_kernel::another_kernel_whose_clock_jumps",
  ),
  alongside: true,
};

/** Judges single milliseconds, so nothing runs beside it. */
const OTHER_KERNEL_MEASURED = otherKernel(
  "other-kernel-measured",
  "how exact both back ends are, packet by packet, in user-mode Linux",
  "--include-ignored",
  "another_kernel::another_kernel_measures",
);

const KEEPER: Suite = {
  name: "keeper",
  says: "kill -9 of the daemon, and nobody but its keeper to heal: two minutes of waiting",
  argv: [
    SANDBOX,
    "cargo",
    "test",
    "--release",
    "--locked",
    "--test",
    "core",
    "--test",
    "file_io",
    "--",
    "--ignored",
    "--exact",
    "healing::kill_9_without_restart_is_healed_within_46_seconds",
    "healing::a_daemon_that_is_stuck_when_a_lease_ends_is_ended_by_the_keeper",
    "healing::without_a_restart_the_keeper_reverts_within_46_seconds",
  ],
  result: { kind: "cargo" },
  timeoutMinutes: 15,
  alongside: true,
};

/** Every effect, whatever happens to whom: a cell of each in `daemon`, all of them in these two, beside each other. */
function matrix(name: string, says: string, ...which: readonly string[]): Suite {
  return {
    name,
    says,
    argv: [
      SANDBOX,
      ...["cargo", "test", "--release", "--locked", "--test", "core", "--", "--ignored", "--test-threads=1", ...which],
    ],
    result: { kind: "cargo" },
    timeoutMinutes: 30,
  };
}

const MATRIX: readonly Suite[] = [
  matrix("matrix", "every effect, whatever happens to whom, on this kernel", "matrix::every_", "matrix::controls::"),
  {
    ...matrix("matrix-elsewhere", "the network's effects again, in user-mode Linux", "matrix::elsewhere::"),
    alongside: true,
  },
];

function addUp(wanted: "each" | "every"): Suite {
  return {
    name: "matrix-table",
    says: "effect x what happens meanwhile: passed, failed or why not, of what has just run",
    argv: ["node", "scripts/matrix.ts", wanted],
    result: { kind: "exit" },
    timeoutMinutes: 1,
  };
}

/**
 * As the daemon lives on a node: the kernel tells of new programs only in the first pid and network namespaces, so there is no sandbox.
 * Daemon and newcomer race for a processor, so nothing runs beside it: among five suites that begin at once, 7 of 100 came first.
 */
const NEWCOMERS: Suite = {
  name: "newcomers",
  says: "programs that begin while a clock fault stands, outside of the sandbox",
  argv: [
    "cargo",
    "test",
    "--release",
    "--locked",
    "--test",
    "clock",
    "--",
    "--ignored",
    "--test-threads=1",
    "newcomers::",
  ],
  result: { kind: "cargo" },
  timeoutMinutes: 5,
};

/** Judges the worst span, so nothing runs beside it. */
const CLOCK_LOAD: Suite = {
  name: "clock-load",
  says: "programs under a minute of load while their clock is skewed and put right",
  argv: [
    SANDBOX,
    ...["cargo", "test", "--release", "--locked", "--test", "clock"],
    ...["--", "--ignored", "--test-threads=1", "--nocapture", "load::"],
  ],
  result: { kind: "cargo" },
  timeoutMinutes: 8,
};

const DENY: Suite = {
  name: "deny",
  says: "licences, sources and doubles of all that is built into the daemon",
  argv: ["scripts/deny.sh"],
  result: { kind: "exit" },
  timeoutMinutes: 20,
  alongside: true,
};

/** In a target directory of its own, which takes three minutes of a processor the first time. */
const SANITIZER: readonly Suite[] = [
  {
    name: "sanitizer",
    says: "the daemon's parts under AddressSanitizer, and a mistake that it must find",
    argv: [SANDBOX, "scripts/sanitizer.sh", "--lib", "--test", "sanitizer", "--", "--test-threads=1"],
    result: { kind: "cargo" },
    timeoutMinutes: 15,
  },
  {
    name: "sanitized-daemon",
    says: "a daemon under AddressSanitizer: a storm of messages, its faults, and their end",
    argv: [
      SANDBOX,
      ...["scripts/sanitizer.sh", "--test", "core", "--", "--test-threads=1"],
      ...["fuzzing::", "victims::", "names_again::", "ledger::", "healing::sigterm", "healing::kill_9_leaves"],
    ],
    result: { kind: "cargo" },
    timeoutMinutes: 15,
  },
];

/** Judges single percents, so nothing runs beside it. */
const WIRE_TEST = "test/e2e/impact-wire.test.ts";

const IMPACT_WIRE: Suite = {
  name: "impact-wire",
  says: "predicted throughput, latency and saturation, measured on two real wires",
  argv: [SANDBOX, ...vitest("e2e", [WIRE_TEST], "impact-wire")],
  result: { kind: "vitest", file: ".test/impact-wire.json" },
  timeoutMinutes: 10,
};

const E2E: Suite = {
  name: "e2e",
  says: "the whole story with real parts: pull request, run, fault, guard, rollback, proof",
  argv: [SANDBOX, ...vitest("e2e", ["--exclude", WIRE_TEST])],
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

const HELM: Suite = {
  name: "helm",
  says: "build helm for the tests of the chart, once, while others compile too",
  argv: ["scripts/cluster/helm.sh"],
  result: { kind: "exit" },
  timeoutMinutes: 20,
  alongside: true,
};

const CLUSTER: Suite = {
  name: "cluster",
  says: "runs, journal, leadership, admission, chart, snapshot and dry run against a real etcd and kube-apiserver",
  argv: vitest("cluster"),
  result: { kind: "vitest", file: ".test/cluster.json" },
  timeoutMinutes: 10,
};

/** Its figures are worth nothing beside another suite. */
const SCALE: Suite = {
  name: "scale",
  says: "a runner with a thousand nodes, ten thousand pods and two hundred runs",
  argv: vitest("cluster", ["test/cluster/scale.test.ts"], "scale"),
  result: { kind: "vitest", file: ".test/scale.json" },
  env: { CHAOSGATE_FULL: "1" },
  timeoutMinutes: 25,
};

const NODE_IMAGES: Suite = {
  name: "node-images",
  says: "build the rest of Kubernetes, and pack the images of a real node, while others compile too",
  argv: ["scripts/cluster/prepare.sh"],
  result: { kind: "exit" },
  timeoutMinutes: 20,
  alongside: true,
};

const NODE_E2E: Suite = {
  name: "node-e2e",
  says: "the pull request's story on a real kubelet and containerd, installed by the chart",
  argv: [SANDBOX, ...vitest("node-e2e", ["test/node-e2e/story.test.ts"])],
  result: { kind: "vitest", file: ".test/node-e2e.json" },
  timeoutMinutes: 15,
};

const OUTAGES: Suite = {
  name: "outages",
  says: "everything that can break in the middle of a run on that node, and how soon its victim is healed",
  argv: [SANDBOX, ...vitest("node-e2e", ["test/node-e2e/outages.test.ts"], "outages-suite")],
  result: { kind: "vitest", file: ".test/outages-suite.json" },
  env: { CHAOSGATE_FULL: "1" },
  timeoutMinutes: 45,
};

/** Compiles the daemon twice, so only in the long plan. */
const IMAGE: readonly Suite[] = [
  {
    name: "image",
    says: "the daemon's image, made from nothing",
    argv: ["node", "scripts/image/build.ts"],
    result: { kind: "exit" },
    timeoutMinutes: 15,
    alongside: true,
  },
  {
    name: "image-verify",
    says: "the same image again from another place, byte for byte, and started from its own files",
    argv: [SANDBOX, "node", "scripts/image/verify.ts"],
    result: { kind: "exit" },
    timeoutMinutes: 15,
    alongside: true,
    after: "image",
  },
];

/** The long matrices and outages; the same suites with every cell. */
const FULL = { CHAOSGATE_FULL: "1" };

export const PLANS: Readonly<Record<string, readonly Suite[]>> = {
  check: [...CHECKS, UNIT],
  test: [
    ...CHECKS,
    CLIPPY,
    API_SERVER,
    HELM,
    NODE_IMAGES,
    UNIT,
    INTEGRATION,
    DAEMON_BUILD,
    NEWCOMERS,
    DAEMON,
    KEEPER,
    OTHER_KERNEL,
    { ...CLUSTER, alongside: true },
    { ...NODE_E2E, alongside: true, after: "cluster" },
    addUp("each"),
    IMPACT_WIRE,
    E2E,
  ],
  "test-full": [
    ...CHECKS,
    CLIPPY,
    API_SERVER,
    HELM,
    NODE_IMAGES,
    DENY,
    ...IMAGE,
    UNIT,
    { ...INTEGRATION, env: FULL, timeoutMinutes: 20 },
    DAEMON_BUILD,
    NEWCOMERS,
    { ...DAEMON, env: FULL, timeoutMinutes: 40 },
    KEEPER,
    OTHER_KERNEL,
    { ...CLUSTER, alongside: true },
    { ...NODE_E2E, alongside: true, after: "cluster" },
    OTHER_KERNEL_MEASURED,
    SCALE,
    ...MATRIX,
    addUp("every"),
    CLOCK_LOAD,
    ...SANITIZER,
    IMPACT_WIRE,
    OUTAGES,
    { ...E2E, env: FULL, timeoutMinutes: 40, alongside: true },
  ],
};
