import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildTown, type Town } from "../github/support/town.ts";

const MAIN = join(import.meta.dirname, "../../src/entrypoints/bot.ts");
let town: Town;

beforeAll(async () => {
  town = await buildTown();
});

afterAll(() => town.stop());

type Ended = { readonly code: number | null; readonly err: string };

function bot(variables: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN], { env: variables, timeout: 15_000 }, (_, __, err) => {
      resolve({ code: child.exitCode, err });
    });
  });
}

it.each([
  { name: "without a webhook secret", secret: "" },
  { name: "with the secret that Probot would fall back to", secret: "development" },
  { name: "with a secret of 31 bytes", secret: "s".repeat(31) },
])("refuses to boot $name, and says what to do", async ({ secret }) => {
  const { code, err } = await bot({ ...town.variables, CHAOSGATE_WEBHOOK_SECRET: secret });
  expect(code).toBe(1);
  expect(err).toMatch(/CHAOSGATE_WEBHOOK_SECRET (is missing|is shorter than 32 bytes; make one with: openssl)/);
});

it("boots, says that it is well, counts, and ends by SIGTERM", async () => {
  const variables = { ...town.variables, CHAOSGATE_LISTEN: "127.0.0.1:0", CHAOSGATE_LOG_LEVEL: "info" };
  const child = spawn(process.execPath, [MAIN], { env: variables, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const address = await addressOf(child);
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ ok: true });
    expect(await (await fetch(`${address}/metrics`)).text()).toContain("chaosgate_deliveries_total");
    expect((await fetch(`${address}/elsewhere`)).status).toBe(404);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
  } finally {
    child.kill("SIGKILL");
  }
});

/** The address that the bot logs when it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  for await (const chunk of child.stdout ?? []) {
    const line = String(chunk)
      .split("\n")
      .find((text) => text.includes("the bot listens"));
    if (line !== undefined) return JSON.parse(line).address;
  }
  throw new Error("the bot ended without listening");
}
