import { addDeploymentStatus, createDeployment } from "../actions/deployments.ts";
import { listOf, textOf } from "../api/fields.ts";
import { invalid, notFound } from "../api/refusal.ts";
import { authorOf, type Call, idIn, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { deploymentJson, deploymentStatusJson } from "../json/deployment.ts";
import type { Deployment, Repository } from "../repository.ts";

/** Deployments and their statuses. */
export function deploymentRoutes(): readonly Route[] {
  const [read, write] = ["deployments:read", "deployments:write"] as const;
  return [
    repositoryRoute("GET", "/deployments", read, list),
    repositoryRoute("POST", "/deployments", write, create),
    repositoryRoute("GET", "/deployments/{deployment_id}", read, get),
    repositoryRoute("GET", "/deployments/{deployment_id}/statuses", read, listStatuses),
    repositoryRoute("POST", "/deployments/{deployment_id}/statuses", write, addStatus),
  ];
}

/** Newest first, as GitHub lists them. */
function list({ world, query }: Call, repository: Repository): Reply {
  const wanted = (["sha", "ref", "task", "environment"] as const).filter(
    (field) => (query[field] ?? "none") !== "none",
  );
  const found = repository.deployments.filter((each) => wanted.every((field) => each[field] === query[field]));
  return { items: found.reverse().map((each) => deploymentJson(world, repository, each)) };
}

function create({ world, actor, body }: Call, repository: Repository): Reply {
  const environment = textOf(body, "environment") ?? "production";
  const contexts = listOf(body, "required_contexts");
  const deployment = createDeployment(world, repository, authorOf(actor), {
    ref: textOf(body, "ref") ?? "",
    task: textOf(body, "task") ?? "deploy",
    environment,
    description: textOf(body, "description") ?? null,
    payload: payloadIn(body.payload),
    transient: body.transient_environment === true,
    production: (body.production_environment ?? environment === "production") === true,
    requiredContexts: contexts?.map(String),
  });
  return { status: 201, body: deploymentJson(world, repository, deployment) };
}

/** A text that is JSON comes back as the object it says. */
function payloadIn(payload: unknown): unknown {
  if (typeof payload !== "string") return payload ?? {};
  try {
    const parsed: unknown = JSON.parse(payload);
    return typeof parsed === "object" && parsed !== null ? parsed : payload;
  } catch {
    // Any other text is kept as it is.
    return payload;
  }
}

function deploymentIn(call: Call, repository: Repository): Deployment {
  const id = idIn(call, "deployment_id");
  const deployment = repository.deployments.find((candidate) => candidate.id === id);
  if (deployment === undefined) throw notFound();
  return deployment;
}

function get(call: Call, repository: Repository): Reply {
  return { status: 200, body: deploymentJson(call.world, repository, deploymentIn(call, repository)) };
}

function listStatuses(call: Call, repository: Repository): Reply {
  const deployment = deploymentIn(call, repository);
  const newestFirst = [...deployment.statuses].reverse();
  return { items: newestFirst.map((status) => deploymentStatusJson(call.world, repository, deployment, status)) };
}

const LONGEST_DESCRIPTION = 140;

function addStatus(call: Call, repository: Repository): Reply {
  const { world, actor, body } = call;
  const deployment = deploymentIn(call, repository);
  const description = textOf(body, "description") ?? "";
  if ([...description].length > LONGEST_DESCRIPTION) {
    const message = `description is too long (maximum is ${LONGEST_DESCRIPTION} characters)`;
    throw invalid({ resource: "DeploymentStatus", field: "description", code: "custom", message });
  }
  const status = addDeploymentStatus(world, repository, deployment, authorOf(actor), {
    state: textOf(body, "state") ?? "",
    description,
    environment: textOf(body, "environment") ?? deployment.environment,
    logUrl: textOf(body, "log_url") ?? textOf(body, "target_url") ?? "",
    environmentUrl: textOf(body, "environment_url") ?? "",
    autoInactive: body.auto_inactive !== false,
  });
  return { status: 201, body: deploymentStatusJson(world, repository, deployment, status) };
}
