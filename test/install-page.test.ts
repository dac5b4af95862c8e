import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { load } from "js-yaml";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registrationPage } from "../scripts/app-form.ts";
import { BOT_VARIABLES } from "../src/config/bot.ts";
import { parseSettings } from "../src/settings.ts";

// What docs/install.md tells a newcomer to do is tried as far as it can be without GitHub and a cluster.

const ROOT = resolve(import.meta.dirname, "..");
const PAGE = readFileSync(join(ROOT, "docs/install.md"), "utf8");
const APP = load(readFileSync(join(ROOT, "app.yml"), "utf8")) as {
  readonly default_permissions: Readonly<Record<string, string>>;
  readonly default_events: readonly string[];
};
const ACCESS: Readonly<Record<string, string>> = { "Read-only": "read", "Read and write": "write" };

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chaosgate-install-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The rows of the table whose first head is `first`, as cells without their backquotes. */
function rowsOf(page: string, first: string): readonly (readonly string[])[] {
  const [, rest = ""] = page.split(`\n| ${first} |`);
  const [table = ""] = rest.split("\n\n");
  const lines = table.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) =>
    line
      .slice(2, -2)
      .split(" | ")
      .map((cell) => cell.replaceAll("`", "")),
  );
}

function permissionsOf(page: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(rowsOf(page, "permission").map(([name = "", , access = ""]) => [name, ACCESS[access]]));
}

/** `pull_requests` is called Pull requests on the screen. */
function onScreen(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("_", " ")}`;
}

/** The commands of the page, a line each, continued lines joined. */
function commandsOf(page: string): readonly string[] {
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```/gms)].map(([, block = ""]) => block.replaceAll("\\\n", " "));
  return blocks.flatMap((block) => block.split("\n").flatMap((line) => line.replace(/\s+/g, " ").trim() || []));
}

function commandWith(words: string): string {
  const found = commandsOf(PAGE).find((line) => line.includes(words));
  if (found === undefined) throw new Error(`docs/install.md has no command with ${words}`);
  return found;
}

/** Runs a line of the page, as a shell does in a folder that has the checkout's source. */
function run(line: string): Promise<{ readonly code: number; readonly said: string }> {
  const here = line.replace("node src/", `"${process.execPath}" "${ROOT}"/src/`);
  return new Promise((done) => {
    execFile("sh", ["-c", here], { cwd: folder, timeout: 30_000 }, (error, out, err) =>
      done({ code: error === null ? 0 : Number(error.code ?? -1), said: out + err }),
    );
  });
}

describe("the page of the installation", () => {
  it("names the permissions and events of app.yml, as GitHub's screens call them, and no others", () => {
    expect(permissionsOf(PAGE)).toEqual(APP.default_permissions);
    for (const [name = "", screen = ""] of rowsOf(PAGE, "permission")) expect(screen).toContain(`› ${onScreen(name)}`);
    const events = rowsOf(PAGE, "event");
    expect(events.map(([name]) => name)).toEqual(APP.default_events);
    for (const [name = "", box] of events) expect(box).toBe(onScreen(name));
  });

  it("would not pass with a permission too many, too few, or of another level", () => {
    const row = "| `checks` | Repository permissions › Checks | Read and write |\n";
    expect(PAGE).toContain(row);
    for (const other of ["", row + row.replaceAll(/checks/gi, "actions"), row.replace("Read and write", "Read-only")])
      expect(permissionsOf(PAGE.replace(row, other))).not.toEqual(APP.default_permissions);
  });

  it("makes keys whose private half nobody else can read, and never writes over one", async () => {
    expect(await run(commandWith("key runner-key.jwk"))).toEqual({ code: 0, said: "" });
    const secret = JSON.parse(readFileSync(join(folder, "runner-key.jwk"), "utf8"));
    const { keys } = JSON.parse(readFileSync(join(folder, "runner-keys.json"), "utf8"));
    expect(keys).toEqual([{ kty: "OKP", crv: "Ed25519", x: secret.x, kid: secret.kid, alg: "EdDSA", use: "sig" }]);
    expect(statSync(join(folder, "runner-key.jwk")).mode & 0o777).toBe(0o600);
    const again = await run(commandWith("key runner-key.jwk"));
    expect(again).toMatchObject({ code: 2, said: expect.stringContaining("cannot make runner-key.jwk") });
    expect(JSON.parse(readFileSync(join(folder, "runner-key.jwk"), "utf8")).x).toBe(secret.x);
  });

  it("has a form that registers the app that app.yml describes", () => {
    const [, bot = "", organization = ""] = /BOT=(\S+) ORG=(\S+)/.exec(commandWith("make app-form")) ?? [];
    const page = registrationPage(bot, organization);
    const [, value = ""] = /name="manifest" value="([^"]*)"/.exec(page) ?? [];
    const manifest = JSON.parse(value.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&amp;", "&"));
    expect(manifest).toMatchObject({ ...APP, hook_attributes: { url: `${bot}/api/github/webhooks`, active: true } });
    expect(page).toContain('action="https://github.com/organizations/acme/settings/apps/new"');
    expect(registrationPage(bot, "", "https://github.acme.test/")).toContain(
      'action="https://github.acme.test/settings/apps/new"',
    );
  });

  it("has settings that are right and let something run", () => {
    const [, text = ""] = /^```yaml\n(.*?)^```/ms.exec(PAGE) ?? [];
    const parsed = parseSettings(text);
    expect(parsed).toMatchObject({
      settings: { execution: "enabled", environments: { staging: { namespaces: ["staging"] } } },
    });
    expect(parseSettings(text.replace("runnerKey", "runnersKey"))).toHaveProperty("problems");
  });

  it("names variables that the bot knows, values that the chart has, and roles that it ships", () => {
    const variables = [...PAGE.matchAll(/\b(CHAOSGATE_\w+?)(?:_FILE)?=/g)].map(([, name = ""]) => name);
    expect(variables.length).toBeGreaterThan(3);
    expect(variables.filter((name) => !(name in BOT_VARIABLES))).toEqual([]);
    const values = load(readFileSync(join(ROOT, "charts/chaosgate/values.yaml"), "utf8"));
    const set = [...commandWith("helm install").matchAll(/--set(?:-json)? ['"]?([\w.]+)/g)].map(
      ([, path = ""]) => path,
    );
    expect(set).toHaveLength(4);
    for (const path of set) expect(values).toHaveProperty(path);
    const roles = readFileSync(join(ROOT, "charts/chaosgate/templates/rbac.yaml"), "utf8");
    const [, role = ""] = /--clusterrole=(\S+)/.exec(commandWith("rolebinding")) ?? [];
    expect(roles).toContain(`name: ${role}\n`);
  });

  it("lints and reviews by the lines that it shows", async () => {
    const seed = readFileSync(join(ROOT, "test/fixtures/seed/network-delay.yaml"), "utf8");
    for (const name of ["chaos", ".github"]) mkdirSync(join(folder, name));
    writeFileSync(join(folder, "chaos/slow-payment.yaml"), seed);
    writeFileSync(join(folder, ".github/chaosgate.yml"), /^```yaml\n(.*?)^```/ms.exec(PAGE)?.[1] ?? "");
    for (const words of ["lint chaos/", "review chaos/"])
      expect(await run(commandWith(words))).toMatchObject({ code: 1, said: expect.stringContaining("value") });
  });
});
