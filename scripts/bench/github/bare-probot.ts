// The peer of bench-cold-start: a Probot app that does nothing, as a function. It verifies a delivery and answers.

import { Probot } from "probot";

type Event = { readonly headers: Readonly<Record<string, string>>; readonly body: string };

/** Answers 200 to a delivery whose signature is right. */
export async function handler({ headers, body }: Event): Promise<{ readonly statusCode: number }> {
  const probot = new Probot({
    appId: process.env.CHAOSGATE_APP_ID ?? "",
    privateKey: process.env.CHAOSGATE_APP_KEY ?? "",
    secret: process.env.CHAOSGATE_WEBHOOK_SECRET ?? "",
    logLevel: "fatal",
  });
  await probot.load((app) => {
    app.on("pull_request", () => undefined);
  });
  await probot.webhooks.verifyAndReceive({
    id: headers["x-github-delivery"] ?? "",
    name: (headers["x-github-event"] ?? "") as "pull_request",
    signature: headers["x-hub-signature-256"] ?? "",
    payload: body,
  });
  return { statusCode: 200 };
}
