// The runner's end of the channel: it always dials, signs every request, and reads bounded answers. What the bot says beyond the
// protocol's shape is not looked at.

import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import type { RequestSigner } from "./request-signer.ts";

export type ChannelClient = {
  /** Posts one message; rejects with `CHANNEL_REFUSED`, whose fact `retry` says whether trying again can help. */
  readonly post: (path: string, message: unknown) => Promise<unknown>;
};

type Options = {
  /** The bot, such as `https://chaosgate.example.com`. */
  readonly url: string;
  readonly signer: RequestSigner;
  readonly timeoutMs: number;
  readonly clock: Clock;
};

const LARGEST_ANSWER_BYTES = 16_777_216;

/** Statuses that say "not like this", now and for ever. */
const FINAL: readonly number[] = [400, 403, 404, 405, 413];

/** A client of one bot. */
export function createChannelClient(options: Options): ChannelClient {
  const base = new URL(options.url);
  return {
    async post(path, message) {
      const body = JSON.stringify(message);
      const token = await options.signer.sign("POST", path, body, options.clock.now());
      const response = await dial(new URL(path, base), body, token, options.timeoutMs);
      const text = await boundedText(response, path);
      if (response.status === 200) return parsed(text, path);
      throw refusal(path, `it answered ${response.status}: ${text.slice(0, 300)}`, !FINAL.includes(response.status));
    },
  };
}

async function dial(url: URL, body: string, token: string, timeoutMs: number): Promise<Response> {
  try {
    return await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (cause) {
    const why = messageOf(cause instanceof Error && cause.cause !== undefined ? cause.cause : cause);
    throw refusal(url.pathname, `it did not answer (${why})`, true, cause);
  }
}

async function boundedText(response: Response, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LARGEST_ANSWER_BYTES)
      throw refusal(path, `its answer is larger than ${LARGEST_ANSWER_BYTES} bytes`, false);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refusal(path, "its answer is not JSON", true, cause);
  }
}

function refusal(path: string, why: string, retry: boolean, cause?: unknown): AppError {
  const message = `could not post to the bot at ${path}: ${why}; check its address and the runner's key in the settings`;
  return new AppError("CHANNEL_REFUSED", message, { facts: { path, retry }, cause });
}
