// The node daemon on real kernels.

import { SANDBOX, type Suite } from "./suite.ts";

export const DAEMON_BUILD: Suite = {
  name: "daemon-build",
  says: "compile the daemon's tests while the integration tests mostly wait",
  argv: ["cargo", "test", "--release", "--locked", "--no-run"],
  result: { kind: "exit" },
  timeoutMinutes: 15,
  alongside: true,
};

export const DAEMON: Suite = {
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
export const OTHER_KERNEL: Suite = {
  ...otherKernel(
    "other-kernel",
    "network faults by netem, and a clock that jumps, in user-mode Linux",
    "another_kernel::another_kernel_with_netem",
    "another_kernel::another_kernel_whose_clock_jumps",
  ),
  alongside: true,
};

/** Judges single milliseconds, so nothing runs beside it. */
export const OTHER_KERNEL_MEASURED = otherKernel(
  "other-kernel-measured",
  "how exact both back ends are, packet by packet, in user-mode Linux",
  "--include-ignored",
  "another_kernel::another_kernel_measures",
);

export const KEEPER: Suite = {
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

/**
 * As the daemon lives on a node: the kernel tells of new programs only in the first pid and network namespaces, so there is no sandbox.
 * Daemon and newcomer race for a processor, so nothing runs beside it: among five suites that begin at once, 7 of 100 came first.
 */
export const NEWCOMERS: Suite = {
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
export const CLOCK_LOAD: Suite = {
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

/** In a target directory of its own, which takes three minutes of a processor the first time. */
export const SANITIZER: readonly Suite[] = [
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

/** Compiles the daemon twice, so only in the long plan. */
export const IMAGE: readonly Suite[] = [
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
