import { rotate } from "../../certificates/rotate.ts";
import { TERMS } from "../../certificates/rotation.ts";
import { subjectsIn } from "../../certificates/x509.ts";
import { systemClock as clock } from "../../clock.ts";
import { openApi } from "../../kubernetes/api.ts";
import { createSecrets } from "../../kubernetes/secrets.ts";
import { createWebhook } from "../../kubernetes/webhook.ts";
import { clusterOf } from "./snapshot.ts";
import { print } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

/** `chaosgate certificates`: makes and renews what daemons and runners show each other, as far as it is due. The chart's job runs it daily. */
export async function certificatesCommand(names: readonly string[], options: Options): Promise<number> {
  if (names.length > 0) throw new WrongWords("certificates takes no name; it looks at all of them");
  const { namespace = "chaosgate", webhook } = options;
  const api = openApi(clusterOf(options));
  const site = {
    secrets: createSecrets(api, namespace),
    subjects: subjectsIn(namespace),
    ...(webhook !== undefined && { webhook: createWebhook(api, webhook) }),
  };
  const done = await rotate(site, clock.now(), TERMS);
  for (const what of done) print(`${what}\n`);
  if (done.length === 0) print("nothing is due\n");
  return 0;
}
