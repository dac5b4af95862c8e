/** Prose is read comfortably up to here, in the widest terminal too. */
const WIDTH = 96;

/** A Markdown page as a terminal shows it: headings without signs, code indented, prose wrapped. */
export function plainPage(markdown: string, heading: (text: string) => string): string {
  const parts = markdown.split(/^(```\w*\n.*?^```\n?)/ms);
  return `${parts.map((part) => (part.startsWith("```") ? code(part) : prose(part, heading))).join("")}`;
}

function code(fence: string): string {
  const lines = fence.trimEnd().split("\n").slice(1, -1);
  return lines.map((line) => `${line === "" ? "" : `    ${line}`}\n`).join("");
}

function prose(text: string, heading: (text: string) => string): string {
  return text.replace(/^#+ (.*)$|^.+$/gm, (line, title) =>
    title === undefined ? wrapped(line).join("\n") : heading(title),
  );
}

function wrapped(line: string): readonly string[] {
  const lines = [""];
  for (const word of line.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] === "" ? word : `${lines[last]} ${word}`;
    if (longer.length <= WIDTH) lines[last] = longer;
    else lines.push(word);
  }
  return lines;
}
