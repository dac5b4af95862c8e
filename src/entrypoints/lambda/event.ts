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

/** What a schedule sends: look for what no delivery told. */
export type LookEvent = { readonly chaosgate: "reconcile" };

export type UrlAnswer = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Whether the event is this function's own. */
export function isWorkEvent(event: UrlEvent | WorkEvent | LookEvent): event is WorkEvent {
  return "chaosgate" in event && event.chaosgate === "delivery";
}

/** Whether the event is the schedule's. */
export function isLookEvent(event: UrlEvent | LookEvent): event is LookEvent {
  return "chaosgate" in event && event.chaosgate === "reconcile";
}

/** The bytes that were sent and signed, whichever way Lambda has wrapped them. */
export function rawBodyOf({ body = "", isBase64Encoded }: UrlEvent): Buffer {
  return Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
}

/** An answer as JSON. */
export function jsonAnswer(statusCode: number, body: unknown): UrlAnswer {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
