import { forbidden, notFound } from "../api/refusal.ts";
import type { Call, Reply, Route } from "../api/route.ts";
import { apiUrl } from "../json/urls.ts";

/** Who is in a team: what an app may ask that holds `members: read` in the organization. */
export function teamRoutes(): readonly Route[] {
  const template = "/orgs/{org}/teams/{team_slug}/memberships/{username}";
  return [{ method: "GET", template, needs: { who: "installation" }, handle: membership }];
}

function membership({ world, actor, params }: Call): Reply {
  const { org = "", team_slug = "", username = "" } = params;
  if (actor.kind !== "installation" || actor.permissions.members === undefined) throw forbidden();
  const members = world.teams.get(`${org}/${team_slug}`.toLowerCase());
  if (!members?.has(username.toLowerCase())) throw notFound();
  const url = apiUrl(world, `/orgs/${org}/teams/${team_slug}/memberships/${username}`);
  return { status: 200, body: { url, role: "member", state: "active" } };
}
