import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import draft04 from "ajv-draft-04";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../src/entrypoints/cli/version.ts";
import { chaosgateIn } from "./command-line.ts";

const ROOT = resolve(import.meta.dirname, "../..");

const GOOD = `apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: { name: kill-one, namespace: shop }
spec:
  action: pod-kill
  mode: one
  selector: { namespaces: [shop], labelSelectors: { app: cart } }
`;
const BAD = GOOD.replace("mode: one", "mode: some").replace("kill-one", "kill-some");
const NOT_YAML = "kind: PodChaos\n  spec: [\n";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chaosgate-lint-"));
  mkdirSync(join(folder, "chaos/deep"), { recursive: true });
  writeFileSync(join(folder, "chaos/two.yaml"), `${GOOD}---\nkind: ConfigMap\napiVersion: v1\n---\n${BAD}`);
  writeFileSync(join(folder, "chaos/deep/good.yml"), GOOD);
  writeFileSync(join(folder, "chaos/broken.yaml"), NOT_YAML);
  writeFileSync(join(folder, "chaos/notes.txt"), BAD);
});
afterAll(() => rmSync(folder, { recursive: true }));

function lint(...words: string[]) {
  return chaosgateIn(folder, ["lint", ...words]);
}

describe("lint --format json", () => {
  it("is an array with one object per document, and a file that is not YAML is one", async () => {
    const { code, out } = await lint("--format", "json", "chaos");
    expect(code).toBe(1);
    const documents = JSON.parse(out) as Record<string, unknown>[];
    expect(documents.map(({ problems: _, ...rest }) => rest)).toEqual([
      { file: "chaos/broken.yaml", document: 0, kind: null, name: null, answer: "reject" },
      { file: "chaos/deep/good.yml", document: 0, kind: "PodChaos", name: "kill-one", answer: "accept" },
      { file: "chaos/two.yaml", document: 0, kind: "PodChaos", name: "kill-one", answer: "accept" },
      { file: "chaos/two.yaml", document: 2, kind: "PodChaos", name: "kill-some", answer: "reject" },
    ]);
    expect(documents[3]).toMatchObject({
      problems: [
        {
          code: "value-not-listed",
          severity: "error",
          path: "spec.mode",
          line: 17,
          column: 9,
          message: expect.stringContaining("some"),
          fix: expect.stringContaining("one"),
        },
      ],
    });
  });

  it("has exactly the keys that other tools build on", async () => {
    const documents = JSON.parse((await lint("--format", "json", "chaos")).out) as { problems: object[] }[];
    for (const document of documents) {
      expect(Object.keys(document)).toEqual(["file", "document", "kind", "name", "answer", "problems"]);
      for (const problem of document.problems)
        expect(Object.keys(problem).filter((key) => key !== "fix")).toEqual([
          "code",
          "severity",
          "path",
          "line",
          "column",
          "message",
        ]);
    }
  });

  it("is what the script of a checkout prints, and nothing else", () => {
    const words = ["run", "-s", "chaosgate", "--", "lint", "--format", "json", join(folder, "chaos/deep")];
    const { stdout, status } = spawnSync("npm", words, { cwd: ROOT, encoding: "utf8" });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });
});

describe("lint --format sarif", () => {
  const schema = resolve(ROOT, ".cache/sarif-2.1.0.json");
  const validate = () => {
    // Its formats are all "uri" and "date-time", and ajv leaves formats to a package of its own.
    return new draft04.default({ strict: false, validateFormats: false }).compile(
      JSON.parse(readFileSync(schema, "utf8")) as object,
    );
  };

  it("is a log that the schema of OASIS accepts", async () => {
    const { out } = await lint("--format", "sarif", "chaos");
    const log: unknown = JSON.parse(out);
    const isValid = validate();
    expect(isValid(log), JSON.stringify(isValid.errors)).toBe(true);
    expect(log).toMatchObject({
      runs: [
        { tool: { driver: { name: "chaosgate" } }, results: [{ level: "error" }, { ruleId: "value-not-listed" }] },
      ],
    });
  });

  it("would be refused with a level that SARIF does not know", async () => {
    const { out } = await lint("--format", "sarif", "chaos");
    expect(validate()(JSON.parse(out.replaceAll('"level": "error"', '"level": "fatal"')))).toBe(false);
  });
});

describe("lint for a job on GitHub", () => {
  it("prints one annotation a line, whatever the manifest holds", async () => {
    const hostile = BAD.replace("mode: some", 'mode: "a%0A::error::b\\n::stop-commands::x"');
    const { out } = await chaosgateIn(folder, ["lint", "--format", "github", "-"], hostile);
    const lines = out.trimEnd().split("\n");
    expect(
      lines.every((line) => /^::(error|warning|notice) file=stdin,line=\d+,col=\d+,title=[a-z0-9-]+::/.test(line)),
    ).toBe(true);
    expect(out).not.toMatch(/^::stop-commands/m);
    expect(out).toContain("%250A");
  });

  it("prints a table in which the manifest's text is only text", async () => {
    const hostile = BAD.replace("mode: some", "mode: '| @team [x](http://x) <img>'");
    const { out } = await chaosgateIn(folder, ["lint", "--format", "markdown", "-"], hostile);
    const row = out.split("\n").find((line) => line.includes("value-not-listed")) ?? "";
    expect(row.match(/\|/g)).toHaveLength(5);
    expect(row).not.toMatch(/[@<[]/);
  });
});

describe("lint's files", () => {
  it.each([
    { name: "a folder", words: ["chaos/deep"], summary: "1 accepted, 0 refused" },
    { name: "a glob", words: ["chaos/**/*.y*ml"], summary: "2 accepted, 1 refused, 1 unreadable files" },
    { name: "a file named twice", words: ["chaos/deep/good.yml", "chaos/deep"], summary: "1 accepted, 0 refused" },
    { name: "a file of any name", words: ["chaos/notes.txt"], summary: "0 accepted, 1 refused" },
  ])("can be given by $name", async ({ words, summary }) => {
    expect((await lint(...words)).out.trimEnd().split("\n").at(-1)?.startsWith(summary)).toBe(true);
  });

  it("are refused at the line of the first byte that is not UTF-8", async () => {
    const bytes = Buffer.concat([Buffer.from(GOOD), Buffer.from([0xff, 0x0a])]);
    const { code, out } = await chaosgateIn(folder, ["lint", "-"], bytes);
    expect(code).toBe(1);
    expect(out).toContain("stdin:8:1 refused Line 8 holds bytes that are not UTF-8");
  });

  it("bring colours and a progress line to terminals alone", async () => {
    const many = join(folder, "many");
    mkdirSync(many);
    for (let at = 0; at < 120; at++) writeFileSync(join(many, `${at}.yaml`), BAD);
    const words = `node ${resolve(ROOT, "src/entrypoints/cli.ts")} lint many`;
    // A person's terminal, whoever runs this test: Node paints nothing for most machines that set CI.
    const { CI: _, NO_COLOR: __, ...rest } = process.env;
    const person = { ...rest, TERM: "xterm-256color" };
    const onTerminal = spawnSync("script", ["-qec", words, "/dev/null"], {
      cwd: folder,
      encoding: "utf8",
      env: person,
    });
    expect(onTerminal.stdout).toContain("\u001b[31m");
    expect(onTerminal.stdout).toMatch(/linting \d+ of 120 files/);
    const env = { ...person, NO_COLOR: "1" };
    const plain = spawnSync("script", ["-qec", words, "/dev/null"], { cwd: folder, encoding: "utf8", env });
    expect(plain.stdout).not.toContain("\u001b[31m");
    const piped = await lint("many");
    expect(piped.out + piped.err).not.toContain("\u001b");
    expect(piped.err).toBe("");
  });
});

describe("completion", () => {
  it("of bash offers commands, flags, and the values of a flag", async () => {
    const { out } = await chaosgateIn(folder, ["completion", "bash"]);
    const offered = (...words: string[]) => {
      const line = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _chaosgate; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", `${out}\n${line}`], { encoding: "utf8" }).stdout.trim();
    };
    expect(offered("chaosgate", "li")).toBe("lint");
    expect(offered("chaosgate", "fix", "--w")).toBe("--write");
    expect(offered("chaosgate", "lint", "--format", "s")).toBe("sarif");
  });

  it.each(["bash", "zsh", "fish"])("of %s names every command", async (shell) => {
    const { code, out } = await chaosgateIn(folder, ["completion", shell]);
    expect(code).toBe(0);
    for (const command of ["lint", "fix", "review", "explain", "predict"]) expect(out).toContain(command);
  });

  for (const { shell, flag } of [
    { shell: "bash", flag: "-n" },
    { shell: "zsh", flag: "-n" },
    { shell: "fish", flag: "--no-execute" },
  ]) {
    const isHere = spawnSync(shell, ["--version"]).error === undefined;
    it.skipIf(!isHere)(
      `of ${shell} can be read by ${shell}${isHere ? "" : " (skipped: it is not installed)"}`,
      async () => {
        const { out } = await chaosgateIn(folder, ["completion", shell]);
        const file = join(folder, `completion.${shell}`);
        writeFileSync(file, out);
        const { status, stderr } = spawnSync(shell, [flag, file], { encoding: "utf8" });
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      },
    );
  }
});

it("calls itself by the version of its package", () => {
  expect(VERSION).toBe(
    (JSON.parse(readFileSync(resolve(ROOT, "package.json"), "utf8")) as { version: string }).version,
  );
});
