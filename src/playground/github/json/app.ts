import { clientIdOf } from "../api/access.ts";
import { type App, type Installation, nodeId, type World } from "../world.ts";
import { apiUrl, isoTime } from "./urls.ts";
import { simpleUser } from "./user.ts";

/** An app, alone or inside what it made. */
export function integration(world: World, app: App) {
  return {
    id: app.id,
    client_id: clientIdOf(app),
    slug: app.slug,
    node_id: nodeId("A", app.id),
    owner: simpleUser(world, app.owner),
    name: app.name,
    description: "",
    external_url: `${world.baseUrl}/apps/${app.slug}`,
    html_url: `${world.baseUrl}/apps/${app.slug}`,
    created_at: isoTime(app.createdAt),
    updated_at: isoTime(app.createdAt),
    permissions: { ...app.permissions, metadata: "read" },
    events: app.events,
  };
}

export function installationJson(world: World, installation: Installation) {
  const { app, account, id, createdAt } = installation;
  return {
    id,
    app_id: app.id,
    app_slug: app.slug,
    client_id: clientIdOf(app),
    account: simpleUser(world, account),
    target_id: account.id,
    target_type: account.type,
    repository_selection: "selected",
    access_tokens_url: apiUrl(world, `/app/installations/${id}/access_tokens`),
    repositories_url: apiUrl(world, "/installation/repositories"),
    html_url: `${world.baseUrl}/settings/installations/${id}`,
    permissions: { ...app.permissions, metadata: "read" },
    events: app.events,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    created_at: isoTime(createdAt),
    updated_at: isoTime(createdAt),
    suspended_by: null,
    suspended_at: null,
  };
}
