import { namesOfFiles } from "./files.ts";
import { asJson } from "./lint-json.ts";
import { lintFiles } from "./lint-shares.ts";
import { asText, summaryOf } from "./lint-text.ts";
import { type LintedFile, remarksIn } from "./linted.ts";
import { print } from "./terminal.ts";
import { formatOf, type Options, versionOf } from "./words.ts";

const FORMATS = ["text", "json", "sarif", "github", "markdown"] as const;

/** `chaosgate lint FILE...`: every problem and finding at its line; 1 where anything is an error. */
export async function lintCommand(names: readonly string[], options: Options): Promise<number> {
  const format = formatOf(options, FORMATS);
  const judged = await lintFiles(namesOfFiles(names), versionOf(options));
  const files = options.cluster ? await (await import("./lint-cluster.ts")).askedToo(judged, options) : judged;
  print(await rendered(files, format));
  return files.some(isBad) ? 1 : 0;
}

/** What only some formats need is loaded with them. */
async function rendered(files: readonly LintedFile[], format: (typeof FORMATS)[number]): Promise<string> {
  switch (format) {
    case "text":
      return asText(files);
    case "json":
      return asJson(files);
    case "sarif": {
      const [{ asSarif }, { VERSION }] = await Promise.all([import("./lint-sarif.ts"), import("./version.ts")]);
      return `${JSON.stringify(asSarif(files, VERSION), undefined, 2)}\n`;
    }
    case "github":
      return (await import("./lint-github.ts")).asWorkflowCommands(files);
    case "markdown":
      return (await import("./lint-markdown.ts")).asMarkdown(files, summaryOf(files));
  }
}

function isBad(file: LintedFile): boolean {
  return remarksIn(file).some(({ severity }) => severity === "error");
}
