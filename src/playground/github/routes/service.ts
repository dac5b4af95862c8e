import type { Limits } from "../api/limits.ts";
import { notFound } from "../api/refusal.ts";
import { type Call, idIn, type Reply, type Route } from "../api/route.ts";
import { isoTime } from "../json/urls.ts";
import type { Delivery } from "../world.ts";

/** What concerns the service itself: what is left of the rate limit, and an app's own webhook deliveries. */
export function serviceRoutes(limits: Limits, redeliver: (delivery: Delivery) => Delivery): readonly Route[] {
  const app = { who: "app" } as const;
  return [
    { method: "GET", template: "/rate_limit", needs: { who: "anyone" }, handle: (call) => rateLimit(call, limits) },
    { method: "GET", template: "/app/hook/deliveries", needs: app, handle: listDeliveries },
    { method: "GET", template: "/app/hook/deliveries/{delivery_id}", needs: app, handle: getDelivery },
    {
      method: "POST",
      template: "/app/hook/deliveries/{delivery_id}/attempts",
      needs: app,
      handle: (call) => {
        redeliver(deliveryIn(call));
        return { status: 202, body: {} };
      },
    },
  ];
}

function rateLimit({ actor }: Call, limits: Limits): Reply {
  const core = limits.left(actor);
  return { status: 200, body: { resources: { core, search: core, graphql: core }, rate: core } };
}

function ownDeliveries({ world, actor }: Call): readonly Delivery[] {
  return world.deliveries.filter(({ app }) => actor.kind === "app" && actor.app === app);
}

function deliveryIn(call: Call): Delivery {
  const id = idIn(call, "delivery_id");
  const delivery = ownDeliveries(call).find((candidate) => candidate.id === id);
  if (delivery === undefined) throw notFound();
  return delivery;
}

function listDeliveries(call: Call): Reply {
  return { items: [...ownDeliveries(call)].reverse().map(itemJson) };
}

function getDelivery(call: Call): Reply {
  const delivery = deliveryIn(call);
  const request = { headers: delivery.headers, payload: JSON.parse(delivery.body) };
  const response = { headers: {}, payload: delivery.answer };
  return { status: 200, body: { ...itemJson(delivery), url: delivery.app.webhook.url, request, response } };
}

function itemJson(delivery: Delivery) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: isoTime(delivery.at),
    redelivery: delivery.redelivery,
    duration: delivery.durationMs / 1000,
    status: delivery.state === "delivered" ? "OK" : delivery.answer || "pending",
    status_code: delivery.status,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}
