import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { everyRule, type Rule } from "../test/rule-tables.ts";

// Writes docs/rules/README.md from the tables of rules; a test holds the two together.

/** The index of the pages, a list for each room. */
export function indexOf(rules: readonly Rule[]): string {
  const rooms = [...new Set(rules.map(({ room }) => room))];
  return `${[TITLE, ...rooms.map((room) => sectionOf(room, rules))].join("\n\n")}\n`;
}

const TITLE = `# Rules

Everything that chaosgate says about a manifest or the settings has a rule with a stable id. Each page has an example that yields the
rule and one that does not; both are tried by the tests. \`chaosgate explain RULE\` prints a page.

This list is written by \`node scripts/rules-index.ts\`.`;

function sectionOf(room: string, rules: readonly Rule[]): string {
  const lines = rules
    .filter((rule) => rule.room === room)
    .map(({ code, sentence }) => `- [${code}](${code}.md): ${sentence}`);
  return `## ${room}\n\n${lines.join("\n")}`;
}

if (import.meta.main)
  writeFileSync(resolve(import.meta.dirname, "../docs/rules/README.md"), indexOf(await everyRule()));
