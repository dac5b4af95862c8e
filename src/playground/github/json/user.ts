import type { Repository } from "../repository.ts";
import { nodeId, type User, type World } from "../world.ts";
import { apiUrl, isoTime, userUrl } from "./urls.ts";

/** A user as it stands inside other answers. */
export function simpleUser(world: World, user: User) {
  const url = (path: string) => userUrl(world, user, path);
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId("U", user.id),
    avatar_url: `${world.baseUrl}/_/avatars/${encodeURIComponent(user.login)}`,
    gravatar_id: "",
    url: url(""),
    html_url: `${world.baseUrl}/${encodeURIComponent(user.login)}`,
    followers_url: url("/followers"),
    following_url: url("/following{/other_user}"),
    gists_url: url("/gists{/gist_id}"),
    starred_url: url("/starred{/owner}{/repo}"),
    subscriptions_url: url("/subscriptions"),
    organizations_url: url("/orgs"),
    repos_url: url("/repos"),
    events_url: url("/events{/privacy}"),
    received_events_url: url("/received_events"),
    type: user.type,
    user_view_type: "public",
    site_admin: false,
  };
}

/** A user by itself. */
export function publicUser(world: World, user: User) {
  return {
    ...simpleUser(world, user),
    name: user.name,
    company: null,
    blog: "",
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: isoTime(user.createdAt),
    updated_at: isoTime(user.createdAt),
  };
}

/** An organisation as it stands in webhooks. */
export function simpleOrganization(world: World, owner: User) {
  const url = apiUrl(world, `/orgs/${owner.login}`);
  return {
    login: owner.login,
    id: owner.id,
    node_id: nodeId("O", owner.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.baseUrl}/_/avatars/${owner.login}`,
    description: "",
  };
}

/** GitHub's word for how somebody stands to a repository; for wording only, never for a decision. */
export function authorAssociation(repository: Repository, user: User): string {
  if (user.id === repository.owner.id) return "OWNER";
  if (!repository.roles.has(user.login.toLowerCase())) return "NONE";
  return repository.owner.type === "Organization" ? "MEMBER" : "COLLABORATOR";
}
