import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readBotConfig } from "../../src/config/bot.ts";
import { AppError } from "../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "chaosgate-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

const complete = {
  CHAOSGATE_APP_ID: "12",
  CHAOSGATE_APP_KEY: "a key",
  CHAOSGATE_WEBHOOK_SECRET: "s".repeat(32),
  CHAOSGATE_TICKET_KEY: '{"kty":"OKP"}',
};

it("needs four values and has documented defaults for the rest", () => {
  expect(readBotConfig(complete)).toMatchObject({
    appId: 12,
    githubApiUrl: "https://api.github.com",
    throttle: true,
    listen: { kind: "tcp", host: "127.0.0.1", port: 3000 },
  });
});

it("prefers a secret's file to its variable", () => {
  const file = join(folder, "secret");
  writeFileSync(file, `${"f".repeat(40)}\n`);
  expect(readBotConfig({ ...complete, CHAOSGATE_WEBHOOK_SECRET_FILE: file }).webhookSecret).toBe("f".repeat(40));
});

it.each([
  {
    name: "no webhook secret",
    change: { CHAOSGATE_WEBHOOK_SECRET: undefined },
    says: "CHAOSGATE_WEBHOOK_SECRET is missing",
  },
  {
    name: "an empty webhook secret",
    change: { CHAOSGATE_WEBHOOK_SECRET: "" },
    says: "CHAOSGATE_WEBHOOK_SECRET is missing",
  },
  { name: "a secret of 31 bytes", change: { CHAOSGATE_WEBHOOK_SECRET: "s".repeat(31) }, says: "shorter than 32 bytes" },
  { name: "Probot's own fallback", change: { CHAOSGATE_WEBHOOK_SECRET: "development" }, says: "shorter than 32 bytes" },
  { name: "an id that is none", change: { CHAOSGATE_APP_ID: "twelve" }, says: "CHAOSGATE_APP_ID" },
  { name: "a port that is none", change: { CHAOSGATE_LISTEN: "localhost" }, says: "CHAOSGATE_LISTEN" },
  {
    name: "a file that is not there",
    change: { CHAOSGATE_APP_KEY_FILE: "/nowhere" },
    says: "cannot be read from /nowhere",
  },
])("refuses to start with $name", ({ change, says }) => {
  expect(() => readBotConfig({ ...complete, ...change })).toThrow(says);
});

it("names every mistake at once and never a secret", () => {
  try {
    readBotConfig({ CHAOSGATE_TICKET_KEY: "not-json-but-secret", CHAOSGATE_APP_ID: "x" });
    expect.unreachable();
  } catch (error) {
    const message = error instanceof AppError ? error.message : "";
    expect(message.match(/CHAOSGATE_\w+/g)?.length).toBe(4);
    expect(message).not.toContain("not-json-but-secret");
  }
});
