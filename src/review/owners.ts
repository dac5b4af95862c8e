// Whose services an experiment hits: the settings' services with the repository's CODEOWNERS enter, owners by service leave.

import { speaksOf } from "../impact/calls.ts";
import { isPodOf } from "../impact/live-facts.ts";
import type { ServiceModel } from "../impact/service-model.ts";
import type { Experiment } from "../manifest/experiment.ts";
import type { Place } from "../manifest/problem.ts";
import type { Selection } from "../selector/selection.ts";
import { codeOwnersOf } from "./code-owners.ts";
import type { ReviewFinding } from "./codes.ts";

/** A service that may be hit; no owners: nobody is named for it. */
export type OwnedService = { readonly service: string; readonly owners: readonly string[] };

/**
 * The owners that are known: those of the settings, and those of CODEOWNERS for a service with a `path`. A service with neither has
 * none, unless no service of the settings has any: then nobody maps owners here.
 */
export function ownersByService(
  services: readonly ServiceModel[],
  codeOwners: string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const isMapped = services.some(({ owners, path }) => owners !== undefined || path !== undefined);
  if (!isMapped) return new Map();
  const known = services.flatMap(({ name, owners, path }): [string, readonly string[]][] => {
    if (owners !== undefined || path === undefined) return [[name, owners ?? []]];
    return codeOwners === undefined ? [] : [[name, codeOwnersOf(path, codeOwners)]];
  });
  return new Map(known);
}

/** Services that the experiment may hit and of which it is known whose they are. */
export function ownersHit(
  { selector }: Experiment,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  owners: ReadonlyMap<string, readonly string[]>,
): readonly OwnedService[] {
  const isHit = (service: ServiceModel) =>
    selection === undefined ? speaksOf(selector, service) : selection.matched.some((pod) => isPodOf(service, pod));
  return services.filter(isHit).flatMap(({ name }) => {
    const found = owners.get(name);
    return found === undefined ? [] : [{ service: name, owners: found }];
  });
}

/** A word about every service that nobody owns. */
export function judgeOwners(hit: readonly OwnedService[], placeOf: (path: string) => Place): readonly ReviewFinding[] {
  const path = "spec.selector";
  return hit.flatMap(({ service, owners }) => {
    if (owners.length > 0) return [];
    const message = `nobody is named as the owner of ${service}, which may be hit: it is not clear whom to ask, or to wake.`;
    const fix = `Give services.${service} of the settings owners, or a path that CODEOWNERS gives to somebody.`;
    return [{ code: "unowned", severity: "notice", path, place: placeOf(path), message, fix }];
  });
}
