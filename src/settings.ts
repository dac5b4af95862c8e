// `.github/chaosgate.yml`: text enters; settings, or all their problems at their lines, leave. It is read from the default branch
// only; this file never asks where the text came from, the caller does.

import type { ServiceModel } from "./impact/service-model.ts";
import type { Problem } from "./manifest/problem.ts";
import { type ChaosMeshVersion, VERSIONS } from "./manifest/version-names.ts";
import { readYaml } from "./manifest/yaml/read-yaml.ts";
import { Source } from "./manifest/yaml/source.ts";
import type { Policy } from "./policy/policy.ts";
import { type EnvironmentSettings, readEnvironment } from "./settings/environment.ts";
import { Fields } from "./settings/fields.ts";
import { globToRegExp } from "./settings/glob.ts";
import { readObjective } from "./settings/objective.ts";
import { readService } from "./settings/service.ts";
import type { Objective } from "./slo/objective.ts";

export type Settings = {
  readonly version: 1;
  /** The one switch that stops all execution. */
  readonly execution: "enabled" | "disabled";
  /** The version of Chaos Mesh whose answers are given; the newest where nothing is written. */
  readonly chaosMesh?: ChaosMeshVersion;
  /** Globs of manifest files. */
  readonly paths: readonly string[];
  readonly runOnMerge: boolean;
  /** Present: one issue shows what goes on in the repository. */
  readonly dashboard?: true;
  readonly environments: Readonly<Record<string, EnvironmentSettings>>;
  readonly objectives: Readonly<Record<string, Objective>>;
  readonly services: readonly ServiceModel[];
};

/** Without a settings file: every YAML file is looked at, and nothing is ever run. */
export const DEFAULT_SETTINGS: Settings = {
  version: 1,
  execution: "disabled",
  paths: ["**/*.yaml", "**/*.yml"],
  runOnMerge: false,
  environments: {},
  objectives: {},
  services: [],
};

export type ParsedSettings = { readonly settings: Settings } | { readonly problems: readonly Problem[] };

/** Reads the settings, or says everything that is wrong with them. Bounded as manifests are; never throws. */
export function parseSettings(text: string): ParsedSettings {
  const source = new Source(text);
  const { documents, unreadable } = readYaml(text);
  if (unreadable !== undefined) {
    const { code, message, fix, offset } = unreadable;
    const place = source.placeOf({ start: offset, end: offset });
    return { problems: [{ code, path: "", place, message, fix }] };
  }
  const [root, second] = documents;
  const fields = Fields.ofDocument(source, root);
  if (second !== undefined)
    fields.complain("settings-one-document", second.span, "the settings are one YAML document", "Remove the others.");
  const settings = readSettings(fields);
  return fields.problems.length === 0 ? { settings } : { problems: fields.problems };
}

/** The policy of an environment. One that is not in the settings has no namespaces of its own, and no run either. */
export function policyOf(environment: string, settings: Settings): Policy {
  const found = settings.environments[environment];
  return {
    environment,
    namespaces: found?.namespaces ?? [],
    pairings: found?.pairings ?? [],
    protectedNamespaces: found?.protected ?? [],
    caps: found?.caps ?? {},
    ...(found?.times !== undefined && { times: found.times }),
  };
}

/** Whether a file may hold manifests. The settings file itself never does. */
export function matchesPaths({ paths }: Pick<Settings, "paths">, path: string): boolean {
  return path !== ".github/chaosgate.yml" && paths.some((glob) => globToRegExp(glob).test(path));
}

function readSettings(fields: Fields): Settings {
  const version = fields.count("version", { required: true });
  if (version !== undefined && version !== 1)
    fields.complainAt("version", "settings-version", "version is not 1", "Write version: 1.");
  const objectives = fields.mapOf("objectives", readObjective);
  const environments = fields.mapOf("environments", (one) => readEnvironment(one, Object.keys(objectives)));
  const services = fields.mapOf("services", readService);
  const chaosMesh = fields.word("chaosMesh", VERSIONS);
  const settings: Settings = {
    version: 1,
    execution: fields.word("execution", ["enabled", "disabled"]) ?? "disabled",
    paths: fields.texts("paths") ?? DEFAULT_SETTINGS.paths,
    runOnMerge: fields.flag("runOnMerge") ?? false,
    ...(fields.flag("dashboard") === true && { dashboard: true }),
    environments,
    objectives,
    services: Object.values(services),
    ...(chaosMesh !== undefined && { chaosMesh }),
  };
  fields.refuseOthers();
  return settings;
}
