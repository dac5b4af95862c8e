// What `make test` runs, in order. Each suite leaves a machine-readable result under .test/, which tally.ts adds up.

import {
  API_SERVER,
  CLUSTER,
  GIVEN_CLUSTER,
  HELM,
  KWOK,
  NODE_E2E,
  NODE_IMAGES,
  OUTAGES,
  SCALE,
} from "./suites/cluster.ts";
import { CHECKS, CLIPPY, DENY, INTEGRATION, UNIT } from "./suites/code.ts";
import {
  CLOCK_LOAD,
  DAEMON,
  DAEMON_BUILD,
  IMAGE,
  KEEPER,
  NEWCOMERS,
  OTHER_KERNEL,
  OTHER_KERNEL_MEASURED,
  SANITIZER,
} from "./suites/daemon.ts";
import { addUp, MATRIX } from "./suites/matrix.ts";
import { E2E, IMPACT_WIRE } from "./suites/story.ts";
import type { Suite } from "./suites/suite.ts";

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
    KWOK,
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
    { ...GIVEN_CLUSTER, alongside: true, after: "matrix" },
    addUp("every"),
    CLOCK_LOAD,
    ...SANITIZER,
    IMPACT_WIRE,
    OUTAGES,
    { ...E2E, env: FULL, timeoutMinutes: 40, alongside: true },
  ],
};
