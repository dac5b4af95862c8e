import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { join } from "node:path";
import { html } from "./html.ts";

type Asset = { readonly type: string; readonly file: () => string };

const ASSETS: Readonly<Record<string, Asset>> = {
  "page.css": { type: "text/css; charset=utf-8", file: () => join(import.meta.dirname, "assets/page.css") },
  "page.js": { type: "text/javascript; charset=utf-8", file: () => join(import.meta.dirname, "assets/page.js") },
  "mermaid.min.js": {
    type: "text/javascript; charset=utf-8",
    file: () => join(createRequire(import.meta.url).resolve("mermaid/package.json"), "../dist/mermaid.min.js"),
  },
};

/** Sends one of the three files that the page needs; no other path reaches the disk. */
export async function sendAsset(pathname: string, response: ServerResponse): Promise<boolean> {
  const name = pathname.slice("/_/assets/".length);
  const asset = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (asset === undefined) return false;
  const content = await readFile(asset.file());
  response.writeHead(200, { "content-type": asset.type, "cache-control": "max-age=60" }).end(content);
  return true;
}

/** A disc with the first letter of a login, in a colour of its own. */
export function sendAvatar(pathname: string, response: ServerResponse): boolean {
  const login = pathname.slice("/_/avatars/".length);
  const hue = [...login].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  const drawing = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="20" fill="hsl(${hue} 45% 45%)"/>
<text x="20" y="27" font-family="sans-serif" font-size="20" font-weight="600" text-anchor="middle" fill="#fff">${(login[0] ?? "?").toUpperCase()}</text></svg>`;
  response.writeHead(200, { "content-type": "image/svg+xml", "cache-control": "max-age=600" }).end(drawing.markup);
  return true;
}
