// The one place where text from manifests, settings, logs and people becomes Markdown. What enters is hostile; what leaves is shown
// as it was written and does nothing: no mention, reference, link, picture, HTML, table border, mathematics or reversed text.

const LONGEST = 600;

/** Characters that are not seen or change what others look like: controls, bidi marks, zero widths, tags. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}]/gu;

/** Breaks up what GitHub would link after Markdown is done; a zero width space shows nothing. */
const BREAK = "\u200b";

/** A sentence or a name in running text. */
export function prose(text: string): string {
  return visible(text)
    .replace(/[&<>]/g, (character) => ENTITIES[character] ?? character)
    .replace(/[\\`*_[\]!|~$]/g, "\\$&")
    .replace(/[@#]/g, `$&${BREAK}`)
    .replace(/gh-(?=\d)/gi, `$&${BREAK}`)
    .replace(/:(?=\/\/)/g, `:${BREAK}`)
    .replace(/www(?=\.)/gi, `$&${BREAK}`)
    .replace(/^([-+=]|\d+[.)])(?=\s|$|[-=+])/, `${BREAK}$1`);
}

/** A sentence of a finding or a figure, with a capital where it begins with a word. */
export function sentence(text: string): string {
  const shown = prose(text.trim());
  return /^[a-z]+[ :,]/.test(shown) ? shown.charAt(0).toUpperCase() + shown.slice(1) : shown;
}

/** A name, label or path as code, where nothing is linked; fit for table cells too. */
export function code(text: string): string {
  const shown = visible(text).replaceAll("`", "'").replaceAll("|", "\\|").trim();
  return shown === "" ? "`-`" : `\`${shown}\``;
}

/** A name inside HTML of our own, such as the summary of a fold, where Markdown is not read. */
export function codeInHtml(text: string): string {
  return `<code>${visible(text).replace(/[&<>]/g, (character) => ENTITIES[character] ?? character)}</code>`;
}

/** Lines as a block of code that nothing inside can end. */
export function codeBlock(lines: readonly string[], language = ""): string {
  return fenced(
    lines.map((line) => visible(line).trimEnd()),
    language,
  );
}

/** What GitHub writes into a file must be what its reader sees; a longer text nobody reads to its end. */
const LONGEST_SUGGESTION = 4000;

/**
 * Lines as a suggestion that GitHub can commit, letter by letter; no lines take away what they stand for. Undefined where
 * what is committed would not be what is shown: a suggestion cannot be escaped without changing it.
 */
export function suggestionBlock(text: string): string | undefined {
  const lines = text === "" ? [] : text.split("\n");
  if (text.length > LONGEST_SUGGESTION || lines.some((line) => line.replace(INVISIBLE, "") !== line)) return undefined;
  return fenced(lines, "suggestion");
}

function fenced(lines: readonly string[], language: string): string {
  const longest = Math.max(2, ...lines.map((line) => /^\s*(`+)/.exec(line)?.[1]?.length ?? 0));
  const fence = "`".repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence].join("\n");
}

/** A label of a diagram: letters, digits, `_`, `.` and `-`, at most 48 of them. */
export function label(text: string): string {
  const kept = text.replace(/[^A-Za-z0-9_.-]+/g, "-").slice(0, 48);
  return kept === "" ? "-" : kept;
}

/** Plain text for a terminal or an annotation: no control can reach the screen, and line breaks are spaces. */
export function visible(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
  return short.replace(/\r\n|[\n\r\t]/g, " ").replace(INVISIBLE, named);
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

function named(character: string): string {
  return `(U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")})`;
}
