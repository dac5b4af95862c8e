import type { Delivery } from "../../github/delivery.ts";

/** What a function URL sends (payload format 2.0), as far as it is used. */
export type UrlEvent = {
  readonly rawPath: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
};

/** What this function sends to itself. Nobody can send it through the URL: a request is always wrapped in a UrlEvent. */
export type WorkEvent = { readonly chaosgate: "delivery"; readonly delivery: Delivery };

export type UrlAnswer = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Whether the event is this function's own. */
export function isWorkEvent(event: UrlEvent | WorkEvent): event is WorkEvent {
  return "chaosgate" in event && event.chaosgate === "delivery";
}

/** The bytes that were sent and signed, whichever way Lambda has wrapped them. */
export function rawBodyOf({ body = "", isBase64Encoded }: UrlEvent): Buffer {
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}

/** An answer as JSON. */
export function jsonAnswer(statusCode: number, body: unknown): UrlAnswer {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
