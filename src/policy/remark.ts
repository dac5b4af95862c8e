import type { Finding } from "../manifest/problem.ts";
import type { PolicyCode } from "./codes.ts";

/** A finding of this room before it is known on which line it stands. */
export type Remark = Omit<Finding, "place" | "code"> & { readonly code: PolicyCode };
