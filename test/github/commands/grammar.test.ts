import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseCommand, VERBS } from "../../../src/github/commands/grammar.ts";
import { help } from "../../../src/github/commands/help.ts";

const PAGES = join(import.meta.dirname, "../../../docs/commands");
const pageOf = (verb: string) => readFileSync(join(PAGES, `${verb}.md`), "utf8");

/** Rules that commands are refused by, as the program spells them. */
function rulesOfCommands(): ReadonlySet<string> {
  const folder = join(import.meta.dirname, "../../../src/github/commands");
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  const spelled = texts.flatMap((text) => [...text.matchAll(/rule: "([a-z-]+)"/g)].map(([, rule = ""]) => rule));
  return new Set([...spelled, "may-run", "may-approve", "may-lock"]);
}

describe("docs/commands", () => {
  it("has a page for every verb and none for others, and its list names each once", () => {
    const pages = readdirSync(PAGES).filter((name) => name !== "README.md");
    expect(pages.sort()).toEqual(VERBS.map((verb) => `${verb}.md`).sort());
    const listed = [...pageOf("README").matchAll(/^\| \[([a-z-]+)\]\(\1\.md\)/gm)].map(([, verb]) => verb);
    expect(listed.toSorted()).toEqual([...VERBS].sort());
  });

  it.each(VERBS)("shows /chaos %s as help does, and examples that are read as such", (verb) => {
    const [usage = "", ...examples] = [...pageOf(verb).matchAll(/```text\n(.+)\n```/g)].map(([, line = ""]) => line);
    expect(help().markdown.toLowerCase()).toContain(`\`${usage.toLowerCase()}\``);
    for (const example of examples) expect(parseCommand(example)).toMatchObject({ kind: "command", command: { verb } });
  });

  it("names no rule that no command is refused by, and each of them somewhere", () => {
    const rules = rulesOfCommands();
    const named = VERBS.flatMap((verb) =>
      [...pageOf(verb).matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, rule = ""]) => rule),
    );
    expect(named.filter((rule) => !rules.has(rule))).toEqual([]);
    expect([...rules].filter((rule) => !named.includes(rule))).toEqual([]);
  });
});

const PLAN = "p3f9a2c";

describe("a comment that is a command", () => {
  it.each([
    { name: "a bare call asks for help", body: "/chaos", command: { verb: "help" } },
    { name: "a verb in any case", body: "/Chaos STATUS", command: { verb: "status" } },
    { name: "what follows on later lines is ignored", body: "/chaos plan\nthanks!", command: { verb: "plan" } },
    {
      name: "a question about another delay",
      body: "/chaos plan --what-if delay=200ms",
      command: { verb: "plan", change: { delayMs: 200 } },
    },
    {
      name: "a question about both",
      body: "/chaos plan --what-if=delay=200ms,loss=1%",
      command: { verb: "plan", change: { delayMs: 200, lossPercent: 1 } },
    },
    { name: "Windows line ends", body: "/chaos hold\r\nplease", command: { verb: "hold" } },
    { name: "trailing blanks", body: "/chaos unhold  \t", command: { verb: "unhold" } },
    { name: "a flag with a value", body: `/chaos approve --plan ${PLAN}`, command: { verb: "approve", plan: PLAN } },
    {
      name: "a flag in capitals, its value in lower case",
      body: "/chaos run --PLAN P3F9",
      command: { verb: "run", plan: "p3f9" },
    },
    {
      name: "a flag with an equals sign",
      body: "/chaos run --env=staging",
      command: { verb: "run", environment: "staging" },
    },
    { name: "an em dash for two hyphens", body: `/chaos run —plan ${PLAN}`, command: { verb: "run", plan: PLAN } },
    { name: "an en dash and a hyphen", body: `/chaos run –-plan ${PLAN}`, command: { verb: "run", plan: PLAN } },
    {
      name: "a manifest among flags",
      body: "/chaos run --env staging chaos/delay.yaml --plan p1",
      command: { verb: "run", environment: "staging", manifest: "chaos/delay.yaml", plan: "p1" },
    },
    { name: "an abort of one run", body: "/chaos abort t0123-0", command: { verb: "abort", run: "t0123-0" } },
    {
      name: "a lock with its reason in quotes",
      body: '/chaos lock staging --reason "release week, ask #ops" --for 2h',
      command: { verb: "lock", environment: "staging", reason: "release week, ask #ops", forMs: 7_200_000 },
    },
    {
      name: "a lock from a word processor",
      body: "/chaos lock Staging —for=30m —reason “release”",
      command: { verb: "lock", environment: "staging", reason: "release", forMs: 1_800_000 },
    },
    { name: "an unlock", body: "/chaos unlock staging", command: { verb: "unlock", environment: "staging" } },
    { name: "a retry", body: "/chaos retry t0123-0", command: { verb: "retry", run: "t0123-0" } },
    { name: "an explanation", body: "/chaos explain No-Duration", command: { verb: "explain", rule: "no-duration" } },
    { name: "a dry run", body: "/chaos dry-run --env e", command: { verb: "dry-run", environment: "e" } },
    { name: "an abort of everything", body: "/chaos abort", command: { verb: "abort" } },
  ])("is read: $name", ({ body, command }) => {
    expect(parseCommand(body)).toEqual({ kind: "command", command });
  });
});

describe("a comment that is none", () => {
  it.each([
    { name: "an ordinary comment", body: "looks good to me" },
    { name: "a command later on", body: "please\n/chaos run" },
    { name: "a quoted command", body: "> /chaos run" },
    { name: "an indented code block", body: "    /chaos run" },
    { name: "a fenced code block", body: "```\n/chaos run\n```" },
    { name: "a code span", body: "`/chaos run`" },
    { name: "a longer word", body: "/chaosmonkey run" },
    { name: "another tool's command", body: "/deploy run" },
    { name: "an empty comment", body: "" },
    { name: "a command behind an HTML comment", body: "<!-- x -->/chaos run" },
  ])("is left alone: $name", ({ body }) => {
    expect(parseCommand(body)).toEqual({ kind: "none" });
  });
});

describe("a command with a mistake", () => {
  it.each([
    { name: "a verb one letter off", body: "/chaos aprove --plan p", nearest: "approve" },
    { name: "a verb like no other", body: "/chaos deploy", nearest: undefined },
    { name: "a flag one letter off", body: "/chaos run --pln p", nearest: "--plan" },
    { name: "a flag of another verb", body: "/chaos abort --plan p", nearest: undefined },
    { name: "a flag without a value", body: "/chaos run --plan", nearest: undefined },
    { name: "a flag whose value is a flag", body: "/chaos run --plan --env", nearest: undefined },
    { name: "a change that nobody can mean", body: "/chaos plan --what-if jitter=1ms", nearest: undefined },
    { name: "a flag given twice", body: "/chaos run --plan a --plan b", nearest: undefined },
    { name: "two manifests", body: "/chaos run a.yaml b.yaml", nearest: undefined },
    { name: "a lock without a reason", body: "/chaos lock staging --for 2h", nearest: undefined },
    { name: "a lock without an end", body: '/chaos lock staging --reason "x"', nearest: undefined },
    { name: "a lock without a place", body: '/chaos lock --reason "x" --for 2h', nearest: undefined },
    { name: "a lock of a year", body: '/chaos lock staging --reason "x" --for 8760h', nearest: undefined },
    { name: "a reason in HTML", body: '/chaos lock staging --reason "<img>" --for 2h', nearest: undefined },
    { name: "a reason that turns around", body: '/chaos lock s --reason "a\u202eb" --for 2h', nearest: undefined },
    { name: "a quote that does not end", body: '/chaos lock staging --for 2h --reason "x', nearest: undefined },
    { name: "a retry of nothing", body: "/chaos retry", nearest: undefined },
    { name: "a word too many", body: "/chaos hold everything", nearest: undefined },
    { name: "a shell's characters", body: "/chaos run $(reboot)", nearest: undefined },
    { name: "an endless line", body: `/chaos run ${"x".repeat(500)}`, nearest: undefined },
  ])("is refused with the nearest match: $name", ({ body, nearest }) => {
    const parsed = parseCommand(body);
    expect(parsed.kind).toBe("mistake");
    expect(parsed.kind === "mistake" && parsed.nearest).toBe(nearest);
  });

  it("never repeats text that could become Markdown or a mention", () => {
    const parsed = parseCommand("/chaos `@everyone`<img>");
    expect(parsed.kind === "mistake" && parsed.why).not.toMatch(/@|<|``/);
  });
});
