/** Markup that is safe to show: made by `html`, which escapes whatever is put into it, or vouched for by `trusted`. */
export type Html = { readonly markup: string };

export type Content = Html | string | number | undefined | false | readonly Content[];

/** A template whose values are escaped unless they are markup themselves. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const parts = strings.map((part, at) => part + (at < values.length ? markupOf(values[at]) : ""));
  return { markup: parts.join("") };
}

/** Vouches for markup that another renderer has already made safe. */
export function trusted(markup: string): Html {
  return { markup };
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function markupOf(value: Content): string {
  if (value === undefined || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escapeHtml(String(value));
  return "markup" in value ? value.markup : value.map(markupOf).join("");
}
