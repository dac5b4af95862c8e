// What waits for this cluster, asked of the bot. A ticket whose signature is not the bot's is dropped here, and said once.

import { createHash } from "node:crypto";
import { messageOf } from "../errors.ts";
import type { Claim } from "../run/desk.ts";
import type { Delivery, Log, PreviewQuestion, Tickets } from "../run/ports.ts";
import type { ChannelClient } from "./client.ts";
import {
  CLAIMS_PATH,
  type ClaimsAnswer,
  type ClaimsRequest,
  PREVIEWS_PATH,
  STANDING_PATH,
  type StandingAnswer,
} from "./protocol.ts";
import type { TicketVerifier } from "./ticket-verifier.ts";

const MOST_FILES = 200;

/** Tickets over the channel; `asker` is sent along with every question. */
export function createChannelTickets(
  client: ChannelClient,
  verifier: TicketVerifier,
  asker: ClaimsRequest,
  log: Log,
): Tickets {
  const refused = new Set<string>();

  async function delivered(claim: Claim): Promise<Delivery | undefined> {
    try {
      const payload = await verifier.verify(claim.ticket);
      return {
        ticket: claim.ticket,
        payload,
        repository: claim.repository,
        files: claim.files.slice(0, MOST_FILES).map(fileOf),
      };
    } catch (thrown) {
      // Anybody who may create deployments can put a ticket there; only the bot's own are worth more than a line.
      const name = `${claim.deploymentId}`;
      if (!refused.has(name)) log.error({ deployment: name, why: messageOf(thrown) }, "ticket refused");
      refused.add(name);
      return undefined;
    }
  }

  return {
    async open() {
      const answer = (await client.post(CLAIMS_PATH, asker)) as Partial<ClaimsAnswer>;
      const deliveries = await Promise.all((answer.claims ?? []).map(delivered));
      return { deliveries: deliveries.filter((delivery) => delivery !== undefined), previews: answer.previews ?? [] };
    },
    async standing() {
      const { claims = [] } = (await client.post(STANDING_PATH, asker)) as Partial<StandingAnswer>;
      return (await Promise.all(claims.map(delivered))).filter((delivery) => delivery !== undefined);
    },
    async answer({ previewId, repository }: PreviewQuestion, snapshot) {
      await client.post(PREVIEWS_PATH, { clusterId: asker.clusterId, previewId, repository, snapshot });
    },
  };
}

/** The digest is of the bytes, and the text is what the same bytes say: a file that is not UTF-8 is refused. */
function fileOf({ path, base64 }: Claim["files"][number]): Delivery["files"][number] {
  const bytes = Buffer.from(base64, "base64");
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  return { path, text, sha256: createHash("sha256").update(bytes).digest("hex") };
}
