import { statusCodeMistake, urlMistake } from "../rules/http-strings.ts";
import { durationMistake } from "../rules/strings.ts";
import { type ObjectShape, type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { ONE_OR_MORE } from "./go-integers.ts";

const CRITERIA: Shape = {
  type: "object",
  fields: { statusCode: { type: "string", check: statusCodeMistake } },
  required: ["statusCode"],
  otherNames: { responsecode: "statusCode", code: "statusCode", status: "statusCode" },
};

const HTTP: Shape = {
  type: "object",
  fields: {
    url: { type: "string", check: urlMistake },
    method: { type: "string", oneOf: ["GET", "POST"] },
    headers: { type: "map", values: TEXTS },
    body: TEXT,
    criteria: CRITERIA,
  },
  required: ["url", "criteria"],
};

/** The spec of a StatusCheck. The CRD requires `type`, and its default is filled in before. */
export const STATUS_CHECK: ObjectShape = {
  type: "object",
  fields: {
    mode: { type: "string", oneOf: ["Synchronous", "Continuous"], emptyAllowed: true },
    type: { type: "string", oneOf: ["HTTP"] },
    duration: { type: "string", check: durationMistake },
    timeoutSeconds: ONE_OR_MORE,
    intervalSeconds: ONE_OR_MORE,
    failureThreshold: ONE_OR_MORE,
    successThreshold: ONE_OR_MORE,
    recordsHistoryLimit: { type: "integer", min: 1, max: 1000 },
    http: HTTP,
  },
  otherNames: { periodseconds: "intervalSeconds", historylimit: "recordsHistoryLimit", deadline: "duration" },
};
