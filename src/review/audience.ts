/** Who can read it. `public` readers (of a fork's pull request, or of a public repository) see counts, never names of pods. */
export type Audience = "members" | "public";

export type Rendering = { readonly audience: Audience };
