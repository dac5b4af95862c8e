import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "../github/api/refusal.ts";
import type { PullRequest, Repository } from "../github/repository.ts";
import { bodyOf } from "../github/serve.ts";
import type { StandIn } from "../github/stand-in.ts";
import { html } from "./html.ts";
import { document } from "./layout.ts";
import { redirect, sendPage } from "./respond.ts";

/** Does what a person asked for with a button of the page, and leads back to it; a refusal is shown as one. */
export async function act(
  standIn: StandIn,
  repository: Repository,
  pull: PullRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (request.method !== "POST" || !isOwnForm(request)) return false;
  const form = new URLSearchParams(await bodyOf(request));
  try {
    perform(standIn, repository, pull, form);
    const back = form.has("run") ? "/checks" : "";
    return redirect(response, 303, `/${repository.fullName}/pull/${pull.number}${back}`);
  } catch (thrown) {
    if (!(thrown instanceof Refusal)) throw thrown;
    const body = html`<main><section class="box"><p><b>GitHub refuses (${thrown.status}).</b> ${thrown.message}</p>
<p><a href="/${repository.fullName}/pull/${pull.number}">Back to the pull request</a></p></section></main>`;
    return sendPage(response, thrown.status, document("Refused", body));
  }
}

/** Only this page's own forms: browsers say where a form was, and another site's is not ours. */
function isOwnForm({ headers }: IncomingMessage): boolean {
  return headers.origin === undefined || headers.origin === `http://${headers.host}`;
}

function perform({ people }: StandIn, repository: Repository, pull: PullRequest, form: URLSearchParams): void {
  const text = (field: string) => form.get(field) ?? "";
  const [by, number] = [text("by"), pull.number];
  const acts: Readonly<Record<string, () => unknown>> = {
    comment: () => people.comment(repository, by, number, text("body")),
    approve: () => people.review(repository, by, number, "APPROVED", text("body")),
    merge: () => people.merge(repository, by, number),
    close: () => people.close(repository, by, number),
    reopen: () => people.reopen(repository, by, number),
    press: () => people.pressButton(repository, by, Number(text("run")), text("press")),
    rerequest: () => people.rerequest(repository, by, Number(text("run"))),
  };
  const name = form.has("press") ? "press" : text("act");
  const chosen = Object.hasOwn(acts, name) ? acts[name] : undefined;
  if (chosen === undefined) throw new Refusal(422, "No such button");
  chosen();
}
