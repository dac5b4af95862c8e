import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const PAGE = readFileSync(join(ROOT, "docs/security.md"), "utf8");
const TRIED = [
  {
    section: "Attacks on the running bot",
    files: ["test/github/threats.test.ts", "test/github/hostile.test.ts"],
    atLeast: 34,
  },
  { section: "Attacks on a cluster", files: ["test/cluster/threats.test.ts"], atLeast: 14 },
].map((one) => ({ ...one, tests: one.files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n") }));

/** `group > test`, in the order of the file. */
function attacksTried(source: string): readonly string[] {
  let group = "";
  return [...source.matchAll(/^(\s*)(describe|it|\]\))\("([^"]+)"/gm)].flatMap(([, , what, title = ""]) => {
    if (what === "describe") group = title;
    return what === "describe" ? [] : [`${group} > ${title}`];
  });
}

function attacksTold(page: string, section: string): readonly string[] {
  const [told = ""] = (page.split(`## ${section}\n`)[1] ?? "").split("\n## ");
  const table = told.split("| where | attack | what stops it |")[1] ?? "";
  return [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \| [^|]+ \|$/gm)].flatMap(([, where = "", attack = ""]) =>
    where.startsWith("-") ? [] : [`${where} > ${attack}`],
  );
}

describe("the security page", () => {
  it.each(TRIED)("tells every attack of $files, and none that is not tried", ({ section, tests, atLeast }) => {
    expect(attacksTold(PAGE, section)).toEqual(attacksTried(tests));
    expect(attacksTold(PAGE, section).length).toBeGreaterThan(atLeast);
  });

  it.each(TRIED)("would miss a row of $section, and a test", ({ section, tests }) => {
    const [first = ""] = attacksTold(PAGE, section);
    const [where = "", attack = ""] = first.split(" > ");
    const shorter = PAGE.replace(`| ${where} | ${attack} |`, "| - | - |");
    expect(attacksTold(shorter, section)).not.toEqual(attacksTried(tests));
    expect(attacksTried(tests.replace(`it("${attack}"`, 'void ("'))).not.toEqual(attacksTold(PAGE, section));
  });

  it("links to tests that are there", () => {
    const links = [...PAGE.matchAll(/\]\(\.\.\/([^)#]+)\)/g)].map(([, path = ""]) => path);
    expect(links.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(links.length).toBeGreaterThan(20);
  });
});
