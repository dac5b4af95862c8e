// app-form.ts BOT_URL [ORG] [GITHUB_URL]: writes a page whose one button registers the GitHub App as app.yml describes it. GitHub takes
// the description by a form alone, which a browser that is logged in sends.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { load } from "js-yaml";

const ROOT = resolve(import.meta.dirname, "..");
const FILE = resolve(ROOT, ".cache/register.html");

/** The page as text; the app's webhook goes to `bot`, and the app belongs to `organization`, or to whoever presses the button. */
export function registrationPage(bot: string, organization = "", github = "https://github.com"): string {
  const described = load(readFileSync(resolve(ROOT, "app.yml"), "utf8")) as Readonly<Record<string, unknown>>;
  const hook = { url: new URL("/api/github/webhooks", bot).href, active: true };
  // GitHub sends the browser there with the code, of which nothing but the address is of use.
  const manifest = { ...described, hook_attributes: hook, redirect_url: new URL("/healthz", bot).href };
  const owner = organization === "" ? "settings" : `organizations/${encodeURIComponent(organization)}/settings`;
  return `<!doctype html>
<title>Register chaosgate</title>
<form method="post" action="${escaped(`${github.replace(/\/+$/, "")}/${owner}/apps/new`)}">
  <input type="hidden" name="manifest" value="${escaped(JSON.stringify(manifest))}">
  <button>Register chaosgate${organization === "" ? "" : ` for ${escaped(organization)}`}</button>
</form>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}

if (import.meta.main) {
  const [bot = "", organization, github] = process.argv.slice(2);
  if (!URL.canParse(bot)) {
    console.error("say where the bot will be: make app-form BOT=https://bot.example.com [ORG=acme]");
    process.exit(2);
  }
  mkdirSync(resolve(ROOT, ".cache"), { recursive: true });
  writeFileSync(FILE, registrationPage(bot, organization, github || undefined));
  console.log(`open ${FILE} in a browser that is logged in to GitHub, and press the button`);
}
