import type { ServerResponse } from "node:http";

/** Nothing runs but this page's own two scripts, and nothing is fetched from anywhere else. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // The drawings of mermaid carry their styles inside them.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

const NEVER_OTHERWISE = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  // Not "no-referrer": browsers would then hide from our own forms' requests where they come from.
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
};

/** Sends a document of the page. */
export function sendPage(response: ServerResponse, status: number, text: string): true {
  response.writeHead(status, { ...NEVER_OTHERWISE, "content-type": "text/html; charset=utf-8" }).end(text);
  return true;
}

/** Sends somebody's file as the text that it is, whatever it claims to be. */
export function sendText(response: ServerResponse, text: string): true {
  response.writeHead(200, { ...NEVER_OTHERWISE, "content-type": "text/plain; charset=utf-8" }).end(text);
  return true;
}

export function redirect(response: ServerResponse, status: 302 | 303, location: string): true {
  response.writeHead(status, { location }).end();
  return true;
}
