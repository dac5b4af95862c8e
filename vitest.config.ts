import { defineConfig } from "vitest/config";

/** Tests that start processes or tell whole stories against the stand-in: too slow for the quick loop, run by `make test`. */
const INTEGRATION = [
  "test/entrypoints/**/*.test.ts",
  "test/github/approvals.test.ts",
  "test/github/audit.test.ts",
  "test/github/base-urls.test.ts",
  "test/github/chaos.test.ts",
  "test/github/commands.test.ts",
  "test/github/emulate.test.ts",
  "test/github/hostile.test.ts",
  "test/github/issues.test.ts",
  "test/github/load.test.ts",
  "test/github/progress.test.ts",
  "test/github/reconcile.test.ts",
  "test/github/replay.test.ts",
  "test/github/threats.test.ts",
  "test/github/schedules.test.ts",
  "test/github/story.test.ts",
  "test/github/suggestions.test.ts",
  "test/playground/emulate.test.ts",
  "test/playground/github/**/*.test.ts",
  "test/install-page.test.ts",
  "test/newcomer.test.ts",
  "test/readme.test.ts",
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/e2e/**", "test/node-e2e/**", "test/cluster/**", ...INTEGRATION],
          testTimeout: 20_000,
        },
      },
      { test: { name: "integration", include: INTEGRATION, testTimeout: 60_000, hookTimeout: 60_000 } },
      {
        test: {
          name: "cluster",
          include: ["test/cluster/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: "node-e2e",
          include: ["test/node-e2e/**/*.test.ts"],
          testTimeout: 400_000,
          hookTimeout: 400_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
