const LONGEST = 200;

/**
 * A path glob as a regular expression: `**` spans folders, `*` and `?` stay within one. Adjacent stars are folded first, so that no
 * pattern makes the matcher backtrack without end.
 */
export function globToRegExp(glob: string): RegExp {
  const folded = glob
    .slice(0, LONGEST)
    .replace(/\*{3,}/g, "**")
    .replace(/(?:\*\*\/)+/g, "**/");
  const source = folded
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map(translated)
    .join("");
  return new RegExp(`^${source}$`);
}

function translated(part: string): string {
  switch (part) {
    case "**/":
      return "(?:[^/]+/)*";
    case "**":
      return ".*";
    case "*":
      return "[^/]*";
    case "?":
      return "[^/]";
    default:
      return part.replace(/[.+^${}()|[\]\\]/g, "\\$&");
  }
}
