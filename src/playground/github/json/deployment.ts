import type { Deployment, DeploymentStatus, Repository } from "../repository.ts";
import { nodeId, type World } from "../world.ts";
import { integration } from "./app.ts";
import { isoTime, repositoryUrl } from "./urls.ts";
import { simpleUser } from "./user.ts";

export function deploymentJson(world: World, repository: Repository, deployment: Deployment) {
  const { by, statuses } = deployment;
  const url = repositoryUrl(world, repository, `/deployments/${deployment.id}`);
  return {
    id: deployment.id,
    node_id: nodeId("DE", deployment.id),
    url,
    sha: deployment.sha,
    ref: deployment.ref,
    task: deployment.task,
    payload: deployment.payload,
    original_environment: deployment.environment,
    environment: deployment.environment,
    description: deployment.description,
    creator: simpleUser(world, by.user),
    created_at: isoTime(deployment.at),
    updated_at: isoTime(statuses.at(-1)?.at ?? deployment.at),
    statuses_url: `${url}/statuses`,
    repository_url: repositoryUrl(world, repository),
    transient_environment: deployment.transient,
    production_environment: deployment.production,
    performed_via_github_app: by.app === undefined ? null : integration(world, by.app),
  };
}

export function deploymentStatusJson(
  world: World,
  repository: Repository,
  deployment: Deployment,
  status: DeploymentStatus,
) {
  const deploymentUrl = repositoryUrl(world, repository, `/deployments/${deployment.id}`);
  const app = status.by.app;
  return {
    id: status.id,
    node_id: nodeId("DES", status.id),
    url: `${deploymentUrl}/statuses/${status.id}`,
    state: status.state,
    creator: simpleUser(world, status.by.user),
    description: status.description,
    environment: status.environment,
    target_url: status.logUrl,
    log_url: status.logUrl,
    environment_url: status.environmentUrl,
    created_at: isoTime(status.at),
    updated_at: isoTime(status.at),
    deployment_url: deploymentUrl,
    repository_url: repositoryUrl(world, repository),
    performed_via_github_app: app === undefined ? null : integration(world, app),
  };
}
