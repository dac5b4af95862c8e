import type { ManifestFile } from "../../manifest/document.ts";
import { parseManifestBytes } from "../../manifest/parse-bytes.ts";
import { namesOfFiles, readBytes } from "./files.ts";
import { documentsAsJson } from "./lint-json.ts";
import { asText, summaryOf } from "./lint-text.ts";
import { Progress } from "./progress.ts";
import { remarksIn } from "./remarks.ts";
import { print } from "./terminal.ts";
import { formatOf, type Options } from "./words.ts";

const FORMATS = ["text", "json", "sarif", "github", "markdown"] as const;

/** `chaosgate lint FILE...`: every problem and finding at its line; 1 where anything is an error. */
export async function lintCommand(names: readonly string[], options: Options): Promise<number> {
  const format = formatOf(options, FORMATS);
  const files = lintAll(namesOfFiles(names));
  print(await rendered(files, format));
  return files.some(isBad) ? 1 : 0;
}

function lintAll(paths: readonly string[]): readonly ManifestFile[] {
  const progress = new Progress("linting", paths.length);
  const files = paths.map((path) => {
    const file = readBytes(path);
    progress.step();
    return parseManifestBytes(file.path, file.bytes);
  });
  progress.end();
  return files;
}

/** What only some formats need is loaded with them. */
async function rendered(files: readonly ManifestFile[], format: (typeof FORMATS)[number]): Promise<string> {
  switch (format) {
    case "text":
      return asText(files);
    case "json":
      return `${JSON.stringify(documentsAsJson(files), undefined, 2)}\n`;
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

function isBad(file: ManifestFile): boolean {
  return remarksIn(file).some(({ severity }) => severity === "error");
}
