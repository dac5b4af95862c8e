import type { EnvironmentSettings } from "../settings/environment.ts";
import type { Settings } from "../settings.ts";

export type NamedEnvironment = { readonly name: string; readonly settings: EnvironmentSettings };

/** The environment that was asked for, or the only one; undefined when there is no such, or the choice is open. */
export function chooseEnvironment(settings: Settings, asked?: string): NamedEnvironment | undefined {
  const names = Object.keys(settings.environments);
  const name = asked ?? (names.length === 1 ? names[0] : undefined);
  const found = name === undefined ? undefined : settings.environments[name];
  return name === undefined || found === undefined ? undefined : { name, settings: found };
}

/** The environment a pull request is reviewed for when nobody says which: the first of the settings. */
export function reviewedEnvironment(settings: Settings): string {
  return Object.keys(settings.environments)[0] ?? "default";
}
