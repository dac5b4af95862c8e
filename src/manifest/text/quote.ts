/** Text from a manifest as it is shown in a message: in double quotes, escaped, cut. */
export function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** Text as a YAML string in single quotes, in which only the quote itself is special. */
export function yamlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** "a", "a or b", "a, b or c". */
export function oneOf(words: readonly string[]): string {
  const [last = "", ...others] = [...words].reverse();
  return others.length === 0 ? last : `${others.reverse().join(", ")} or ${last}`;
}
