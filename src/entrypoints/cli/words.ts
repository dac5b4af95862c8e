/** The flags of every command, as parseArgs gives them. */
export type Options = {
  readonly format: string;
  readonly write: boolean;
  readonly diff: boolean;
  readonly "keep-namespace": boolean;
  readonly settings?: string | undefined;
  readonly snapshot?: string | undefined;
  readonly environment?: string | undefined;
};

/** The command line itself is wrong; the message ends a sentence that begins with "chaosgate:". */
export class WrongWords extends Error {}

/** The value of `--format`, if it is one of those that the command can print. */
export function formatOf<Format extends string>(
  { format }: Pick<Options, "format">,
  allowed: readonly Format[],
): Format {
  const found = allowed.find((each) => each === format);
  if (found === undefined)
    throw new WrongWords(`--format ${JSON.stringify(format)} is not one of ${allowed.join(", ")}`);
  return found;
}
