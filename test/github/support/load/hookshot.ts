// A worker that sends webhooks and takes the time of each, so that nothing else of the test is in that time.

import { request } from "node:http";
import { parentPort } from "node:worker_threads";

/** GitHub hangs up on a receiver that has not answered by then. */
const PATIENCE_MS = 10_000;

export type Letter = {
  readonly id: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
/** Status 0: nobody answered in time. */
export type Receipt = { readonly id: number; readonly status: number; readonly ms: number };

/** After so many it looks for answers: what it takes to send hundreds is not the receiver's time. */
const AT_A_TIME = 5;

parentPort?.on("message", async (letters: readonly Letter[]) => {
  for (const [n, letter] of letters.entries()) {
    send(letter, (receipt) => parentPort?.postMessage(receipt));
    if (n % AT_A_TIME === AT_A_TIME - 1) await new Promise((resolve) => setImmediate(resolve));
  }
});

/** Every letter by a connection of its own, as from GitHub's many machines. */
function send({ id, url, headers, body }: Letter, done: (receipt: Receipt) => void): void {
  const began = performance.now();
  const end = (status: number) => done({ id, status, ms: performance.now() - began });
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const asked = request(url, {
    method: "POST",
    headers: { ...headers, ...length },
    agent: false,
    timeout: PATIENCE_MS,
  });
  asked.on("response", (answer) => answer.resume().once("end", () => end(answer.statusCode ?? 0)));
  asked.on("timeout", () => asked.destroy());
  asked.on("error", () => end(0));
  asked.end(body);
}
