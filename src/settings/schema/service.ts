import type { JsonSchema } from "../../manifest/schema/json-schema.ts";
import { bytes, count, duration, listOf, map, rate, requiredText, TEXTS, text } from "./parts.ts";

const CALL = map(
  "A service that this one waits for.",
  {
    to: requiredText("Name of the service."),
    timeout: duration("When the caller gives up."),
    serviceTime: duration("How long an answer takes."),
    serviceTimeQuery: text("PromQL for it, in seconds, asked where none is written."),
    perRequest: count("Calls of one request, one after another; 1 without it."),
    retries: count("How often a failed call is repeated; 0 without it."),
    rtt: duration("Round trip of a packet."),
    window: bytes("TCP window of one connection."),
    link: rate("Bandwidth of the link."),
  },
  ["to"],
);

/** What the impact model may know of one service. */
export const SERVICE_SCHEMA: JsonSchema = map(
  "A service.",
  {
    namespace: requiredText("Where its pods are."),
    labels: { description: "Labels of its pods.", type: ["object", "null"], additionalProperties: { type: "string" } },
    owners: { ...TEXTS, description: "Whose it is: @user, @org/team or an address." },
    path: text("Folder of its code; CODEOWNERS says whose it is where no owners are written."),
    rate: rate("Requests that arrive at the whole service."),
    rateQuery: text("PromQL for the rate, asked where none is written."),
    pool: count("Threads or connections that block while a call is open."),
    calls: listOf(CALL, "What it calls."),
  },
  ["namespace"],
);
