import { AppError, messageOf } from "../errors.ts";
import { isNotFound, type Repository, where } from "./repository.ts";

/** A file larger than this is not a manifest; GitHub's contents route stops at the same size. */
const LARGEST_FILE = 1_048_576;

/** The exact bytes of a file at a commit or branch; undefined when there is no such file. */
export async function readFile(repository: Repository, path: string, ref: string): Promise<Buffer | undefined> {
  try {
    const { data } = await repository.octokit.rest.repos.getContent({ ...where(repository), path, ref });
    return bytesOf(data, path);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (error instanceof AppError) throw error;
    throw new AppError("GITHUB_REFUSED", `could not read ${path} at ${ref}: ${messageOf(error)}`, {
      facts: { path, ref },
      cause: error,
    });
  }
}

/** Bytes as text. What is not UTF-8 is replaced, so that its digest differs and it can be reviewed but never run. */
export function textOf(bytes: Buffer): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
}

function bytesOf(data: unknown, path: string): Buffer | undefined {
  const file = data as { type?: string; encoding?: string; content?: string; size?: number };
  if (file.type !== "file") return undefined;
  if (file.encoding !== "base64" || (file.size ?? 0) > LARGEST_FILE) {
    throw new AppError("GITHUB_REFUSED", `could not read ${path}: it is larger than ${LARGEST_FILE} bytes; split it`, {
      facts: { path, size: file.size },
    });
  }
  return Buffer.from(file.content ?? "", "base64");
}
