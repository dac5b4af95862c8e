// What API servers believe of the webhooks of one ValidatingWebhookConfiguration, which is there already: read and written by its name.

import { type Api, jsonBody, refusal } from "./api.ts";
import { record, refused } from "./list.ts";

/** All webhooks of a configuration believe the same; `write` is refused where somebody else wrote since `version` was read. */
export function createWebhook(api: Api, name: string) {
  const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${encodeURIComponent(name)}`;
  const read = async () => {
    const { status, body } = await api.ask({ method: "GET", path });
    if (status !== 200) throw refused(api, path, status, body);
    const { metadata, webhooks } = record(body);
    return {
      version: String(record(metadata).resourceVersion),
      webhooks: Array.isArray(webhooks) ? webhooks.map(record) : [],
    };
  };
  return {
    /** Empty where they differ: no rotation leaves them so. */
    read: async (): Promise<{ readonly version: string; readonly authorities: string }> => {
      const { version, webhooks } = await read();
      const [bundle, ...others] = new Set(webhooks.map(({ clientConfig }) => record(clientConfig).caBundle));
      const authorities = others.length > 0 ? "" : Buffer.from(String(bundle ?? ""), "base64").toString("utf8");
      return { version, authorities };
    },
    write: async (version: string, authorities: string): Promise<void> => {
      const caBundle = Buffer.from(authorities, "utf8").toString("base64");
      // By their names: a merge patch would have to say everything else of them as well.
      const webhooks = (await read()).webhooks.map(({ name: one }) => ({ name: one, clientConfig: { caBundle } }));
      const patch = { metadata: { resourceVersion: version }, webhooks };
      const body = jsonBody(patch, "application/strategic-merge-patch+json");
      const answer = await api.ask({ method: "PATCH", path, body });
      if (answer.status === 409)
        throw refusal("error", `${name} was written by somebody else meanwhile; try again`, { name });
      if (answer.status !== 200) throw refused(api, path, answer.status, answer.body);
    },
  };
}
