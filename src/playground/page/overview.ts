import type { Delivery, World } from "../github/world.ts";
import { time } from "./conversation.ts";
import { type Html, html } from "./html.ts";
import { icon } from "./icons.ts";
import { document, stateBadge } from "./layout.ts";

/** The front page: every repository with its pull requests, and what the apps were told lately. */
export function overview(world: World): string {
  const repositories = [...world.repositories.values()].map(
    (repository) => html`<section class="box list"><header>${icon("pull")} <b>${repository.fullName}</b>
<span class="muted">${repository.description}</span></header><ul>${repository.pulls.map(
      (
        pull,
      ) => html`<li>${stateBadge(pull)} <a href="/${repository.fullName}/pull/${pull.number}"><b>${pull.title}</b></a>
<span class="muted">#${pull.number} by ${pull.author.login}</span></li>`,
    )}</ul></section>`,
  );
  const recent = world.deliveries.slice(-20).reverse();
  return document(
    "Pull requests",
    html`<main data-repository="" data-number="0"><div data-live="overview">${repositories}
<section class="box list"><header><b>Recent webhook deliveries</b></header><ul>${recent.map(deliveryRow)}</ul></section></div></main>`,
  );
}

function deliveryRow(delivery: Delivery): Html {
  const name = delivery.action === null ? delivery.event : `${delivery.event}.${delivery.action}`;
  return html`<li><code>${name}</code> to ${delivery.app.name} <span class="muted">${time(delivery.at)}</span>
<span class="pill right">${delivery.state === "pending" ? "pending" : delivery.status || "unreachable"}</span></li>`;
}
