import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CORE_SCHEMA, defineScalarTag, load } from "js-yaml";
import { afterAll, describe, expect, it } from "vitest";
import { bundleInParts } from "../../scripts/bundle.ts";
import { systemClock } from "../../src/clock.ts";
import { BOT_VARIABLES } from "../../src/config/bot.ts";
import type { LookEvent, WorkEvent } from "../../src/entrypoints/lambda/event.ts";
import { createHandler } from "../../src/entrypoints/lambda/handler.ts";
import { EXPERIMENT } from "../github/support/files.ts";
import { buildTown } from "../github/support/town.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "chaosgate-deploy-"));

afterAll(() => rmSync(folder, { recursive: true }));

type Fields = Readonly<Record<string, unknown>>;
type Resource = { readonly Type: string; readonly Properties: Fields };

/** CloudFormation's short forms, as the long forms that they stand for. */
const SHORT_FORMS = ["Ref", "GetAtt", "Sub"].map((name) =>
  defineScalarTag(`!${name}`, { resolve: (source: string) => ({ [name]: source }), identify: () => false }),
);

function template(): { readonly Parameters: Fields; readonly Resources: Readonly<Record<string, Resource>> } {
  const text = readFileSync(join(ROOT, "deploy/lambda.yaml"), "utf8");
  return load(text, { schema: CORE_SCHEMA.withTags(SHORT_FORMS) }) as ReturnType<typeof template>;
}

function properties(name: string): Fields {
  return template().Resources[name]?.Properties ?? {};
}

function variables(): Readonly<Record<string, unknown>> {
  return (properties("Function").Environment as { readonly Variables: Fields }).Variables;
}

/** Names that are referred to anywhere, without pseudo parameters and attributes. */
function namesReferredTo(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  const { Ref, GetAtt, Sub } = value as Readonly<Record<string, string | undefined>>;
  const inSub = [...(Sub ?? "").matchAll(/\$\{([^}]+)\}/g)].map(([, name = ""]) => name);
  const names = [Ref, GetAtt, ...inSub].flatMap((name) => (name === undefined ? [] : [name.split(".")[0] ?? ""]));
  return [...names.filter((name) => !name.startsWith("AWS::")), ...Object.values(value).flatMap(namesReferredTo)];
}

describe("the template for Lambda", () => {
  it("refers to nothing that it does not have", () => {
    const { Parameters, Resources } = template();
    const known = new Set([...Object.keys(Parameters), ...Object.keys(Resources)]);
    const names = namesReferredTo(Resources);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(15);
  });

  it("gives the bot the variables that it asks for, and secrets by reference alone", () => {
    expect(Object.keys(variables()).filter((name) => !(name in BOT_VARIABLES))).toEqual([]);
    const secrets = Object.entries(BOT_VARIABLES).filter(([, about]) => about.startsWith("secret:"));
    expect(secrets.length).toBe(3);
    for (const [name] of secrets)
      expect(variables()[name]).toEqual({ Sub: expect.stringMatching(/^\{\{resolve:secretsmanager:\$\{SecretId\}:/) });
  });

  it("lets the world call the URL and nothing beside it, and the function itself alone", () => {
    const everybody = Object.entries(template().Resources).filter(([, { Properties }]) => Properties.Principal === "*");
    expect(everybody.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }),
      expect.objectContaining({ Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }),
    ]);
    const [{ PolicyDocument: { Statement = [] } = {} } = {}] = properties("Role").Policies as readonly {
      readonly PolicyDocument?: { readonly Statement?: readonly { readonly Resource: unknown }[] };
    }[];
    expect(Statement.map(({ Resource }) => JSON.stringify(Resource)).filter((arn) => arn.includes("*"))).toEqual([]);
    expect(Statement).toHaveLength(3);
  });

  it("names a handler that make function writes", async () => {
    const [, target = "", entry = ""] =
      /^function:.*\n\t@node scripts\/bundle\.ts (\S+) (\S+)$/m.exec(readFileSync(join(ROOT, "Makefile"), "utf8")) ??
      [];
    const [file = "", name = ""] = String(properties("Function").Handler).split(".");
    expect(entry).toBe(`dist/lambda/${file}.mjs`);
    const written = join(folder, `${file}.mjs`);
    await bundleInParts(target, written);
    expect(existsSync(written)).toBe(true);
    expect(Object.keys(await import(written))).toEqual([name]);
  });

  it("wakes a function that finds a delivery which was lost, once it is clear that it was", async () => {
    const [target] = properties("Schedule").Targets as readonly { readonly Input: string }[];
    const look = JSON.parse(target?.Input ?? "null") as LookEvent;
    const town = await buildTown();
    try {
      const invoked: WorkEvent[] = [];
      const invoke = async (event: WorkEvent) => {
        invoked.push(event);
      };
      town.unheard(() => {
        const { people } = town.github;
        people.push(town.repository, "ada", { branch: "experiment", files: EXPERIMENT });
        people.openPullRequest(town.repository, "ada", { title: "An experiment", branch: "experiment" });
      });
      await createHandler(town.variables, invoke)(look);
      expect(invoked).toEqual([]);
      const later = { ...systemClock, now: () => Date.now() + 2 * 60_000 };
      await createHandler(town.variables, invoke, later)(look);
      expect(invoked.map(({ delivery }) => delivery.kind)).toEqual(["pull-request"]);
    } finally {
      await town.stop();
    }
  });
});

describe("the container's bundle", () => {
  it("is what the Dockerfile starts: answers, and ends when it is told to", async () => {
    const text = readFileSync(join(ROOT, "deploy/Dockerfile"), "utf8");
    const [, source = "", output = ""] = /scripts\/bundle\.ts (\S+) (\S+)$/m.exec(text) ?? [];
    expect(text).toContain(`ENTRYPOINT ["node", "${output.split("/").at(-1)}"]`);
    const file = join(folder, "bot", "bot.mjs");
    await bundleInParts(source, file);
    const town = await buildTown();
    const socket = join(folder, "bot.sock");
    const env = { ...process.env, ...town.variables, CHAOSGATE_LISTEN: `unix:${socket}` };
    const bot = spawn(process.execPath, [file], { env, stdio: ["ignore", "pipe", "inherit"] });
    try {
      await listens(bot, socket);
      expect(await statusOf(socket, "/healthz")).toBe(200);
      bot.kill("SIGTERM");
      expect(await new Promise((done) => bot.once("exit", done))).toBe(0);
    } finally {
      bot.kill("SIGKILL");
      await town.stop();
    }
  });
});

function statusOf(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path }, (response) => resolve(response.resume().statusCode)).once("error", reject);
  });
}

/** Until its socket is there, or the process has ended. */
async function listens(bot: ChildProcess, socket: string): Promise<void> {
  const until = Date.now() + 15_000;
  while (!existsSync(socket) && bot.exitCode === null && Date.now() < until)
    await new Promise((done) => setTimeout(done, 20));
}
