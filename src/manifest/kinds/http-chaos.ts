import { base64Mistake } from "../rules/http-strings.ts";
import { durationMistake, lengthOfTimeMistake } from "../rules/strings.ts";
import { type ObjectShape, type Shape, TEXT, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { INT32 } from "./go-integers.ts";
import { RETIRED_IN_VERSION_2 } from "./retired.ts";
import { POD_SELECTOR_FIELDS } from "./selector-shape.ts";

const PAIRS: Shape = { type: "list", items: TEXTS };

/** `replace`: what takes the place of parts of a message. */
export const REPLACE: Shape = {
  type: "object",
  fields: {
    path: TEXT,
    method: TEXT,
    code: INT32,
    body: { type: "string", check: base64Mistake, pattern: true, bytes: true },
    queries: TEXT_MAP,
    headers: TEXT_MAP,
  },
};

/** `patch`: what is added to a message. */
export const PATCH: Shape = {
  type: "object",
  fields: {
    body: { type: "object", fields: { type: TEXT, value: TEXT }, filled: ["type", "value"] },
    queries: PAIRS,
    headers: PAIRS,
  },
};

/** `tls`: where the certificate is. */
export const TLS: Shape = {
  type: "object",
  fields: { secretName: TEXT, secretNamespace: TEXT, certName: TEXT, keyName: TEXT, caName: TEXT },
  filled: ["secretName", "secretNamespace", "certName", "keyName"],
};

/** The spec of an HTTPChaos. */
export const HTTP_CHAOS: ObjectShape = {
  type: "object",
  fields: {
    ...POD_SELECTOR_FIELDS,
    target: { type: "string", oneOf: ["Request", "Response"] },
    port: INT32,
    path: TEXT,
    method: TEXT,
    code: INT32,
    request_headers: TEXT_MAP,
    response_headers: TEXT_MAP,
    abort: { type: "boolean" },
    delay: { type: "string", check: lengthOfTimeMistake },
    replace: REPLACE,
    patch: PATCH,
    tls: TLS,
    duration: { type: "string", check: durationMistake },
    remoteCluster: TEXT,
  },
  required: ["mode", "target"],
  otherNames: { targetport: "port", containerport: "port", latency: "delay" },
  retired: RETIRED_IN_VERSION_2,
};
