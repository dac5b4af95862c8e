import { type ChaosMeshVersion, VERSIONS } from "../../manifest/version-names.ts";

/** The flags of every command together; each command declares those that it takes. */
export type Options = {
  readonly format?: string | undefined;
  readonly "chaos-mesh"?: string | undefined;
  readonly write?: boolean | undefined;
  readonly diff?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly "keep-namespace"?: boolean | undefined;
  readonly settings?: string | undefined;
  readonly base?: string | undefined;
  readonly codeowners?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly cluster?: boolean | undefined;
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly all?: string | boolean | undefined;
  readonly namespace?: string | undefined;
  readonly by?: string | undefined;
  readonly reason?: string | undefined;
  readonly environment?: string | undefined;
  readonly kubernetes?: boolean | undefined;
  readonly webhook?: string | undefined;
  readonly installation?: boolean | undefined;
  readonly explain?: boolean | undefined;
  readonly "what-if"?: string | undefined;
};

/** The command line itself is wrong; the message ends a sentence that begins with "chaosgate:". */
export class WrongWords extends Error {}

/** The value of `--chaos-mesh`, if it is a version that is known. */
export function versionOf({ "chaos-mesh": written }: Pick<Options, "chaos-mesh">): ChaosMeshVersion | undefined {
  const found = VERSIONS.find((each) => each === written);
  if (written !== undefined && found === undefined)
    throw new WrongWords(`--chaos-mesh ${JSON.stringify(written)} is not one of ${VERSIONS.join(", ")}`);
  return found;
}

/** The value of `--format`, if it is one of those that the command can print; the first is the default. */
export function formatOf<Format extends string>(
  { format }: Pick<Options, "format">,
  allowed: readonly [Format, ...Format[]],
): Format {
  const found = format === undefined ? allowed[0] : allowed.find((each) => each === format);
  if (found === undefined)
    throw new WrongWords(`--format ${JSON.stringify(format)} is not one of ${allowed.join(", ")}`);
  return found;
}
