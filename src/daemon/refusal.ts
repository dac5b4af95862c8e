import { Code, ConnectError } from "@connectrpc/connect";
import { AppError, messageOf } from "../errors.ts";

/** Codes of a daemon that could not be spoken to; every other is its answer. */
const SILENT: readonly Code[] = [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled, Code.Aborted];

/**
 * A failed call as a refusal of the world: `DAEMON_REFUSED` when the daemon answered, `DAEMON_UNREACHABLE` when it did not. `heard` is
 * false where nothing came at all until the call's time was over.
 */
export function refusalOf(thrown: unknown, node: string, doing: string): AppError {
  const error = ConnectError.from(thrown);
  const facts = { node, doing, grpc: Code[error.code], heard: error.code !== Code.DeadlineExceeded };
  if (SILENT.includes(error.code)) {
    const why = error.cause === undefined ? error.rawMessage : messageOf(error.cause);
    const message = `could not ${doing}: the daemon of node ${node} did not answer (${why}); its leases end what it holds`;
    return new AppError("DAEMON_UNREACHABLE", message, { facts, cause: thrown });
  }
  const message = `could not ${doing}: the daemon of node ${node} refused: ${error.rawMessage.slice(0, 1_000)}`;
  return new AppError("DAEMON_REFUSED", message, { facts, cause: thrown });
}
