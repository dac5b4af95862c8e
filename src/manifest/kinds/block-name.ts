import { CHAOS_BLOCKS } from "./chaos-blocks.ts";

/** What a kind is called where another object carries it, so that a field has one path wherever it stands. */
export function blockNameOf(kind: string): string {
  const blocks: Readonly<Record<string, { readonly block: string }>> = CHAOS_BLOCKS;
  const block = Object.hasOwn(blocks, kind) ? blocks[kind]?.block : undefined;
  return block ?? `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
}
