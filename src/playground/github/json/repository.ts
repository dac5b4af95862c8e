import type { Repository } from "../repository.ts";
import { nodeId, type World } from "../world.ts";
import { isoTime, pageUrl, repositoryUrl } from "./urls.ts";
import { simpleUser } from "./user.ts";

/** A repository as it stands inside other answers. */
export function minimalRepository(world: World, repository: Repository) {
  return {
    id: repository.id,
    node_id: nodeId("R", repository.id),
    name: repository.name,
    full_name: repository.fullName,
    owner: simpleUser(world, repository.owner),
    private: repository.private,
    html_url: pageUrl(world, repository),
    description: repository.description,
    fork: repository.parent !== undefined,
    ...linksOf(repositoryUrl(world, repository)),
  };
}

/** A repository by itself and in webhooks. */
export function fullRepository(world: World, repository: Repository) {
  const openIssues = repository.pulls.filter(({ state }) => state === "open").length;
  return {
    ...minimalRepository(world, repository),
    ...gitLinksOf(world, repository),
    ...featuresOf(repository),
    default_branch: repository.defaultBranch,
    homepage: null,
    language: null,
    mirror_url: null,
    license: null,
    size: 0,
    forks: 0,
    forks_count: 0,
    network_count: 0,
    stargazers_count: 0,
    subscribers_count: 0,
    watchers: 0,
    watchers_count: 0,
    open_issues: openIssues,
    open_issues_count: openIssues,
    created_at: isoTime(repository.createdAt),
    updated_at: isoTime(repository.pushedAt),
    pushed_at: isoTime(repository.pushedAt),
  };
}

function featuresOf(repository: Repository) {
  return {
    archived: false,
    disabled: false,
    has_issues: true,
    has_projects: false,
    has_downloads: false,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    topics: [],
    is_template: false,
    web_commit_signoff_required: false,
    visibility: repository.private ? "private" : "public",
    allow_forking: true,
  };
}

function gitLinksOf(world: World, repository: Repository) {
  const page = pageUrl(world, repository);
  return {
    clone_url: `${page}.git`,
    git_url: `${page.replace(/^https?/, "git")}.git`,
    ssh_url: `git@localhost:${repository.fullName}.git`,
    svn_url: page,
  };
}

/** The many addresses of GitHub's answers: clients follow a few of them and schemas demand them all. */
const LINKS: Readonly<Record<string, string>> = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
  url: "",
};

function linksOf(base: string): Record<string, string> {
  return Object.fromEntries(Object.entries(LINKS).map(([key, path]) => [key, `${base}${path}`]));
}
