// Secrets of one namespace that are there already, read and written by name: whoever makes them gives only that right away.

import { type Api, jsonBody, refusal } from "./api.ts";
import { record, refused } from "./list.ts";

type Values = Readonly<Record<string, string>>;

/** `write` is refused where somebody else wrote since `version` was read. */
export function createSecrets(api: Api, namespace: string) {
  const at = (name: string) =>
    `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`;
  return {
    read: async (name: string): Promise<{ readonly version: string; readonly values: Values }> => {
      const { status, body } = await api.ask({ method: "GET", path: at(name) });
      if (status !== 200) throw refused(api, at(name), status, body);
      const { metadata, data } = record(body);
      const values = Object.entries(record(data)).map(([key, value]) => [key, textOf(value)]);
      return { version: String(record(metadata).resourceVersion), values: Object.fromEntries(values) };
    },
    write: async (name: string, version: string, values: Values): Promise<void> => {
      const data = Object.fromEntries(Object.entries(values).map(([key, text]) => [key, bytesOf(text)]));
      const patch = jsonBody({ metadata: { resourceVersion: version }, data }, "application/merge-patch+json");
      const { status, body } = await api.ask({ method: "PATCH", path: at(name), body: patch });
      if (status === 409)
        throw refusal("error", `secret ${name} was written by somebody else meanwhile; try again`, { name });
      if (status !== 200) throw refused(api, at(name), status, body);
    },
  };
}

function textOf(value: unknown): string {
  return Buffer.from(String(value), "base64").toString("utf8");
}

function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
