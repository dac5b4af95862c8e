import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readRunnerConfig } from "../../src/config/runner.ts";

const folder = mkdtempSync(join(tmpdir(), "config-"));
const key = join(folder, "key.jwk");
writeFileSync(key, '{"kty":"OKP","d":"secret"}\n');

const WHOLE = {
  CHAOSGATE_BOT_URL: "https://bot.example.com/",
  CHAOSGATE_RUNNER_KEY_FILE: key,
  CHAOSGATE_TICKET_KEYS: '{"keys":[]}',
  CHAOSGATE_REPOSITORIES: "acme/shop, acme/cart",
  CHAOSGATE_LOCAL_STATE: "/run/state.json",
  CHAOSGATE_DAEMONS: "local=127.0.0.1:7443,node-2=[fd00::2]:7443",
  CHAOSGATE_DAEMON_CERT: "cert",
  CHAOSGATE_DAEMON_KEY: "key",
  CHAOSGATE_DAEMON_CA: "ca",
  CHAOSGATE_PROMETHEUS_URL: "http://127.0.0.1:9090",
  CHAOSGATE_JOURNAL_DIR: "/var/lib/chaosgate",
};

afterAll(() => rm(folder, { recursive: true }));

describe("the runner's configuration", () => {
  it("is read from the environment, and secrets from files", () => {
    expect(readRunnerConfig(WHOLE)).toMatchObject({
      botUrl: "https://bot.example.com",
      runnerKey: { d: "secret" },
      repositories: [
        { owner: "acme", name: "shop" },
        { owner: "acme", name: "cart" },
      ],
      cluster: { daemons: { local: "127.0.0.1:7443", "node-2": "[fd00::2]:7443" } },
      alertmanagerUrl: undefined,
      guard: { pollMs: 2_000, silences: false },
      askEveryMs: 2_000,
    });
  });

  it("needs nothing of a local cluster in Kubernetes", () => {
    const { CHAOSGATE_LOCAL_STATE, CHAOSGATE_DAEMONS, CHAOSGATE_JOURNAL_DIR, ...rest } = WHOLE;
    expect(readRunnerConfig({ ...rest, CHAOSGATE_CLUSTER: "kubernetes" }).cluster).toEqual({
      kind: "kubernetes",
      namespace: "chaosgate",
      daemonPort: 7443,
      daemonName: "chaosgated",
      kubeconfig: undefined,
      chaosMesh: false,
      admission: undefined,
    });
    expect(() => readRunnerConfig(rest)).toThrow("CHAOSGATE_LOCAL_STATE is missing");
  });

  it("serves a webhook where it is told to, and then needs its certificate", () => {
    const served = { ...WHOLE, CHAOSGATE_CLUSTER: "kubernetes", CHAOSGATE_ADMISSION_PORT: "9443" };
    expect(() => readRunnerConfig(served)).toThrow("CHAOSGATE_ADMISSION_CERT is missing");
    const pairings = { CHAOSGATE_ADMISSION_PAIRINGS: "a=b, c=d" };
    const whole = { ...served, ...pairings, CHAOSGATE_ADMISSION_CERT: "cert", CHAOSGATE_ADMISSION_KEY: "key" };
    expect(readRunnerConfig(whole).cluster).toMatchObject({
      admission: {
        port: 9443,
        pairings: [
          { from: "a", to: "b" },
          { from: "c", to: "d" },
        ],
        protectedNamespaces: [],
      },
    });
    const broken = { ...whole, CHAOSGATE_ADMISSION_PAIRINGS: "a" };
    expect(() => readRunnerConfig(broken)).toThrow("CHAOSGATE_ADMISSION_PAIRINGS must be from=to");
  });

  it("silences alerts where an Alertmanager is given", () => {
    const config = readRunnerConfig({ ...WHOLE, CHAOSGATE_ALERTMANAGER_URL: "http://127.0.0.1:9093" });
    expect(config.guard.silences).toBe(true);
  });

  it.each([
    { name: "no bot", over: { CHAOSGATE_BOT_URL: undefined }, says: "CHAOSGATE_BOT_URL is missing" },
    { name: "a bot that is no URL", over: { CHAOSGATE_BOT_URL: "bot" }, says: "CHAOSGATE_BOT_URL must be a URL" },
    {
      name: "a poll slower than a lease",
      over: { CHAOSGATE_POLL_SECONDS: "16" },
      says: "CHAOSGATE_POLL_SECONDS must be a number from 0.1 to 15",
    },
    {
      name: "a number in words",
      over: { CHAOSGATE_BASELINE_POLLS: "five" },
      says: "CHAOSGATE_BASELINE_POLLS must be a number",
    },
    {
      name: "a repository without an owner",
      over: { CHAOSGATE_REPOSITORIES: "shop" },
      says: "CHAOSGATE_REPOSITORIES must be owner/name",
    },
    {
      name: "a daemon without a port",
      over: { CHAOSGATE_DAEMONS: "local=127.0.0.1" },
      says: "CHAOSGATE_DAEMONS must be node=host:port",
    },
    {
      name: "a key file that is not there",
      over: { CHAOSGATE_RUNNER_KEY_FILE: "/nowhere" },
      says: "CHAOSGATE_RUNNER_KEY cannot be read from /nowhere",
    },
    {
      name: "a cluster that is not built",
      over: { CHAOSGATE_CLUSTER: "nomad" },
      says: "CHAOSGATE_CLUSTER must be one of local",
    },
  ])("refuses $name", ({ over, says }) => {
    expect(() => readRunnerConfig({ ...WHOLE, ...over })).toThrow(says);
  });

  it("names everything that is wrong at once, and never a secret", () => {
    const broken = () => readRunnerConfig({ CHAOSGATE_RUNNER_KEY: "not-json-but-secret" });
    expect(broken).toThrow(/BOT_URL.*RUNNER_KEY.*TICKET_KEYS.*REPOSITORIES.*DAEMONS.*PROMETHEUS_URL/);
    expect(broken).not.toThrow(/but-secret/);
  });
});
