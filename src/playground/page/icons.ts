import { type Html, trusted } from "./html.ts";

/** Small drawings, our own, in a box of 16. */
const PATHS = {
  pulse: "M1 8h3l2-5 4 10 2-5h3",
  pull: "M4 5v6M4 3a1.6 1.6 0 1 0 .01 0M4 11a1.6 1.6 0 1 0 .01 0M12 11V7a2 2 0 0 0-2-2H8m2-2L8 5l2 2M12 11a1.6 1.6 0 1 0 .01 0",
  merge: "M4 5v6M4 3a1.6 1.6 0 1 0 .01 0M4 11a1.6 1.6 0 1 0 .01 0M12 8a1.6 1.6 0 1 0 .01 0M4 5c0 3 3 4 6.4 4",
  check: "M3 8.5 6.5 12 13 4.5",
  cross: "M4 4l8 8M12 4l-8 8",
  dot: "M8 5.5a2.5 2.5 0 1 0 .01 0",
  skip: "M8 2a6 6 0 1 0 .01 0M4 12 12 4",
  alert: "M8 2 15 14H1ZM8 6.5v3.5M8 12v.3",
  commit: "M8 5.5a2.5 2.5 0 1 0 .01 0M1 8h4.4M10.6 8H15",
  tag: "M2 2h5l7 7-5 5-7-7ZM5 5v.1",
  rocket: "M6 10c1-5 4-8 8-8 0 4-3 7-8 8ZM5 7 2 9l3 .5M9 11l-2 3-.5-3",
  eye: "M1 8s2.5-4.5 7-4.5S15 8 15 8s-2.5 4.5-7 4.5S1 8 1 8ZM8 6.2a1.8 1.8 0 1 0 .01 0",
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): Html {
  return trusted(
    `<svg class="icon icon-${name}" viewBox="0 0 16 16" aria-hidden="true"><path d="${PATHS[name]}"/></svg>`,
  );
}
