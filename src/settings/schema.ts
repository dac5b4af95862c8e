import type { JsonSchema } from "../manifest/schema/json-schema.ts";
import { VERSIONS } from "../manifest/version-names.ts";
import { ENVIRONMENT_SCHEMA } from "./schema/environment.ts";
import { OBJECTIVE_SCHEMA } from "./schema/objective.ts";
import { mapOf, TEXTS, words } from "./schema/parts.ts";
import { SERVICE_SCHEMA } from "./schema/service.ts";

/**
 * `.github/chaosgate.yml` as JSON Schema, draft 2020-12, for editors. The reader in settings.ts decides; a test holds the two
 * together. A schema cannot say that an environment's objectives are among those of the file, and that a duration ends before the
 * 292 years of a Go duration are over.
 */
export const SETTINGS_SCHEMA: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Settings of chaosgate",
  description: "Read from the default branch only.",
  type: "object",
  properties: {
    version: { description: "The version of this file's form.", const: 1 },
    execution: words("disabled stops every run; reviews go on.", ["enabled", "disabled"]),
    chaosMesh: words("The version of Chaos Mesh whose answers are given; the newest without it.", [...VERSIONS]),
    paths: { ...TEXTS, description: "Globs of manifest files; ** spans folders." },
    runOnMerge: { description: "Whether merging an approved, unchanged plan runs it.", type: ["boolean", "null"] },
    dashboard: {
      description: "Whether one issue shows what runs, waits, is locked and was found.",
      type: ["boolean", "null"],
    },
    environments: mapOf(ENVIRONMENT_SCHEMA, "Clusters, and what may be done to them, by name."),
    objectives: mapOf(OBJECTIVE_SCHEMA, "What a run is judged by, by name."),
    services: mapOf(SERVICE_SCHEMA, "What the impact model may know, by name of the service."),
  },
  required: ["version"],
  additionalProperties: false,
};
