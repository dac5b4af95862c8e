import { execFile } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

// What the documentation promises is tried: commands run, targets exist, links lead somewhere.

const ROOT = resolve(import.meta.dirname, "..");
const CLI = join(ROOT, "src/entrypoints/cli.ts");
const MANIFEST = "network-delay.yaml";
const PAGES = ["README.md", "CONTRIBUTING.md", ...docs()];

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "chaosgate-readme-"));
  cpSync(join(ROOT, "test/fixtures/seed"), folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

function docs(): readonly string[] {
  return readdirSync(join(ROOT, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : []));
}

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The lines of a page's code blocks, without what a shell would take for a comment. */
function codeLines(markdown: string): readonly string[] {
  const blocks = [...markdown.matchAll(/^```\w*\n(.*?)^```/gms)].map(([, block = ""]) => block);
  return blocks.flatMap((block) => block.split("\n").map((line) => line.replace(/(^|\s)#.*$/, "").trim()));
}

/** What a code block or a piece of inline code asks of make. */
function makeTargets(markdown: string): readonly string[] {
  const inline = [...markdown.matchAll(/`([^`\n]+)`/g)].map(([, code = ""]) => code);
  const found = [...codeLines(markdown), ...inline].map((code) => /^make ([a-z0-9-]+)/.exec(code)?.[1]);
  return [...new Set(found.filter((target) => target !== undefined))];
}

function hasHelp(target: string): boolean {
  return new RegExp(`^${target}:.*## \\S`, "m").test(read("Makefile"));
}

/** The command lines that a page shows, each with the words that may be left out and without them. */
function commandLines(markdown: string): readonly string[] {
  const shown = codeLines(markdown).filter((line) => line.startsWith("chaosgate "));
  const filled = shown.map((line) =>
    line
      .replace(/FILE(\.\.\.)?/g, MANIFEST)
      .replace("CODE", "no-duration")
      .replace("KIND", "PodChaos"),
  );
  return [...new Set(filled.flatMap((line) => [line.replace(/ \[[^\]]*\]/g, ""), line.replace(/[[\]]/g, "")]))];
}

type Result = { readonly code: number; readonly said: string };

function run(line: string): Promise<Result> {
  const words = line.split(/\s+/).slice(1);
  return new Promise((done) => {
    execFile(process.execPath, [CLI, ...words], { cwd: folder, timeout: 30_000 }, (error, out, err) =>
      done({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, said: out + err }),
    );
  });
}

/** Relative links and pictures of a page, without their anchors. */
function links(markdown: string): readonly string[] {
  const prose = markdown.replace(/^```.*?^```/gms, "").replace(/`[^`\n]*`/g, "");
  const targets = [...prose.matchAll(/\]\(([^)\s]+)[^)]*\)/g)].map(([, target = ""]) => target.replace(/#.*$/, ""));
  return targets.filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  return existsSync(join(ROOT, dirname(page), link));
}

describe("what the documentation promises", () => {
  it.each(PAGES.flatMap((page) => makeTargets(read(page)).map((target) => ({ page, target }))))(
    "make $target of $page is a target with help",
    ({ target }) => expect(hasHelp(target)).toBe(true),
  );

  it.each(commandLines(read("README.md")))("%s runs and says something", async (line) => {
    const { code, said } = await run(line);
    expect([0, 1]).toContain(code);
    expect(said).not.toBe("");
  });

  it.each(PAGES.flatMap((page) => links(read(page)).map((link) => ({ page, link }))))(
    "$link of $page leads to a file",
    ({ page, link }) => expect(leadsSomewhere(page, link)).toBe(true),
  );
});

describe("a promise that is not kept", () => {
  const page = "![a](docs/nowhere.png)\n\n```sh\nmake nothing     # at all\nchaosgate destroy FILE [--now]\n```\n";

  it("is noticed when it is a target", () => {
    expect(makeTargets(page)).toEqual(["nothing"]);
    expect(hasHelp("nothing")).toBe(false);
  });

  it("is noticed when it is a command", async () => {
    expect(commandLines(page)).toEqual([`chaosgate destroy ${MANIFEST}`, `chaosgate destroy ${MANIFEST} --now`]);
    expect(await run(`chaosgate destroy ${MANIFEST}`)).toMatchObject({ code: 2 });
  });

  it("is noticed when it is a picture", () => {
    expect(links(page)).toEqual(["docs/nowhere.png"]);
    expect(leadsSomewhere("README.md", "docs/nowhere.png")).toBe(false);
  });
});
