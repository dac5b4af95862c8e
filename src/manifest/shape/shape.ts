import type { Mistake } from "../report.ts";

// The shape of a kind as data: what the CRD's schema and the typed webhooks allow, with the words for what they refuse.

export type StringShape = {
  readonly type: "string";
  readonly oneOf?: readonly string[];
  /** Words that people write instead of those of `oneOf`, with what they mean by them. */
  readonly otherWords?: Readonly<Record<string, string>>;
  /** True where only a webhook asks for one of `oneOf`, and the schema takes any text. */
  readonly byWebhook?: true;
  /** An empty text passes, because a webhook replaces it by the default. */
  readonly emptyAllowed?: true;
  /** A rule on the text; an empty text reaches it too. */
  readonly check?: (text: string) => Mistake | undefined;
  /** True where Go has bytes, which JSON can also give as a list of numbers. */
  readonly bytes?: true;
  /** True where `check` is the schema's own pattern and not a webhook's rule. */
  readonly pattern?: true;
};

export type IntegerShape = { readonly type: "integer"; readonly min?: number; readonly max?: number };

export type ObjectShape = {
  readonly type: "object";
  readonly fields: Readonly<Record<string, Shape>>;
  /** Fields without which the API server refuses the object; the webhooks' own defaulting is taken into account. */
  readonly required?: readonly string[];
  /** Fields that the schema requires and that the webhook's Go type fills with a zero that the schema takes. */
  readonly filled?: readonly string[];
  /** What to do about a required field that is missing, where the general sentence is too little. */
  readonly advice?: Readonly<Record<string, string>>;
  /** Fields of this object that only look right, with what to say about them. */
  readonly retired?: Readonly<Record<string, Mistake>>;
  /** Names that people give to fields of this object, with their real ones. */
  readonly otherNames?: Readonly<Record<string, string>>;
  /** True where another value than a map is as good as none. */
  readonly loose?: true;
  /** True where this version does not know every field of the kind. */
  readonly open?: true;
};

/** What Kubernetes calls IntOrString, and its quantities. */
export type TextOrNumberShape = {
  readonly type: "text-or-number";
  /** The bounds of a number; without them any number will do. */
  readonly number?: IntegerShape;
  readonly check?: (text: string) => Mistake | undefined;
};

export type ListShape = {
  readonly type: "list";
  readonly items: Shape;
  /** True where a null item is refused whatever the items are, because nothing decodes it into a zero. */
  readonly noNulls?: true;
  /** Fields of which no two items may have the same values, each with the value that an absent one stands for. */
  readonly uniqueBy?: Readonly<Record<string, string>>;
};

export type Shape =
  | StringShape
  | TextOrNumberShape
  | ListShape
  | IntegerShape
  | ObjectShape
  | { readonly type: "boolean" }
  | { readonly type: "map"; readonly values: Shape }
  | { readonly type: "anything" };

export const TEXT: StringShape = { type: "string" };
export const TEXTS: Shape = { type: "list", items: TEXT };
export const TEXT_MAP: Shape = { type: "map", values: TEXT };
export const ANYTHING: Shape = { type: "anything" };
