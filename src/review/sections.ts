/** What a comment should be at most, and what GitHub refuses beyond (65,536, less room for the caller's marker). */
export const COMFORTABLE = 20_000;
export const HARD_LIMIT = 60_000;

/** A piece of Markdown that stands by itself: whatever it opens, it closes. */
export type Section = {
  readonly markdown: string;
  /** Whether the text is useless without it; kept up to the hard limit. */
  readonly needed?: boolean;
};

const LEFT_OUT = "_The rest did not fit here; it is in the text of the check._";

/**
 * Sections in order, one empty line apart. Where they do not all fit, those that are not needed give way from the end, whole: a
 * fence or a fold is never cut open.
 */
export function join(sections: readonly Section[], comfortable = COMFORTABLE, hard = HARD_LIMIT): string {
  const wanted = sections.filter(({ markdown }) => markdown !== "");
  const kept = within(
    within(wanted, comfortable, ({ needed }) => needed !== true),
    hard,
    () => true,
  );
  const left = kept.length < wanted.length ? [LEFT_OUT] : [];
  return [...kept.map(({ markdown }) => markdown), ...left].join("\n\n");
}

function within(sections: readonly Section[], limit: number, mayGo: (section: Section) => boolean): readonly Section[] {
  const kept = [...sections];
  while (lengthOf(kept) + LEFT_OUT.length > limit) {
    const last = kept.findLastIndex(mayGo);
    if (last < 0) break;
    kept.splice(last, 1);
  }
  return kept;
}

function lengthOf(sections: readonly Section[]): number {
  return sections.reduce((sum, { markdown }) => sum + markdown.length + 2, 0);
}

/** A fold; GitHub reads Markdown inside only after an empty line. */
export function folded(summary: string, body: string, state: "open" | "closed" = "closed"): string {
  if (body === "") return "";
  return `<details${state === "open" ? " open" : ""}>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

/** A cell that is not to be broken into lines: a figure with its unit. */
export function unbroken(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

/** A table; cells are Markdown already. Right-aligned columns end with a colon in `head`. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const names = head.map((name) => name.replace(/:$/, ""));
  return [line(names), line(head.map((name) => (name.endsWith(":") ? "---:" : "---"))), ...rows.map(line)].join("\n");
}
