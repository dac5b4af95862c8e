import type { IntegerShape } from "../shape/shape.ts";

// Whole numbers as Chaos Mesh's Go types and the schema's formats bound them together.

const INT32_MAX = 2 ** 31 - 1;

export const INT: IntegerShape = { type: "integer" };
export const INT32: IntegerShape = { type: "integer", min: -INT32_MAX - 1, max: INT32_MAX };
export const UINT8: IntegerShape = { type: "integer", min: 0, max: 2 ** 8 - 1 };
export const UINT16: IntegerShape = { type: "integer", min: 0, max: 2 ** 16 - 1 };
/** The Go type is unsigned and the schema calls it int32, so only the half that both allow is left. */
export const UINT32: IntegerShape = { type: "integer", min: 0, max: INT32_MAX };
/** Up to the greatest double below 2^64. */
export const UINT64: IntegerShape = { type: "integer", min: 0, max: 2 ** 64 - 2 ** 11 };
export const ONE_OR_MORE: IntegerShape = { type: "integer", min: 1 };
export const PERCENT: IntegerShape = { type: "integer", min: 0, max: 100 };
