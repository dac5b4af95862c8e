import { notFound } from "../api/refusal.ts";
import { type Call, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { fullRepository } from "../json/repository.ts";
import { isoTime } from "../json/urls.ts";
import { publicUser, simpleUser } from "../json/user.ts";
import { atLeast, type Repository, ROLES, type Role, roleOf } from "../repository.ts";
import { nodeId, type User, type World } from "../world.ts";

/** A repository itself, who may do what in it, and users. */
export function repositoryRoutes(): readonly Route[] {
  return [
    repositoryRoute("GET", "", "metadata:read", ({ world }, repository) => ({
      status: 200,
      body: fullRepository(world, repository),
    })),
    repositoryRoute("GET", "/activity", "contents:read", listActivities),
    repositoryRoute("GET", "/collaborators", "metadata:read", listCollaborators),
    repositoryRoute("GET", "/collaborators/{username}/permission", "metadata:read", permissionOf),
    { method: "GET", template: "/users/{username}", needs: { who: "anyone" }, handle: userByLogin },
  ];
}

/** Newest first; the stand-in takes a branch's name with or without `refs/heads/`, as GitHub does. */
function listActivities({ world, query }: Call, repository: Repository): Reply {
  const branch = query.ref?.replace(/^refs\/heads\//, "");
  const found = repository.activities.filter((each) => branch === undefined || each.branch === branch).reverse();
  return {
    items: found.map(({ id, by, before, after, type, at, branch: name }) => ({
      id,
      node_id: nodeId("PSH", id),
      before,
      after,
      ref: `refs/heads/${name}`,
      timestamp: isoTime(at),
      activity_type: type,
      actor: simpleUser(world, by),
    })),
  };
}

function userIn({ world, params }: Call): User {
  const user = world.users.get((params.username ?? "").toLowerCase());
  if (user === undefined) throw notFound();
  return user;
}

function userByLogin(call: Call): Reply {
  return { status: 200, body: publicUser(call.world, userIn(call)) };
}

/** `permission` is the old coarse word; `role_name` tells triage and maintain apart. */
function permissionOf(call: Call, repository: Repository): Reply {
  const user = userIn(call);
  const role = roleOf(repository, user);
  return {
    status: 200,
    body: {
      permission: coarse(role),
      role_name: role ?? "none",
      user: collaborator(call.world, user, role),
    },
  };
}

function coarse(role: Role | undefined): string {
  if (role === undefined) return "none";
  if (role === "admin") return "admin";
  return atLeast(role, "write") ? "write" : "read";
}

function collaborator(world: World, user: User, role: Role | undefined) {
  const [pull, triage, push, maintain, admin] = ROLES.map((each) => atLeast(role, each));
  return {
    ...simpleUser(world, user),
    permissions: { pull, triage, push, maintain, admin },
    role_name: role ?? "none",
  };
}

function listCollaborators({ world }: Call, repository: Repository): Reply {
  const users = [...repository.roles.keys()].flatMap((login) => world.users.get(login) ?? []);
  return { items: users.map((user) => collaborator(world, user, roleOf(repository, user))) };
}
