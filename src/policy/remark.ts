import type { Finding } from "../manifest/problem.ts";

/** A finding before it is known on which line it stands. */
export type Remark = Omit<Finding, "place">;
