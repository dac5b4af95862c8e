/** A version of Chaos Mesh whose answers we give. */
export type ChaosMeshVersion = (typeof VERSIONS)[number];

export const VERSIONS = ["2.7", "2.8"] as const;

/** Asked where nobody names one. */
export const NEWEST: ChaosMeshVersion = "2.8";
